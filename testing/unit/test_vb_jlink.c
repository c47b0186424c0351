// SPDX-License-Identifier: GPL-2.0-or-later

/* The J-Link server over a real socket, with a debug port that only records. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../vboard/link/jlink.h"
#include "../vboard/link/link.h"

#define HELLO_BYTES	(4 + 6)

struct dap {
	char edges[128];	/* TMS << 1 | TDI, as a digit */
	unsigned int num_edges;
	char swd_edges[128];	/* SWDIO: 0, 1, or - when the client does not drive it */
	unsigned int num_swd_edges;
	unsigned int drop_at_edge;
	bool dropped;
	bool trst, srst;
	bool tdo, swdio;
	uint32_t tck_khz;
	unsigned int round_trips;
	bool link_counts;
};

static void count_edge(struct dap *dap)
{
	dap->dropped = dap->num_edges + dap->num_swd_edges == dap->drop_at_edge;
}

void dap_tck_rising(struct dap *dap, bool tms, bool tdi)
{
	if (dap->num_edges < sizeof(dap->edges) - 1)
		dap->edges[dap->num_edges] = (char)('0' + (tms << 1 | tdi));
	dap->num_edges++;
	dap->tdo = !dap->tdo;
	count_edge(dap);
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
	/* Every third clock. */
	dap->swdio = dap->num_swd_edges % 3 == 0;
	count_edge(dap);
}

bool dap_swdio(const struct dap *dap)
{
	return dap->swdio;
}

void dap_set_reset_pins(struct dap *dap, bool trst_asserted, bool srst_asserted)
{
	dap->trst = trst_asserted;
	dap->srst = srst_asserted;
}

bool dap_srst_is_low(const struct dap *dap)
{
	return dap->srst;
}

bool dap_link_dropped(struct dap *dap)
{
	bool dropped = dap->dropped;

	dap->dropped = false;
	return dropped;
}

void dap_set_tck_khz(struct dap *dap, uint32_t tck_khz)
{
	dap->tck_khz = tck_khz;
}

void dap_link_counts_round_trips(struct dap *dap)
{
	dap->link_counts = true;
}

void dap_round_trip(struct dap *dap)
{
	dap->round_trips++;
}

struct server {
	struct dap dap;
	struct probe_link *link;
	unsigned int port;
	int client;
};

