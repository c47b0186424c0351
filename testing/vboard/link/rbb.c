// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Server of OpenOCD's remote_bitbang protocol (src/jtag/drivers/remote_bitbang.c and doc/manual/jtag/drivers/
 * remote_bitbang.txt in OpenOCD 0.12.0, and in its master of 2026-08 for SWD and sleep). One character is one event:
 *   0..7     levels, TCK << 2 | TMS << 1 | TDI
 *   R        sends back TDO, as 0 or 1
 *   r s t u  reset pins, TRST << 1 | SRST, counted from r; 1 means asserted
 *   B b      LED on, off
 *   Q        the client leaves
 * SWD, on the pins of TCK and TMS:
 *   d e f g  levels, SWCLK << 1 | SWDIO, counted from d
 *   O o      the client drives SWDIO, or does not
 *   c        sends back SWDIO, as 0 or 1
 * Pauses, which pass in simulated time:
 *   Z z      1 ms, 1 us
 * The client reads TDO and SWDIO while the clock is low, before the rising edge that shifts.
 */

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link.h"
#include "loopback.h"

/* Every character read can ask for at most one back, so that replies to a full buffer always fit. */
#define BUFFER_BYTES	65536

struct rbb {
	struct probe_link base;
	struct dap *dap;
	int listen_fd;
	int client_fd;		/* -1: none */
	bool tck;		/* level; SWCLK's too */
	bool drives_swdio;
	bool swdio;		/* what it drives */
	bool noted_garbage;	/* once per client */
	uint8_t input[BUFFER_BYTES];
	char reply[BUFFER_BYTES];
	size_t reply_bytes;
	size_t reply_sent;
};

static void close_client(struct rbb *rbb)
{
	close(rbb->client_fd);
	rbb->client_fd = -1;
	rbb->reply_bytes = 0;
	rbb->reply_sent = 0;
	/* A closed adapter lets go of the reset lines; else a client that died holding one would block the next. */
	dap_set_reset_pins(rbb->dap, false, false);
}

static void accept_client(struct rbb *rbb)
{
	int one = 1;
	int fd = accept(rbb->listen_fd, NULL, NULL);

	if (fd < 0)
		return;		/* gone again, or a signal: poll() will tell */
	if (loopback_set_nonblocking(fd) != 0) {
		close(fd);
		return;
	}
	/* Replies are small and waited for. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	rbb->client_fd = fd;
	rbb->drives_swdio = true;
	rbb->noted_garbage = false;
}

static void note_garbage(struct rbb *rbb, uint8_t c)
{
	if (rbb->noted_garbage)
		return;
	rbb->noted_garbage = true;
	fprintf(stderr, "vboard: remote_bitbang: character 0x%02x means nothing, ignored (said once per client)\n", c);
}

enum outcome {
	GO_ON,
	CLIENT_LEAVES,
	LINK_CUT,	/* the plan's link.drop: unsent replies go with the cable */
};

static enum outcome set_swd_pins(struct rbb *rbb, bool swclk, bool swdio)
{
	bool rises = swclk && !rbb->tck;

	rbb->tck = swclk;
	rbb->swdio = swdio;
	if (!rises)
		return GO_ON;
	dap_swclk_rising(rbb->dap, rbb->drives_swdio, swdio);
	return dap_link_dropped(rbb->dap) ? LINK_CUT : GO_ON;
}

static enum outcome handle_character(struct rbb *rbb, uint8_t c)
{
	bool level;

