// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * A J-Link at TCP port 19020: the commands that OpenOCD's jlink driver (src/jtag/drivers/jlink.c in 0.12.0) uses.
 * Where the facts of the protocol are from: jlink.h.
 *
 * The server speaks first: 00h, version (2 bytes), length of its name, name. A request is 07h, the command's number and
 * its arguments; most have a reply of a fixed length, those that only set something have none. There is no reply that
 * says "no": a request that is not known, or malformed, ends the connection.
 */

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "jlink.h"
#include "link.h"
#include "loopback.h"

#define SERVER_HELLO		0x00
#define CLIENT_REQUEST		0x07
#define PROTOCOL_VERSION	1

enum command {
	GET_VERSION = 0x01,
	SET_SPEED = 0x05,
	GET_HW_STATUS = 0x07,
	SET_TARGET_POWER = 0x08,
	REGISTER = 0x09,
	GET_SPEEDS = 0xc0,
	GET_HW_INFO = 0xc1,
	SELECT_TIF = 0xc7,
	JTAG_IO_V2 = 0xce,
	SWD_IO = 0xcf,		/* with JTAG selected: JTAG_IO_V3 */
	GET_FREE_MEMORY = 0xd4,
	CLEAR_RESET = 0xdc,	/* the line goes low */
	SET_RESET = 0xdd,
	CLEAR_TRST = 0xde,
	SET_TRST = 0xdf,
	GET_CAPS = 0xe8,
	GET_EXT_CAPS = 0xed,
	GET_HW_VERSION = 0xf0,
	READ_CONFIG = 0xf2,
};

/* Capabilities, by bit number */
static const uint8_t capabilities[] = {
	1,	/* GET_HW_VERSION */
	4,	/* READ_CONFIG */
	9,	/* GET_SPEEDS */
	11,	/* GET_FREE_MEMORY */
	12,	/* GET_HW_INFO */
	13,	/* SET_TARGET_POWER */
	17,	/* SELECT_TIF */
	27,	/* REGISTER */
	31,	/* GET_EXT_CAPS */
	38,	/* Ethernet */
};

#define CAPS_BYTES		4
#define EXT_CAPS_BYTES		32
#define CONFIG_BYTES		256

#define TIF_JTAG		0
#define TIF_SWD			1
#define TIF_GET_SELECTED	0xfe
#define TIF_GET_AVAILABLE	0xff

#define REGISTER_REQUEST	0x64
#define REGISTER_ENTRY_BYTES	16
#define REGISTER_REPLY_BYTES	0x4c
#define REGISTER_HANDLE		1

#define HW_INFO_TARGET_POWER	(1u << 0)

#define IO_OK			0
#define IO_NO_MEMORY		6
#define IO_HEADER_BYTES		5	/* 07h, command, 00h, number of bits (2 bytes) */

/*
 * OpenOCD makes its SWD transfers so long that they fit here. libjaylink sends in pieces of 2048 bytes, without
 * TCP_NODELAY: a request of two pieces could wait for our delayed ACK, 40 ms. (A real J-Link has some 10 KB.)
 */
#define FREE_MEMORY_BYTES	2000

#define MAX_KHZ			50000	/* a J-Link PRO's */
#define POWER_UP_KHZ		4000
#define ADAPTIVE_CLOCKING	0xffff
#define TARGET_MV		3300

#define MAX_IO_BYTES		(65535 / 8 + 1)		/* of one direction */
#define MAX_REQUEST_BYTES	(IO_HEADER_BYTES + 2 * MAX_IO_BYTES)
#define MAX_REPLY_BYTES		(MAX_IO_BYTES + 1)

static const char server_name[] = "vboard";
static const char firmware_version[] = "J-Link of vboard, a simulated board";

struct jlink {
	struct probe_link base;
	struct dap *dap;
	struct jlink_discovery discovery;
	int listen_fd;
	int client_fd;		/* -1: none */
	uint32_t max_khz;
	uint8_t tif;
	bool trst_low, srst_low;
	bool target_power;
	uint8_t request[MAX_REQUEST_BYTES];
	size_t request_bytes;
	uint8_t reply[MAX_REPLY_BYTES];
	size_t reply_bytes;
	size_t reply_sent;
};

