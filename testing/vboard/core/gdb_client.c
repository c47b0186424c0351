// SPDX-License-Identifier: GPL-2.0-or-later

#ifndef _GNU_SOURCE
#define _GNU_SOURCE	/* ppoll */
#endif

#include "gdb_client.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Of a gdbstub on a busy host; none of its requests takes time of its own. */
#define REPLY_TIMEOUT_US	10000000u
#define CONNECT_TIMEOUT_MS	5000

#define INTERRUPT		0x03
#define CHECKSUM_DIGITS		2

struct gdb_client {
	int fd;
	unsigned int port;
	bool lost;
	uint64_t timeout_us;
	const char *what;	/* the packet sent last was for this */
	char received[2 * GDB_MAX_PACKET];
	size_t first, end;	/* what of `received` is not used yet */
	char packet[GDB_MAX_PACKET + 1];
};

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

bool gdb_client_is_lost(const struct gdb_client *client)
{
	return client->lost;
}

void gdb_client_lose(struct gdb_client *client, const char *format, ...)
{
	va_list arguments;

	if (client->lost)
		return;
	client->lost = true;
	fprintf(stderr, "vboard: gdbstub at 127.0.0.1:%u: ", client->port);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, "; from now on every access of the debugger fails\n");
}

static int connect_to(unsigned int port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) },
	};
	struct pollfd ready = { .events = POLLOUT };
	socklen_t length = sizeof(int);
	int fd, error = 0, one = 1;

	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 && errno != EINPROGRESS)
		goto failed;
	ready.fd = fd;
	if (poll(&ready, 1, CONNECT_TIMEOUT_MS) != 1) {
		errno = ETIMEDOUT;
		goto failed;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
		goto failed;
	if (error) {
		errno = error;
		goto failed;
	}
	/* Packets are small, and each waits for its reply. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;

failed:
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

struct gdb_client *gdb_client_new(unsigned int port)
{
	struct gdb_client *client = calloc(1, sizeof(*client));

	if (!client) {
		fprintf(stderr, "vboard: out of memory\n");
		return NULL;
	}
	client->port = port;
	client->what = "connecting";
	client->timeout_us = REPLY_TIMEOUT_US;
	client->fd = connect_to(port);
	if (client->fd < 0) {
		fprintf(stderr, "vboard: gdbstub at 127.0.0.1:%u: %s; it is to be started before vboard\n", port,
			strerror(errno));
		free(client);
		return NULL;
	}
	return client;
}

void gdb_client_free(struct gdb_client *client)
{
	if (!client)
		return;
	close(client->fd);
	free(client);
}

void gdb_client_set_timeout(struct gdb_client *client, uint64_t timeout_us)
{
	client->timeout_us = timeout_us;
}

static void send_bytes(struct gdb_client *client, const char *bytes, size_t length)
{
	uint64_t deadline_us = now_us() + client->timeout_us;

	while (length && !client->lost) {
		ssize_t sent = send(client->fd, bytes, length, MSG_NOSIGNAL);

		if (sent >= 0) {
			bytes += sent;
			length -= (size_t)sent;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			struct pollfd ready = { .fd = client->fd, .events = POLLOUT };

			poll(&ready, 1, 100);
			if (now_us() > deadline_us)
				gdb_client_lose(client, "it takes no more, while %s", client->what);
		} else if (errno != EINTR) {
			gdb_client_lose(client, "%s, while %s; has QEMU ended?", strerror(errno), client->what);
		}
	}
}

/* Returns false when there is nothing in time, or the connection is lost. */
static bool receive_bytes(struct gdb_client *client, uint64_t deadline_us)
{
	if (client->first == client->end)
		client->first = client->end = 0;
	for (;;) {
		uint64_t now = now_us();
		struct pollfd ready = { .fd = client->fd, .events = POLLIN };
		ssize_t length;

		length = recv(client->fd, client->received + client->end, sizeof(client->received) - client->end, 0);
		if (length > 0) {
			client->end += (size_t)length;
			return true;
		}
		if (length == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
			gdb_client_lose(client, "%s, while %s; has QEMU ended?",
				length == 0 ? "it closed the connection" : strerror(errno), client->what);
			return false;
		}
		if (now >= deadline_us)
			return false;
		struct timespec left = {
			.tv_sec = (time_t)((deadline_us - now) / 1000000),
			.tv_nsec = (long)((deadline_us - now) % 1000000 * 1000),
		};
		ppoll(&ready, 1, &left, NULL);
	}
}

static int hex_digit(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	return -1;
}

/* What is between $ and #, with the escapes taken out; false: malformed. */
static bool unpack(struct gdb_client *client, const char *data, size_t length, const char *checksum)
{
	unsigned int sum = 0;
	size_t size = 0;

	for (size_t n = 0; n < length; n++)
		sum += (uint8_t)data[n];
	int high = hex_digit(checksum[0]), low = hex_digit(checksum[1]);
	if (high < 0 || low < 0 || (sum & 0xff) != (unsigned int)(high * 16 + low))
		return false;
	for (size_t n = 0; n < length; n++) {
		/* Run lengths are not understood: QEMU sends none. */
		if (data[n] == '*' || size == GDB_MAX_PACKET)
			return false;
		if (data[n] == '}') {
			if (++n == length)
				return false;
			client->packet[size++] = (char)(data[n] ^ 0x20);
		} else {
			client->packet[size++] = data[n];
		}
	}
	client->packet[size] = 0;
	return true;
}

/* Takes a packet out of what was received: true when it is in client->packet. */
static bool take_packet(struct gdb_client *client)
{
	/* Acknowledgements are in front of it. TCP loses nothing, so a '-' is a gdbstub that does not understand us. */
	while (client->first != client->end && client->received[client->first] == '+')
		client->first++;
	if (client->first == client->end)
		return false;
	if (client->received[client->first] != '$') {
		gdb_client_lose(client, "byte 0x%02x instead of a packet, while %s",
			(uint8_t)client->received[client->first], client->what);
		return false;
	}

	size_t length = client->end - client->first;
	const char *packet = client->received + client->first;
	const char *hash = memchr(packet, '#', length);

	if (!hash || (size_t)(packet + length - hash) < 1 + CHECKSUM_DIGITS) {
		if (length > GDB_MAX_PACKET + 1 + 1 + CHECKSUM_DIGITS) {
			gdb_client_lose(client, "a packet of more than %d characters, while %s", GDB_MAX_PACKET, client->what);
			return false;
		}
		memmove(client->received, packet, length);
		client->first = 0;
		client->end = length;
		return false;
	}
	if (!unpack(client, packet + 1, (size_t)(hash - packet) - 1, hash + 1)) {
		gdb_client_lose(client, "a damaged packet, while %s", client->what);
		return false;
	}
	client->first = (size_t)(hash + 1 + CHECKSUM_DIGITS - client->received);
	send_bytes(client, "+", 1);
	return true;
}

const char *gdb_client_wait(struct gdb_client *client, uint64_t timeout_us)
{
	uint64_t deadline_us = now_us() + timeout_us;

	while (!client->lost) {
		if (take_packet(client))
			return client->packet;
		if (client->lost || !receive_bytes(client, deadline_us))
			break;
	}
	return NULL;
}

void gdb_client_send(struct gdb_client *client, const char *packet, const char *what)
{
	char framed[1 + GDB_MAX_PACKET + 1 + CHECKSUM_DIGITS + 1];
	unsigned int sum = 0;
	size_t length = strlen(packet);

	client->what = what;
	if (length > GDB_MAX_PACKET) {
		gdb_client_lose(client, "a packet of %zu characters does not fit, while %s", length, what);
		return;
	}
	for (size_t n = 0; n < length; n++)
		sum += (uint8_t)packet[n];
	length = (size_t)snprintf(framed, sizeof(framed), "$%s#%02x", packet, sum & 0xff);
	send_bytes(client, framed, length);
}

void gdb_client_interrupt(struct gdb_client *client)
{
	const char byte = INTERRUPT;

	send_bytes(client, &byte, 1);
}

const char *gdb_client_ask(struct gdb_client *client, const char *packet, const char *what)
{
	const char *reply;

	gdb_client_send(client, packet, what);
	do {
		reply = gdb_client_wait(client, client->timeout_us);
		if (!reply) {
			gdb_client_lose(client, "no reply within %llu ms, while %s",
				(unsigned long long)client->timeout_us / 1000, what);
			return NULL;
		}
		/* Output of its monitor comes before the reply. */
	} while (reply[0] == 'O' && strcmp(reply, "OK") != 0);
	return reply;
}
