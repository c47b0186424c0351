// SPDX-License-Identifier: GPL-2.0-or-later

/* The remote_bitbang server over a real socket, with a debug port that only records. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../vboard/link/link.h"

struct dap {
	char edges[64];		/* TMS << 1 | TDI of each rising edge, as a digit */
	unsigned int num_edges;
	unsigned int drop_at_edge;
	bool dropped;
	bool trst, srst;
	bool tdo;
	char swd_edges[64];	/* SWDIO at each rising edge of SWCLK: 0, 1, or - when the client does not drive it */
	unsigned int num_swd_edges;
	bool swdio;		/* what the target drives */
	uint64_t paused_ps;
};

void dap_tck_rising(struct dap *dap, bool tms, bool tdi)
{
	if (dap->num_edges < sizeof(dap->edges) - 1)
		dap->edges[dap->num_edges] = (char)('0' + (tms << 1 | tdi));
	dap->num_edges++;
	dap->tdo = !dap->tdo;
	dap->dropped = dap->num_edges == dap->drop_at_edge;
}

bool dap_tdo(const struct dap *dap)
{
	return dap->tdo;
}

void dap_swclk_rising(struct dap *dap, bool host_drives, bool swdio)
{
	if (dap->num_swd_edges < sizeof(dap->swd_edges) - 1)
		dap->swd_edges[dap->num_swd_edges] = host_drives ? (char)('0' + swdio) : '-';
	dap->num_swd_edges++;
}

bool dap_swdio(const struct dap *dap)
{
	return dap->swdio;
}

void dap_pass_time(struct dap *dap, uint64_t duration_ps)
{
	dap->paused_ps += duration_ps;
}

void dap_set_reset_pins(struct dap *dap, bool trst_asserted, bool srst_asserted)
{
	dap->trst = trst_asserted;
	dap->srst = srst_asserted;
}

bool dap_link_dropped(struct dap *dap)
{
	bool dropped = dap->dropped;

	dap->dropped = false;
	return dropped;
}

struct server {
	struct dap dap;
	struct probe_link *link;
	unsigned int port;
};

static int setup(void **state)
{
	struct server *server = calloc(1, sizeof(*server));

	assert_non_null(server);
	server->link = rbb_new(&server->dap, 0, &server->port);
	assert_non_null(server->link);
	assert_int_not_equal(server->port, 0);
	*state = server;
	return 0;
}

static int teardown(void **state)
{
	struct server *server = *state;

	server->link->ops->free(server->link);
	free(server);
	return 0;
}

/* As main.c's loop does; until nothing has been ready for a while. */
static void serve(struct server *server)
{
	struct pollfd fds[LINK_MAX_FDS];

	for (;;) {
		unsigned int n = server->link->ops->poll_fds(server->link, fds);

		assert_in_range(n, 1, LINK_MAX_FDS);
		if (poll(fds, n, 50) == 0)
			return;
		server->link->ops->service(server->link);
	}
}