/* As main.c's loop does; until nothing has been ready for a while. */
static void serve(struct server *server)
{
	struct pollfd fds[LINK_MAX_FDS];

	for (;;) {
		unsigned int n = server->link->ops->poll_fds(server->link, fds);

		assert_in_range(n, 1, LINK_MAX_FDS);
		if (poll(fds, n, 20) == 0)
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

static void take(int fd, void *reply, size_t length)
{
	assert_int_equal(recv(fd, reply, length, MSG_WAITALL), length);
}

static void assert_silent(int fd)
{
	char c;

	assert_int_equal(recv(fd, &c, 1, MSG_DONTWAIT), -1);
}

static void open_client(struct server *server)
{
	uint8_t hello[HELLO_BYTES];

	server->client = connect_to(server->port);
	serve(server);
	take(server->client, hello, sizeof(hello));
	assert_memory_equal(hello, "\0\1\0\6vboard", sizeof(hello));
}

static int setup_with(void **state, uint32_t max_khz)
{
	struct server *server = calloc(1, sizeof(*server));

	assert_non_null(server);
	server->link = jlink_new(&server->dap, 0, max_khz, &server->port);
	assert_non_null(server->link);
	assert_true(server->dap.link_counts);
	*state = server;
	open_client(server);
	return 0;
}

static int setup(void **state)
{
	return setup_with(state, 0);
}

static int setup_1_mhz(void **state)
{
	return setup_with(state, 1000);
}

static int teardown(void **state)
{
	struct server *server = *state;

	close(server->client);
	server->link->ops->free(server->link);
	free(server);
	return 0;
}

/* 07h and the bytes, then the reply, whose length must be this one. */
static void ask(struct server *server, const void *command, size_t length, void *reply, size_t reply_length)
{
	uint8_t request[1 + 20000];

	assert_true(length < sizeof(request));
	request[0] = 0x07;
	memcpy(request + 1, command, length);
	assert_int_equal(send(server->client, request, 1 + length, MSG_NOSIGNAL), 1 + length);
	serve(server);
	if (reply_length > 0)
		take(server->client, reply, reply_length);
	assert_silent(server->client);
}

static uint32_t ask_u32(struct server *server, const void *command, size_t length)
{
	uint8_t reply[4];

	ask(server, command, length, reply, sizeof(reply));
	return reply[0] | reply[1] << 8 | reply[2] << 16 | (uint32_t)reply[3] << 24;
}

static void tell(struct server *server, const void *command, size_t length)
{
	ask(server, command, length, NULL, 0);
}

/* The client is thrown out. */
static void assert_closed(struct server *server)
{
	char c;

	assert_int_equal(recv(server->client, &c, 1, 0), 0);
}

static bool has_capability(const uint8_t *capabilities, unsigned int bit)
{
	return capabilities[bit / 8] >> bit % 8 & 1;
}

static void test_firmware_version(void **state)
{
	struct server *server = *state;
	uint8_t reply[2 + 36];

	ask(server, "\x01", 1, reply, sizeof(reply));
	assert_int_equal(reply[0] | reply[1] << 8, sizeof(reply) - 2);
	assert_string_equal((char *)reply + 2, "J-Link of vboard, a simulated board");
}

static void test_capabilities(void **state)
{
	static const unsigned int expected[] = { 1, 4, 9, 11, 12, 13, 17, 27, 31 };
	struct server *server = *state;
	uint8_t caps[4], extended[32];

	ask(server, "\xe8", 1, caps, sizeof(caps));
	ask(server, "\xed", 1, extended, sizeof(extended));
	assert_memory_equal(caps, extended, sizeof(caps));
	for (unsigned int i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		assert_true(has_capability(caps, expected[i]));
	/* Adaptive clocking, WRITE_CONFIG, counters, SWO, files, EMUCOM: not there. */
	assert_false(has_capability(extended, 3));
	assert_false(has_capability(extended, 5));
	assert_false(has_capability(extended, 19));
	assert_false(has_capability(extended, 23));
	assert_false(has_capability(extended, 26));
	assert_false(has_capability(extended, 33));
	assert_int_equal(server->dap.round_trips, 2);
}

static void test_numbers(void **state)
{
	struct server *server = *state;
	uint8_t config[256], status[8];

	/* Major 5: the clients then use JTAG_IO_V3. */
	assert_int_equal(ask_u32(server, "\xf0", 1) / 10000 % 100, 5);
	assert_in_range(ask_u32(server, "\xd4", 1), 143, 2047);
	ask(server, "\xf2", 1, config, sizeof(config));
	assert_int_equal(config[0], 0);
	ask(server, "\x07", 1, status, sizeof(status));
	assert_int_equal(status[0] | status[1] << 8, 3300);
	assert_int_equal(status[6], 1);
	assert_int_equal(status[7], 1);
}

static void test_target_power(void **state)
{
	struct server *server = *state;
	uint8_t reply[8];

	assert_int_equal(ask_u32(server, "\xc1\x01\0\0\0", 5), 0);
	tell(server, "\x08\x01", 2);
	assert_int_equal(ask_u32(server, "\xc1\x01\0\0\0", 5), 1);
	/* Two of them; the current is not measured. */
	ask(server, "\xc1\x05\0\0\0", 5, reply, sizeof(reply));
	assert_memory_equal(reply, "\1\0\0\0\0\0\0\0", 8);
}

static void test_speed(void **state)
{
	struct server *server = *state;
	uint8_t reply[6];

	assert_int_equal(server->dap.tck_khz, 4000);
	ask(server, "\xc0", 1, reply, sizeof(reply));
	assert_memory_equal(reply, "\x80\xf0\xfa\x02\x01\0", 6);	/* 50 MHz / 1 */
	tell(server, "\x05\xe8\x03", 3);
	assert_int_equal(server->dap.tck_khz, 1000);
	tell(server, "\x05\xff\xff", 3);	/* adaptive clocking: not there */
	assert_int_equal(server->dap.tck_khz, 1000);
	tell(server, "\x05\0\0", 3);
	assert_int_equal(server->dap.tck_khz, 1000);
	tell(server, "\x05\xfe\xff", 3);
	assert_int_equal(server->dap.tck_khz, 50000);
}

static void test_speed_limit(void **state)
{
	struct server *server = *state;
	uint8_t reply[6];

	assert_int_equal(server->dap.tck_khz, 1000);
	ask(server, "\xc0", 1, reply, sizeof(reply));
	assert_memory_equal(reply, "\x40\x42\x0f\0\x01\0", 6);
	tell(server, "\x05\xa0\x0f", 3);
	assert_int_equal(server->dap.tck_khz, 1000);
	tell(server, "\x05\x64\0", 3);
	assert_int_equal(server->dap.tck_khz, 100);
}

static void test_reset_lines(void **state)
{
	struct server *server = *state;
	uint8_t status[8];

	tell(server, "\xdc", 1);
	assert_true(server->dap.srst);
	assert_false(server->dap.trst);
	tell(server, "\xde", 1);
	assert_true(server->dap.srst);
	assert_true(server->dap.trst);
	ask(server, "\x07", 1, status, sizeof(status));
	assert_int_equal(status[6], 0);
	assert_int_equal(status[7], 0);
	tell(server, "\xdd", 1);
	assert_false(server->dap.srst);
	assert_true(server->dap.trst);
	tell(server, "\xdf", 1);
	assert_false(server->dap.trst);
	assert_int_equal(server->dap.round_trips, 5);

	/* A client that dies does not leave the board in reset. */
	tell(server, "\xdc", 1);
	close(server->client);
	serve(server);
	assert_false(server->dap.srst);
	open_client(server);
}

static void test_registration(void **state)
{
	struct server *server = *state;
	uint8_t reply[0x4c];

	ask(server, "\x09\x64\x11\x22\x33\x44\x7f\0\0\x01\x05\x06\0\0", 14, reply, sizeof(reply));
	assert_memory_equal(reply, "\1\0\1\0\x10\0\0\0", 8);
	assert_memory_equal(reply + 8, "\x11\x22\x33\x44\x7f\0\0\x01\x05\x06\1\0", 12);
	ask(server, "\x09\x65\x11\x22\x33\x44\x7f\0\0\x01\x05\x06\1\0", 14, reply, sizeof(reply));
	assert_int_equal(reply[2], 0);
}

static void test_select_interface(void **state)
{
	struct server *server = *state;

	assert_int_equal(ask_u32(server, "\xc7\xff", 2), 3);
	assert_int_equal(ask_u32(server, "\xc7\xfe", 2), 0);
	assert_int_equal(ask_u32(server, "\xc7\x01", 2), 0);
	assert_int_equal(ask_u32(server, "\xc7\xfe", 2), 1);
	assert_int_equal(ask_u32(server, "\xc7\x05", 2), 1);	/* none of ours: nothing changes */
	assert_int_equal(ask_u32(server, "\xc7\0", 2), 1);
	assert_int_equal(ask_u32(server, "\xc7\xfe", 2), 0);
}

static void test_jtag_io(void **state)
{
	struct server *server = *state;
	uint8_t reply[3];

	/* 10 bits: TMS 01000000 11, TDI 11100000 01, LSB first. */
	ask(server, "\xcf\0\x0a\0\x02\x03\x07\x02", 8, reply, 3);
	assert_string_equal(server->dap.edges, "1310000023");
	assert_memory_equal(reply, "\xaa\x02\0", 3);	/* TDO before each edge; all good */
	ask(server, "\xce\0\x01\0\x00\x01", 6, reply, 1);	/* version 2: no status */
	assert_string_equal(server->dap.edges, "13100000231");
	assert_int_equal(server->dap.num_swd_edges, 0);
	assert_int_equal(server->dap.round_trips, 2);
}

static void test_swd_io(void **state)
{
	struct server *server = *state;
	uint8_t reply[3];

	ask_u32(server, "\xc7\x01", 2);
	/* 12 bits: 4 driven (1010), 8 not; the level is taken behind each edge. */
	ask(server, "\xcf\0\x0c\0\x0f\0\x05\0", 8, reply, 3);
	assert_string_equal(server->dap.swd_edges, "1010--------");
	assert_memory_equal(reply, "\x25\x09\0", 3);
	assert_int_equal(server->dap.num_edges, 0);
	/* One too many for the probe's memory: nothing is clocked. */
	static uint8_t big[4 + 2 * 1001] = { 0xcf, 0, 0x48, 0x1f };
	uint8_t big_reply[1002];

	ask(server, big, sizeof(big), big_reply, sizeof(big_reply));
	assert_int_equal(big_reply[1001], 6);
	assert_int_equal(server->dap.num_swd_edges, 12);
	big[2] = 0x40;
	ask(server, big, 4 + 2 * 1000, big_reply, 1001);
	assert_int_equal(big_reply[1000], 0);
	assert_int_equal(server->dap.num_swd_edges, 12 + 8000);
}

static void test_longest_transfer(void **state)
{
	struct server *server = *state;
	static uint8_t request[4 + 2 * 8192] = { 0xcf, 0, 0xff, 0xff };
	static uint8_t reply[8193];

	ask(server, request, sizeof(request), reply, sizeof(reply));
	assert_int_equal(server->dap.num_edges, 65535);
	assert_int_equal(reply[8192], 0);
}

static void test_requests_in_pieces(void **state)
{
	static const uint8_t requests[] = "\x07\xd4\x07\x05\xe8\x03\x07\xcf\0\x08\0\xff\x00\x07\xf0";
	struct server *server = *state;
	uint8_t reply[4 + 2 + 4];

	for (unsigned int i = 0; i < sizeof(requests) - 1; i++) {
		assert_int_equal(send(server->client, requests + i, 1, 0), 1);
		serve(server);
	}
	take(server->client, reply, sizeof(reply));
	assert_silent(server->client);
	assert_string_equal(server->dap.edges, "22222222");
	assert_int_equal(server->dap.tck_khz, 1000);
	assert_int_equal(server->dap.round_trips, 4);

	/* And all at once. */
	assert_int_equal(send(server->client, requests, sizeof(requests) - 1, 0), sizeof(requests) - 1);
	serve(server);
	take(server->client, reply, sizeof(reply));
	assert_silent(server->client);
	assert_int_equal(server->dap.round_trips, 8);
}

/*
 * A client that asks without end and reads late: nothing is lost, and the server does not block meanwhile. Requests
 * that it has taken already when a reply is stuck do not wait for another.
 */
static void test_slow_reader(void **state)
{
	enum { BATCH = 1000, MOST = 100 * BATCH };
	struct server *server = *state;
	struct pollfd fds[LINK_MAX_FDS];
	uint8_t batch[2 * BATCH], reply[256];
	unsigned int asked = 0;

	for (unsigned int i = 0; i < sizeof(batch); i += 2)
		memcpy(batch + i, "\x07\xf2", 2);
	do {
		assert_true(asked < MOST);
		assert_int_equal(send(server->client, batch, sizeof(batch), MSG_NOSIGNAL), sizeof(batch));
		asked += BATCH;
		serve(server);
		assert_int_equal(server->link->ops->poll_fds(server->link, fds), 1);
	} while (fds[0].events == POLLIN);
	assert_int_equal(fds[0].events, POLLOUT);
	assert_true(server->dap.round_trips < asked);
	for (unsigned int i = 0; i < asked; i++) {
		size_t length = 0;

		while (length < sizeof(reply)) {
			ssize_t n = recv(server->client, reply + length, sizeof(reply) - length, MSG_DONTWAIT);

			if (n > 0) {
				length += (size_t)n;
				continue;
			}
			if (poll(fds, server->link->ops->poll_fds(server->link, fds), 2000) == 0)
				fail_msg("stuck after %u replies of %u", i, asked);
			server->link->ops->service(server->link);
		}
		assert_int_equal(reply[0], 0);
		assert_int_equal(reply[255], 0xff);
	}
	assert_int_equal(server->dap.round_trips, asked);
}

static void test_garbage_closes(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
	} cases[] = {
		{ "\x08", 1 },		/* no request */
		{ "\x07\x02", 2 },	/* no command of ours */
		{ "\x07\x07\x00\xff\xff\xff\xff", 7 },
		{ "GET / HTTP/1.0\r\n\r\n", 18 },
	};
	struct server *server = *state;

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t status[8];

		assert_int_equal(send(server->client, cases[i].bytes, cases[i].length, MSG_NOSIGNAL), cases[i].length);
		serve(server);
		if (i == 2)
			take(server->client, status, sizeof(status));	/* the good one before */
		assert_closed(server);
		close(server->client);
		serve(server);
		open_client(server);
	}
	assert_in_range(ask_u32(server, "\xd4", 1), 143, 2047);
}

static void test_link_drop(void **state)
{
	struct server *server = *state;

	server->dap.drop_at_edge = 3;
	assert_int_equal(send(server->client, "\x07\xcf\0\x08\0\xff\x00", 7, 0), 7);
	serve(server);
	assert_int_equal(server->dap.num_edges, 3);
	assert_closed(server);
	close(server->client);
	open_client(server);
	assert_int_equal(ask_u32(server, "\xc7\xfe", 2), 0);
}

static void test_one_client_after_another(void **state)
{
	struct server *server = *state;
	int second = connect_to(server->port);
	uint8_t hello[HELLO_BYTES];

	ask_u32(server, "\xc7\x01", 2);
	tell(server, "\x05\x64\0", 3);
	assert_silent(second);
	close(server->client);
	serve(server);
	server->client = second;
	take(second, hello, sizeof(hello));
	/* It finds the probe as after power-up. */
	assert_int_equal(ask_u32(server, "\xc7\xfe", 2), 0);
	assert_int_equal(server->dap.tck_khz, 4000);
}

static void test_announcement(void **state)
{
	uint8_t message[JLINK_ANNOUNCEMENT_BYTES];

	(void)state;
	jlink_announcement(message);
	assert_string_equal((char *)message, "Found");
	assert_memory_equal(message + 16, "\x7f\0\0\1", 4);
	assert_memory_equal(message + 48, "\x15\xcd\x5b\x07", 4);	/* 123456789 */
	assert_memory_equal(message + 52, "\x10\x8a\x2e\0", 4);		/* 3050000 */
	assert_string_equal((char *)message + 64, "vboard");
}

static void test_port_in_use(void **state)
{
	struct server *server = *state;
	struct dap dap = { .num_edges = 0 };
	unsigned int port;

	assert_null(jlink_new(&dap, server->port, 0, &port));
}

#define JLINK_TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		JLINK_TEST(test_firmware_version),
		JLINK_TEST(test_capabilities),
		JLINK_TEST(test_numbers),
		JLINK_TEST(test_target_power),
		JLINK_TEST(test_speed),
		cmocka_unit_test_setup_teardown(test_speed_limit, setup_1_mhz, teardown),
		JLINK_TEST(test_reset_lines),
		JLINK_TEST(test_registration),
		JLINK_TEST(test_select_interface),
		JLINK_TEST(test_jtag_io),
		JLINK_TEST(test_swd_io),
		JLINK_TEST(test_longest_transfer),
		JLINK_TEST(test_requests_in_pieces),
		JLINK_TEST(test_slow_reader),
		JLINK_TEST(test_garbage_closes),
		JLINK_TEST(test_link_drop),
		JLINK_TEST(test_one_client_after_another),
		cmocka_unit_test(test_announcement),
		JLINK_TEST(test_port_in_use),
	};

	return cmocka_run_group_tests_name("vb_jlink", tests, NULL, NULL);
}