	switch (c) {
	case '0':
	case '1':
	case '2':
	case '3':
		rbb->tck = false;
		return GO_ON;
	case '4':
	case '5':
	case '6':
	case '7':
		/* A repeated level is no edge. */
		if (rbb->tck)
			return GO_ON;
		rbb->tck = true;
		dap_tck_rising(rbb->dap, c & 2, c & 1);
		return dap_link_dropped(rbb->dap) ? LINK_CUT : GO_ON;
	case 'R':
		rbb->reply[rbb->reply_bytes++] = dap_tdo(rbb->dap) ? '1' : '0';
		return GO_ON;
	case 'd':
	case 'e':
	case 'f':
	case 'g':
		return set_swd_pins(rbb, (c - 'd') & 2, (c - 'd') & 1);
	case 'O':
	case 'o':
		rbb->drives_swdio = c == 'O';
		return GO_ON;
	case 'c':
		level = rbb->drives_swdio ? rbb->swdio : dap_swdio(rbb->dap);
		rbb->reply[rbb->reply_bytes++] = level ? '1' : '0';
		return GO_ON;
	case 'Z':
	case 'z':
		dap_pass_time(rbb->dap, c == 'Z' ? VB_PS_PER_MS : VB_PS_PER_US);
		return dap_link_dropped(rbb->dap) ? LINK_CUT : GO_ON;
	case 'r':
	case 's':
	case 't':
	case 'u':
		dap_set_reset_pins(rbb->dap, (c - 'r') & 2, (c - 'r') & 1);
		return dap_link_dropped(rbb->dap) ? LINK_CUT : GO_ON;
	case 'B':
	case 'b':
		return GO_ON;
	case 'Q':
		return CLIENT_LEAVES;
	default:
		note_garbage(rbb, c);
		return GO_ON;
	}
}

/* Returns false when the client is gone. */
static bool send_replies(struct rbb *rbb)
{
	while (rbb->reply_sent < rbb->reply_bytes) {
		ssize_t sent = send(rbb->client_fd, rbb->reply + rbb->reply_sent, rbb->reply_bytes - rbb->reply_sent,
				MSG_NOSIGNAL);

		if (sent < 0) {
			if (errno == EINTR)
				continue;
			return errno == EAGAIN || errno == EWOULDBLOCK;
		}
		rbb->reply_sent += (size_t)sent;
	}
	rbb->reply_bytes = 0;
	rbb->reply_sent = 0;
	return true;
}

static unsigned int rbb_poll_fds(struct probe_link *self, struct pollfd fds[LINK_MAX_FDS])
{
	struct rbb *rbb = (struct rbb *)self;

	if (rbb->client_fd < 0) {
		fds[0] = (struct pollfd){ .fd = rbb->listen_fd, .events = POLLIN };
		return 1;
	}
	/* A client that does not fetch its replies is not read either. Further clients wait in the backlog. */
	fds[0] = (struct pollfd){ .fd = rbb->client_fd, .events = rbb->reply_bytes > 0 ? POLLOUT : POLLIN };
	return 1;
}

static void rbb_service(struct probe_link *self)
{
	struct rbb *rbb = (struct rbb *)self;

	if (rbb->client_fd < 0) {
		accept_client(rbb);
		if (rbb->client_fd < 0)
			return;
	}

	if (!send_replies(rbb)) {
		close_client(rbb);
		return;
	}
	if (rbb->reply_bytes > 0)
		return;

	ssize_t received = recv(rbb->client_fd, rbb->input, sizeof(rbb->input), 0);

	if (received < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK))
		return;
	if (received <= 0) {
		close_client(rbb);
		return;
	}

	enum outcome outcome = GO_ON;

	for (ssize_t i = 0; i < received && outcome == GO_ON; i++)
		outcome = handle_character(rbb, rbb->input[i]);

	if (outcome == LINK_CUT || !send_replies(rbb) || outcome == CLIENT_LEAVES)
		close_client(rbb);
}

static void rbb_free(struct probe_link *self)
{
	struct rbb *rbb = (struct rbb *)self;

	if (rbb->client_fd >= 0)
		close(rbb->client_fd);
	close(rbb->listen_fd);
	free(rbb);
}

static const struct probe_link_ops rbb_ops = {
	.poll_fds = rbb_poll_fds,
	.service = rbb_service,
	.free = rbb_free,
};

struct probe_link *rbb_new(struct dap *dap, unsigned int port, unsigned int *bound_port)
{
	struct rbb *rbb = calloc(1, sizeof(*rbb));

	if (!rbb) {
		fprintf(stderr, "vboard: out of memory\n");
		return NULL;
	}
	rbb->base.ops = &rbb_ops;
	rbb->dap = dap;
	rbb->client_fd = -1;
	rbb->listen_fd = loopback_listen(port, bound_port);
	if (rbb->listen_fd < 0) {
		fprintf(stderr, "vboard: cannot listen on 127.0.0.1:%u: %s\n", port, strerror(errno));
		free(rbb);
		return NULL;
	}
	return &rbb->base;
}
