// SPDX-License-Identifier: GPL-2.0-or-later

#include "fake_gdbstub.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_PACKET	4200
#define NUM_XPSR	25

struct server {
	struct fake_gdbstub stub;	/* first: what the test has */
	pthread_t thread;
	int listener, client;
	bool running;
	char packet[MAX_PACKET];
};

static void reply(struct server *server, const char *text)
{
	char framed[MAX_PACKET + 8];
	unsigned int sum = 0;

	for (const char *at = text; *at; at++)
		sum += (uint8_t)*at;
	int length = snprintf(framed, sizeof(framed), "$%s#%02x", text, sum & 0xff);
	if (send(server->client, framed, (size_t)length, MSG_NOSIGNAL) != length)
		perror("fake gdbstub");
}

static uint8_t *byte_at(struct server *server, uint32_t address)
{
	struct fake_gdbstub *stub = &server->stub;

	if (address - FAKE_RAM < FAKE_RAM_BYTES)
		return stub->ram + (address - FAKE_RAM);
	if (address < sizeof(stub->rom))
		return (uint8_t *)stub->rom + address;
	if (address - FAKE_IO < sizeof(stub->io))
		return (uint8_t *)&stub->io + (address - FAKE_IO);
	return NULL;
}

static uint16_t code_at(struct server *server, uint32_t address)
{
	const uint8_t *bytes = byte_at(server, address);

	return bytes ? (uint16_t)(bytes[0] | bytes[1] << 8) : 0;
}

/* MRS, MSR, STR R1,[R0]; all others do nothing. */
static void step(struct server *server)
{
	struct fake_gdbstub *stub = &server->stub;
	uint32_t pc = stub->regs[15];
	uint16_t first = code_at(server, pc), second = code_at(server, pc + 2);

	if (first == 0xf3ef) {
		stub->regs[second >> 8 & 0xf] = stub->special[second & 0x1f];
		pc += 2;
	} else if ((first & 0xfff0) == 0xf380) {
		stub->special[second & 0x1f] = stub->regs[first & 0xf];
		pc += 2;
	} else if (first == 0x6001) {
		uint8_t *bytes = byte_at(server, stub->regs[0]);

		for (unsigned int n = 0; bytes && n < 4; n++)
			bytes[n] = (uint8_t)(stub->regs[1] >> 8 * n);
	}
	stub->regs[15] = pc + 2;
}

static bool is_stop(const struct fake_gdbstub *stub, uint32_t address)
{
	for (unsigned int n = 0; n < stub->num_stops; n++) {
		if (stub->stop[n] == address)
			return true;
	}
	return false;
}

/* Until a breakpoint, or the end of the RAM's first KiB, where it waits to be interrupted. */
static void go(struct server *server)
{
	struct fake_gdbstub *stub = &server->stub;

	stub->num_runs++;
	while (stub->regs[15] - FAKE_RAM < 1024) {
		if (is_stop(stub, stub->regs[15])) {
			reply(server, "T05thread:01;");
			return;
		}
		step(server);
	}
	server->running = true;
}

static void append_word(char *text, uint32_t value)
{
	snprintf(text + strlen(text), 9, "%08x", __builtin_bswap32(value));
}

static bool read_memory(struct server *server, const char *arguments)
{
	char text[MAX_PACKET] = "";
	unsigned int address, length;

	server->stub.num_reads++;
	if (sscanf(arguments, "%x,%x", &address, &length) != 2 || length > 2000)
		return false;
	switch (server->stub.fault) {
	case FAKE_GOOD:
		break;
	case FAKE_SILENT:
		return true;
	case FAKE_ENDS:
		return false;
	case FAKE_BAD_CHECKSUM:
		return send(server->client, "$00#11", 6, MSG_NOSIGNAL) == 6;
	case FAKE_JUNK:
		return send(server->client, "what?", 5, MSG_NOSIGNAL) == 5;
	case FAKE_ENDLESS:
		memset(text, '0', sizeof(text));
		text[0] = '$';
		for (unsigned int n = 0; n < 4; n++) {
			if (send(server->client, text, sizeof(text), MSG_NOSIGNAL) < 0)
				return false;
			text[0] = '0';
		}
		return true;
	case FAKE_SHORT:
		reply(server, "00");
		return true;
	case FAKE_ERROR:
		reply(server, "E14");
		return true;
	}
	for (unsigned int n = 0; n < length; n++) {
		const uint8_t *byte = byte_at(server, address + n);

		snprintf(text + 2 * n, 3, "%02x", byte ? *byte : 0);
	}
	reply(server, text);
	return true;
}