static int connect_to(unsigned int port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct timeval timeout = { .tv_sec = 2 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void say(struct server *server, int fd, const char *characters)
{
	assert_int_equal(send(fd, characters, strlen(characters), MSG_NOSIGNAL), strlen(characters));
	serve(server);
}

static void assert_hears(int fd, const char *expected)
{
	char reply[64] = "";

	assert_int_equal(recv(fd, reply, sizeof(reply) - 1, MSG_DONTWAIT), strlen(expected));
	assert_string_equal(reply, expected);
}

static void assert_closed(int fd)
{
	char c;
	ssize_t n = recv(fd, &c, 1, 0);

	assert_true(n <= 0);
	close(fd);
}

static void test_edges_and_levels(void **state)
{
	struct server *server = *state;
	int fd = connect_to(server->port);

	say(server, fd, "0415263747");	/* the last 4 7 is no edge */
	assert_string_equal(server->dap.edges, "0123");
	say(server, fd, "5");		/* still high across reads */
	assert_int_equal(server->dap.num_edges, 4);
	say(server, fd, "0123");
	assert_int_equal(server->dap.num_edges, 4);
	close(fd);
}

static void test_replies(void **state)
{
	struct server *server = *state;
	int fd = connect_to(server->port);

	say(server, fd, "0R4R0R4R");
	assert_hears(fd, "0110");
	say(server, fd, "Bb");
	assert_int_equal(server->dap.num_edges, 2);
	close(fd);
}

static void test_reset_pins(void **state)
{
	struct server *server = *state;
	int fd = connect_to(server->port);

	say(server, fd, "s");
	assert_false(server->dap.trst);
	assert_true(server->dap.srst);
	say(server, fd, "t");
	assert_true(server->dap.trst);
	assert_false(server->dap.srst);
	say(server, fd, "u");
	assert_true(server->dap.trst);
	assert_true(server->dap.srst);
	say(server, fd, "r");
	assert_false(server->dap.trst);
	assert_false(server->dap.srst);

	/* A client that dies does not leave the board in reset. */
	say(server, fd, "s");
	close(fd);
	serve(server);
	assert_false(server->dap.srst);
}

static void test_swd(void **state)
{
	struct server *server = *state;
	int fd = connect_to(server->port);

	say(server, fd, "dfegdf");	/* the client drives it unless it says otherwise; SWCLK rises at f and g */
	assert_string_equal(server->dap.swd_edges, "010");
	say(server, fd, "odfdgO");
	assert_string_equal(server->dap.swd_edges, "010--");
	say(server, fd, "gegf");	/* still high; a repeated level is no edge */
	assert_string_equal(server->dap.swd_edges, "010--1");
	assert_int_equal(server->dap.num_edges, 0);

	server->dap.swdio = true;
	say(server, fd, "dcecoc");
	assert_hears(fd, "011");
	server->dap.swdio = false;
	say(server, fd, "cOc");
	assert_hears(fd, "01");
	close(fd);
	serve(server);

	/* The next client drives it again. */
	fd = connect_to(server->port);
	say(server, fd, "odf");
	close(fd);
	serve(server);
	fd = connect_to(server->port);
	say(server, fd, "dg");
	assert_string_equal(server->dap.swd_edges, "010--1-1");
	close(fd);
}

static void test_pauses(void **state)
{
	struct server *server = *state;
	int fd = connect_to(server->port);

	say(server, fd, "ZZzzz");
	assert_int_equal(server->dap.paused_ps, 2 * VB_PS_PER_MS + 3 * VB_PS_PER_US);
	close(fd);
}

static void test_hostile_characters(void **state)
{
	struct server *server = *state;
	int fd = connect_to(server->port);
	uint8_t all[256];
	unsigned int n = 0;

	for (unsigned int i = 0; i < 256; i++) {
		if (!strchr("01234567RrstuBbQdefgOocZz", (int)i) || i == 0)
			all[n++] = (uint8_t)i;
	}
	assert_int_equal(n, 231);
	assert_int_equal(send(fd, all, n, 0), n);
	serve(server);
	say(server, fd, "04R");
	assert_hears(fd, "1");
	assert_int_equal(server->dap.num_edges, 1);
	close(fd);
}

static void test_one_client_after_another(void **state)
{
	struct server *server = *state;
	int first = connect_to(server->port);
	int second = connect_to(server->port);

	say(server, second, "04R");
	assert_int_equal(server->dap.num_edges, 0);	/* waits for its turn */
	say(server, first, "04RQ");
	assert_hears(first, "1");
	assert_closed(first);
	serve(server);
	assert_int_equal(server->dap.num_edges, 2);
	assert_hears(second, "0");
	close(second);
	serve(server);

	int third = connect_to(server->port);

	say(server, third, "04R");
	assert_hears(third, "1");
	close(third);
}

static void test_link_drop(void **state)
{
	struct server *server = *state;
	int fd = connect_to(server->port);
	int next;

	server->dap.drop_at_edge = 2;
	say(server, fd, "04R04R04R");
	assert_int_equal(server->dap.num_edges, 2);
	assert_closed(fd);
	next = connect_to(server->port);
	say(server, next, "04R");
	assert_hears(next, "1");
	close(next);
}

/* A client that asks for megabytes and reads late: nothing is lost, and the server does not block meanwhile. */
static void test_slow_reader(void **state)
{
	enum { TOTAL = 32 << 20 };	/* more than the kernel buffers */
	struct server *server = *state;
	struct pollfd fds[LINK_MAX_FDS];
	int fd = connect_to(server->port);
	static const char pattern[] = "04R0R4R0R";	/* 1 1 0 0 */
	static const char expected[] = "1100";
	char *chunk = malloc(TOTAL);
	size_t length = TOTAL / (sizeof(pattern) - 1) * (sizeof(pattern) - 1);
	size_t sent = 0, received = 0;

	assert_non_null(chunk);
	for (size_t i = 0; i < length; i++)
		chunk[i] = pattern[i % (sizeof(pattern) - 1)];

	/* Without reading: until both directions are full. */
	while (sent < length) {
		ssize_t n = send(fd, chunk + sent, length - sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n > 0) {
			sent += (size_t)n;
			continue;
		}
		serve(server);
		n = send(fd, chunk + sent, length - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n <= 0)
			break;
		sent += (size_t)n;
	}

	/* It does not read on while its replies do not go out. */
	assert_true(sent < length);
	assert_int_equal(server->link->ops->poll_fds(server->link, fds), 1);
	assert_int_equal(fds[0].events, POLLOUT);

	while (received < length / (sizeof(pattern) - 1) * 4) {
		char reply[4096];
		ssize_t n;

		if (sent < length) {
			n = send(fd, chunk + sent, length - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
			if (n > 0)
				sent += (size_t)n;
		}
		n = recv(fd, reply, sizeof(reply), MSG_DONTWAIT);
		for (ssize_t i = 0; i < n; i++) {
			if (reply[i] != expected[received++ % 4])
				fail_msg("reply %zu is wrong", received - 1);
		}
		if (n > 0)
			continue;
		if (poll(fds, server->link->ops->poll_fds(server->link, fds), 2000) == 0)
			fail_msg("stuck after %zu replies", received);
		server->link->ops->service(server->link);
	}
	free(chunk);
	close(fd);
}

static void test_port_in_use(void **state)
{
	struct server *server = *state;
	struct dap dap = { .num_edges = 0 };
	unsigned int port;

	assert_null(rbb_new(&dap, server->port, &port));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_edges_and_levels, setup, teardown),
		cmocka_unit_test_setup_teardown(test_replies, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reset_pins, setup, teardown),
		cmocka_unit_test_setup_teardown(test_swd, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pauses, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hostile_characters, setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_client_after_another, setup, teardown),
		cmocka_unit_test_setup_teardown(test_link_drop, setup, teardown),
		cmocka_unit_test_setup_teardown(test_slow_reader, setup, teardown),
		cmocka_unit_test_setup_teardown(test_port_in_use, setup, teardown),
	};

	return cmocka_run_group_tests_name("vb_rbb", tests, NULL, NULL);
}