static uint16_t get_u16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static uint32_t get_u32(const uint8_t *bytes)
{
	return get_u16(bytes) | (uint32_t)get_u16(bytes + 2) << 16;
}

static void put_u32(uint8_t *bytes, uint32_t value)
{
	for (unsigned int i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
}

static bool get_bit(const uint8_t *bits, unsigned int i)
{
	return bits[i / 8] >> i % 8 & 1;
}

static void reply_u8(struct jlink *jlink, uint8_t value)
{
	jlink->reply[jlink->reply_bytes++] = value;
}

static void reply_u16(struct jlink *jlink, uint16_t value)
{
	reply_u8(jlink, value & 0xff);
	reply_u8(jlink, value >> 8);
}

static void reply_u32(struct jlink *jlink, uint32_t value)
{
	put_u32(jlink->reply + jlink->reply_bytes, value);
	jlink->reply_bytes += 4;
}

static void reply_bytes(struct jlink *jlink, const void *bytes, size_t length)
{
	memcpy(jlink->reply + jlink->reply_bytes, bytes, length);
	jlink->reply_bytes += length;
}

/* ---------------------------------------------------------------- the client */

static void power_up(struct jlink *jlink)
{
	jlink->tif = TIF_JTAG;
	jlink->trst_low = false;
	jlink->srst_low = false;
	dap_set_tck_khz(jlink->dap, POWER_UP_KHZ < jlink->max_khz ? POWER_UP_KHZ : jlink->max_khz);
	dap_set_reset_pins(jlink->dap, false, false);
}

static void close_client(struct jlink *jlink)
{
	close(jlink->client_fd);
	jlink->client_fd = -1;
	jlink->request_bytes = 0;
	jlink->reply_bytes = 0;
	jlink->reply_sent = 0;
	/* A client that died holding a reset line would block the next. */
	power_up(jlink);
}

/* Returns false when the client is gone. */
static bool send_reply(struct jlink *jlink)
{
	while (jlink->reply_sent < jlink->reply_bytes) {
		ssize_t sent = send(jlink->client_fd, jlink->reply + jlink->reply_sent,
				jlink->reply_bytes - jlink->reply_sent, MSG_NOSIGNAL);

		if (sent < 0) {
			if (errno == EINTR)
				continue;
			return errno == EAGAIN || errno == EWOULDBLOCK;
		}
		jlink->reply_sent += (size_t)sent;
	}
	jlink->reply_bytes = 0;
	jlink->reply_sent = 0;
	return true;
}

static void accept_client(struct jlink *jlink)
{
	int one = 1;
	int fd = accept(jlink->listen_fd, NULL, NULL);

	if (fd < 0)
		return;		/* gone again, or a signal: poll() will tell */
	if (loopback_set_nonblocking(fd) != 0) {
		close(fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	jlink->client_fd = fd;

	reply_u8(jlink, SERVER_HELLO);
	reply_u16(jlink, PROTOCOL_VERSION);
	reply_u8(jlink, (uint8_t)strlen(server_name));
	reply_bytes(jlink, server_name, strlen(server_name));
	if (!send_reply(jlink))
		close_client(jlink);
}

/* ---------------------------------------------------------------- requests */

/* Length of the request at the front of the buffer, as far as it shows; 0: it is none. */
static size_t request_length(const struct jlink *jlink)
{
	const uint8_t *request = jlink->request;

	if (jlink->request_bytes >= 1 && request[0] != CLIENT_REQUEST)
		return 0;
	if (jlink->request_bytes < 2)
		return 2;

	switch ((enum command)request[1]) {
	case GET_VERSION:
	case GET_HW_STATUS:
	case GET_SPEEDS:
	case GET_FREE_MEMORY:
	case CLEAR_RESET:
	case SET_RESET:
	case CLEAR_TRST:
	case SET_TRST:
	case GET_CAPS:
	case GET_EXT_CAPS:
	case GET_HW_VERSION:
	case READ_CONFIG:
		return 2;
	case SET_TARGET_POWER:
	case SELECT_TIF:
		return 3;
	case SET_SPEED:
		return 4;
	case GET_HW_INFO:
		return 6;
	case REGISTER:
		return 15;
	case JTAG_IO_V2:
	case SWD_IO:
		if (jlink->request_bytes < IO_HEADER_BYTES)
			return IO_HEADER_BYTES;
		return IO_HEADER_BYTES + 2 * ((get_u16(request + 3) + 7u) / 8);
	}
	return 0;
}

static void reply_capabilities(struct jlink *jlink, size_t length)
{
	uint8_t bits[EXT_CAPS_BYTES] = { 0 };

	for (unsigned int i = 0; i < sizeof(capabilities); i++)
		bits[capabilities[i] / 8] |= (uint8_t)(1u << capabilities[i] % 8);
	reply_bytes(jlink, bits, length);
}

static void reply_config(struct jlink *jlink)
{
	uint8_t config[CONFIG_BYTES];

	/* Not set, but for: USB address 0 (byte 0), target power off at start (bytes 4 to 7). */
	memset(config, 0xff, sizeof(config));
	config[0] = 0;
	put_u32(config + 4, 0);
	reply_bytes(jlink, config, sizeof(config));
}

static void reply_hw_info(struct jlink *jlink, uint32_t mask)
{
	for (unsigned int i = 0; i < 32; i++) {
		if (mask & 1u << i)
			reply_u32(jlink, 1u << i == HW_INFO_TARGET_POWER ? jlink->target_power : 0);
	}
}

static void reply_hw_status(struct jlink *jlink)
{
	reply_u16(jlink, TARGET_MV);
	reply_u8(jlink, 0);	/* TCK idles low */
	reply_u8(jlink, 0);	/* TDI */
	reply_u8(jlink, dap_tdo(jlink->dap));
	reply_u8(jlink, dap_swdio(jlink->dap));		/* TMS */
	reply_u8(jlink, !dap_srst_is_low(jlink->dap));
	reply_u8(jlink, !jlink->trst_low);
}

/* The list of who uses the probe: nobody, or the one client. */
static void reply_registration(struct jlink *jlink, const uint8_t *arguments)
{
	bool registers = arguments[0] == REGISTER_REQUEST;
	size_t end = jlink->reply_bytes + REGISTER_REPLY_BYTES;

	reply_u16(jlink, REGISTER_HANDLE);
	reply_u16(jlink, registers ? 1 : 0);	/* entries */
	reply_u16(jlink, REGISTER_ENTRY_BYTES);
	reply_u16(jlink, 0);			/* bytes of information behind the entries */
	if (registers) {
		reply_bytes(jlink, arguments + 1, 10);	/* process, host, iid, cid */
		reply_u16(jlink, REGISTER_HANDLE);
		reply_u32(jlink, 0);			/* time of registration, ms */
	}
	while (jlink->reply_bytes < end)
		reply_u8(jlink, 0);
}

static void reply_tif(struct jlink *jlink, uint8_t tif)
{
	switch (tif) {
	case TIF_GET_AVAILABLE:
		reply_u32(jlink, 1u << TIF_JTAG | 1u << TIF_SWD);
		return;
	case TIF_GET_SELECTED:
	default:
		reply_u32(jlink, jlink->tif);
		return;
	case TIF_JTAG:
	case TIF_SWD:
		/* The reply has the one selected before. */
		reply_u32(jlink, jlink->tif);
		jlink->tif = tif;
		return;
	}
}

static void set_speed(struct jlink *jlink, uint16_t khz)
{
	/* There is no RTCK: adaptive clocking is not among the capabilities. */
	if (khz == 0 || khz == ADAPTIVE_CLOCKING)
		return;
	dap_set_tck_khz(jlink->dap, khz < jlink->max_khz ? khz : jlink->max_khz);
}

/*
 * SWD: `control` has a 1 where the probe drives SWDIO, and `out` what it drives. The probe samples behind the rising
 * edge, when the target has answered that very clock: ACK is at the place of the turnaround.
 */
static bool swd_bit(struct jlink *jlink, bool control, bool out)
{
	dap_swclk_rising(jlink->dap, control, out);
	return control ? out : dap_swdio(jlink->dap);
}

/* JTAG: `control` is TMS, `out` TDI. TDO changes at the falling edge: behind the rising one it is as before. */
static bool jtag_bit(struct jlink *jlink, bool control, bool out)
{
	bool tdo = dap_tdo(jlink->dap);

	dap_tck_rising(jlink->dap, control, out);
	return tdo;
}

/* Returns false when the fault plan cuts the link. */
static bool transfer(struct jlink *jlink, bool swd, bool has_status)
{
	unsigned int bits = get_u16(jlink->request + 3);
	size_t bytes = (bits + 7) / 8;
	const uint8_t *control = jlink->request + IO_HEADER_BYTES;
	const uint8_t *out = control + bytes;
	uint8_t *in = jlink->reply + jlink->reply_bytes;

	memset(in, 0, bytes);
	jlink->reply_bytes += bytes;
	/* libjaylink knows the size of no buffer for JTAG; it is taken to be large enough. */
	if (swd && 2 * bytes > FREE_MEMORY_BYTES) {
		reply_u8(jlink, IO_NO_MEMORY);
		return true;
	}
	for (unsigned int i = 0; i < bits; i++) {
		bool sampled = swd ? swd_bit(jlink, get_bit(control, i), get_bit(out, i)) :
			jtag_bit(jlink, get_bit(control, i), get_bit(out, i));

		in[i / 8] |= (uint8_t)(sampled << i % 8);
		if (dap_link_dropped(jlink->dap))
			return false;
	}
	if (has_status)
		reply_u8(jlink, IO_OK);
	return true;
}

static void set_resets(struct jlink *jlink, bool trst_low, bool srst_low)
{
	jlink->trst_low = trst_low;
	jlink->srst_low = srst_low;
	dap_set_reset_pins(jlink->dap, trst_low, srst_low);
}

/* Returns false when the fault plan cuts the link. */
static bool handle_request(struct jlink *jlink)
{
	const uint8_t *arguments = jlink->request + 2;

	dap_round_trip(jlink->dap);

	switch ((enum command)jlink->request[1]) {
	case GET_VERSION:
		reply_u16(jlink, sizeof(firmware_version));
		reply_bytes(jlink, firmware_version, sizeof(firmware_version));
		break;
	case SET_SPEED:
		set_speed(jlink, get_u16(arguments));
		break;
	case GET_HW_STATUS:
		reply_hw_status(jlink);
		break;
	case SET_TARGET_POWER:
		/* The board has a supply of its own; pin 19 is not wired. */
		jlink->target_power = arguments[0];
		break;
	case REGISTER:
		reply_registration(jlink, arguments);
		break;
	case GET_SPEEDS:
		reply_u32(jlink, jlink->max_khz * 1000);
		reply_u16(jlink, 1);	/* smallest divider */
		break;
	case GET_HW_INFO:
		reply_hw_info(jlink, get_u32(arguments));
		break;
	case SELECT_TIF:
		reply_tif(jlink, arguments[0]);
		break;
	case JTAG_IO_V2:
		return transfer(jlink, false, false);
	case SWD_IO:
		return transfer(jlink, jlink->tif == TIF_SWD, true);
	case GET_FREE_MEMORY:
		reply_u32(jlink, FREE_MEMORY_BYTES);
		break;
	case CLEAR_RESET:
		set_resets(jlink, jlink->trst_low, true);
		break;
	case SET_RESET:
		set_resets(jlink, jlink->trst_low, false);
		break;
	case CLEAR_TRST:
		set_resets(jlink, true, jlink->srst_low);
		break;
	case SET_TRST:
		set_resets(jlink, false, jlink->srst_low);
		break;
	case GET_CAPS:
		reply_capabilities(jlink, CAPS_BYTES);
		break;
	case GET_EXT_CAPS:
		reply_capabilities(jlink, EXT_CAPS_BYTES);
		break;
	case GET_HW_VERSION:
		reply_u32(jlink, JLINK_HARDWARE_VERSION);
		break;
	case READ_CONFIG:
		reply_config(jlink);
		break;
	}
	return !dap_link_dropped(jlink->dap);
}

/* Every whole request, until a reply does not go out at once. Returns false when the client is to be closed. */
static bool handle_requests(struct jlink *jlink)
{
	while (jlink->reply_bytes == 0) {
		size_t length = request_length(jlink);

		if (length == 0) {
			fprintf(stderr, "vboard: J-Link: request %02x %02x means nothing, connection closed\n",
				jlink->request[0], jlink->request_bytes >= 2 ? jlink->request[1] : 0);
			return false;
		}
		if (jlink->request_bytes < length)
			return true;
		if (!handle_request(jlink))
			return false;
		jlink->request_bytes -= length;
		memmove(jlink->request, jlink->request + length, jlink->request_bytes);
		if (!send_reply(jlink))
			return false;
	}
	return true;
}

static bool receive(struct jlink *jlink)
{
	int one = 1;
	ssize_t received = recv(jlink->client_fd, jlink->request + jlink->request_bytes,
			sizeof(jlink->request) - jlink->request_bytes, 0);

	if (received < 0)
		return errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK;
	jlink->request_bytes += (size_t)received;
	/* The rest of a request may wait for our ACK; see FREE_MEMORY_BYTES. It holds for the next segments only. */
	setsockopt(jlink->client_fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof(one));
	return received > 0;
}

/* ---------------------------------------------------------------- the link */

static unsigned int jlink_poll_fds(struct probe_link *self, struct pollfd fds[LINK_MAX_FDS])
{
	struct jlink *jlink = (struct jlink *)self;

	if (jlink->client_fd >= 0) {
		/* A client that does not fetch its reply is not read either. Further clients wait in the backlog. */
		fds[0] = (struct pollfd){ .fd = jlink->client_fd, .events = jlink->reply_bytes > 0 ? POLLOUT : POLLIN };
		return 1;
	}
	fds[0] = (struct pollfd){ .fd = jlink->listen_fd, .events = POLLIN };
	if (jlink->discovery.timer_fd < 0)
		return 1;
	fds[1] = (struct pollfd){ .fd = jlink->discovery.timer_fd, .events = POLLIN };
	return 2;
}

static void jlink_service(struct probe_link *self)
{
	struct jlink *jlink = (struct jlink *)self;

	if (jlink->client_fd < 0) {
		if (jlink->discovery.timer_fd >= 0)
			jlink_discovery_announce(&jlink->discovery);
		accept_client(jlink);
		return;
	}
	/* A reply that was stuck has requests behind it that are here already. */
	if (jlink->reply_bytes > 0) {
		if (!send_reply(jlink) || !handle_requests(jlink))
			close_client(jlink);
		return;
	}
	if (!receive(jlink) || !handle_requests(jlink))
		close_client(jlink);
}

static void jlink_free(struct probe_link *self)
{
	struct jlink *jlink = (struct jlink *)self;

	if (jlink->client_fd >= 0)
		close(jlink->client_fd);
	jlink_discovery_close(&jlink->discovery);
	close(jlink->listen_fd);
	free(jlink);
}

static const struct probe_link_ops jlink_ops = {
	.poll_fds = jlink_poll_fds,
	.service = jlink_service,
	.free = jlink_free,
};

struct probe_link *jlink_new(struct dap *dap, unsigned int port, uint32_t max_khz, unsigned int *bound_port)
{
	struct jlink *jlink = calloc(1, sizeof(*jlink));

	if (!jlink) {
		fprintf(stderr, "vboard: out of memory\n");
		return NULL;
	}
	jlink->base.ops = &jlink_ops;
	jlink->dap = dap;
	jlink->client_fd = -1;
	jlink->discovery = (struct jlink_discovery){ .udp_fd = -1, .timer_fd = -1 };
	jlink->max_khz = max_khz > 0 && max_khz < MAX_KHZ ? max_khz : MAX_KHZ;
	jlink->listen_fd = loopback_listen(port, bound_port);
	if (jlink->listen_fd < 0) {
		fprintf(stderr, "vboard: cannot listen on 127.0.0.1:%u: %s\n", port, strerror(errno));
		free(jlink);
		return NULL;
	}
	/* An announcement has no place for a port. */
	if (*bound_port == JLINK_PORT && jlink_discovery_open(&jlink->discovery) != 0) {
		fprintf(stderr, "vboard: J-Link discovery: %s\n", strerror(errno));
		jlink_free(&jlink->base);
		return NULL;
	}
	dap_link_counts_round_trips(dap);
	power_up(jlink);
	return &jlink->base;
}