static void write_memory(struct server *server, const char *arguments)
{
	unsigned int address, length, value;
	const char *data = strchr(arguments, ':');

	server->stub.num_writes++;
	if (!data || sscanf(arguments, "%x,%x", &address, &length) != 2) {
		reply(server, "E01");
		return;
	}
	/* QEMU's ignores writes to devices, and says OK. */
	for (unsigned int n = 0; n < length; n++) {
		uint8_t *byte = byte_at(server, address + n);

		if (sscanf(data + 1 + 2 * n, "%2x", &value) == 1 && byte && address - FAKE_IO >= sizeof(server->stub.io))
			*byte = (uint8_t)value;
	}
	reply(server, "OK");
}

static void change_stop(struct fake_gdbstub *stub, bool set, uint32_t address)
{
	if (set && stub->num_stops < FAKE_MAX_STOPS)
		stub->stop[stub->num_stops++] = address;
	for (unsigned int n = 0; !set && n < stub->num_stops; n++) {
		if (stub->stop[n] == address) {
			stub->stop[n] = stub->stop[--stub->num_stops];
			return;
		}
	}
}

static void reset(struct server *server)
{
	struct fake_gdbstub *stub = &server->stub;

	stub->num_resets++;
	memset(stub->regs, 0, sizeof(stub->regs));
	stub->regs[13] = stub->rom[0];
	stub->regs[15] = stub->rom[1] & ~1u;
	stub->xpsr = 0x01000000;
	/* Output of the monitor comes first. */
	reply(server, "O6f6b0a");
	reply(server, "OK");
}

/* Returns false when the connection is to be closed. */
static bool answer(struct server *server, const char *packet)
{
	struct fake_gdbstub *stub = &server->stub;
	char text[200] = "";
	unsigned int number, value;

	switch (packet[0]) {
	case '?':
		reply(server, "T05thread:01;");
		return true;
	case 'g':
		for (unsigned int n = 0; n < 16; n++)
			append_word(text, stub->regs[n]);
		reply(server, text);
		return true;
	case 'p':
		append_word(text, strtoul(packet + 1, NULL, 16) == NUM_XPSR ? stub->xpsr : 0);
		reply(server, text);
		return true;
	case 'P':
		if (sscanf(packet, "P%x=%x", &number, &value) != 2 || (number > 15 && number != NUM_XPSR))
			return false;
		*(number == NUM_XPSR ? &stub->xpsr : &stub->regs[number]) = __builtin_bswap32(value);
		reply(server, "OK");
		return true;
	case 'm':
		return read_memory(server, packet + 1);
	case 'M':
		write_memory(server, packet + 1);
		return true;
	case 'Z':
	case 'z':
		change_stop(stub, packet[0] == 'Z', (uint32_t)strtoul(packet + 3, NULL, 16));
		reply(server, "OK");
		return true;
	case 's':
		step(server);
		reply(server, "T05thread:01;");
		return true;
	case 'c':
		go(server);
		return true;
	case 'q':
		if (strncmp(packet, "qRcmd,", 6) == 0)
			reset(server);
		else
			reply(server, "l<target><xi:include href=\"arm-m-profile.xml\"/></target>");
		return true;
	default:
		reply(server, "");
		return true;
	}
}

static void *serve(void *argument)
{
	struct server *server = argument;
	size_t used = 0;
	char byte;

	server->client = accept(server->listener, NULL, NULL);
	setsockopt(server->client, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	while (server->client >= 0 && recv(server->client, &byte, 1, 0) == 1) {
		if (byte == 3 && server->running) {
			server->running = false;
			reply(server, "T02thread:01;");
		} else if (byte == '$') {
			used = 0;
		} else if (byte == '#') {
			char checksum[2];

			server->packet[used] = 0;
			if (recv(server->client, checksum, 2, MSG_WAITALL) != 2 ||
					send(server->client, "+", 1, MSG_NOSIGNAL) != 1 || !answer(server, server->packet))
				break;
		} else if (used + 1 < sizeof(server->packet)) {
			server->packet[used++] = byte;
		}
	}
	if (server->client >= 0)
		close(server->client);
	return NULL;
}

struct fake_gdbstub *fake_gdbstub_new(void)
{
	struct server *server = calloc(1, sizeof(*server));
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);

	if (!server)
		return NULL;
	server->client = -1;
	server->listener = socket(AF_INET, SOCK_STREAM, 0);
	if (server->listener < 0 || bind(server->listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
			listen(server->listener, 1) != 0 ||
			getsockname(server->listener, (struct sockaddr *)&address, &length) != 0 ||
			pthread_create(&server->thread, NULL, serve, server) != 0) {
		if (server->listener >= 0)
			close(server->listener);
		free(server);
		return NULL;
	}
	server->stub.port = ntohs(address.sin_port);
	return &server->stub;
}

void fake_gdbstub_free(struct fake_gdbstub *stub)
{
	struct server *server = (struct server *)stub;

	/* Should nobody have connected. */
	shutdown(server->listener, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	close(server->listener);
	free(server);
}
