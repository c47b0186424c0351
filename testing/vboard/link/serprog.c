// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Server of flashrom's serial flasher protocol, version 1 (flashrom's doc/supported_hw/supported_prog/serprog/
 * serprog-protocol.rst), for the SPI bus only. A command is an opcode and parameters of known length; every answer
 * starts with ACK or NAK. Numbers are little-endian.
 *
 * Time: SPI clocks pass at the set frequency, every operation costs a fixed time besides, and the client's delays
 * (through the operation buffer) pass in simulated time instead of being slept. So polling a status ends.
 */

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loopback.h"
#include "serprog.h"

#define ACK	0x06
#define NAK	0x15

#define MAX_WRITE_BYTES		4096u
#define MAX_READ_BYTES		65536u
/* Opcode, two lengths of 24 bits, data: O_SPIOP is the longest. */
#define SPIOP_HEADER_BYTES	7u
#define INPUT_BYTES		(SPIOP_HEADER_BYTES + MAX_WRITE_BYTES)

#define DEFAULT_SPI_HZ		10000000u
#define MIN_SPI_HZ		1000u
#define MAX_SPI_HZ		50000000u
#define OPERATION_PS		(100 * VB_PS_PER_US)
/* Longer ones are refused, so that no client can make simulated time run over. */
#define MAX_DELAY_US		100000000u
#define SEND_TIMEOUT_MS		1000

#define BUS_SPI		0x08

enum serprog_opcode {
	S_NOP = 0x00,
	S_Q_IFACE = 0x01,
	S_Q_CMDMAP = 0x02,
	S_Q_PGMNAME = 0x03,
	S_Q_SERBUF = 0x04,
	S_Q_BUSTYPE = 0x05,
	S_Q_OPBUF = 0x07,
	S_Q_WRNMAXLEN = 0x08,
	S_O_INIT = 0x0b,
	S_O_DELAY = 0x0e,
	S_O_EXEC = 0x0f,
	S_SYNCNOP = 0x10,
	S_Q_RDNMAXLEN = 0x11,
	S_S_BUSTYPE = 0x12,
	S_O_SPIOP = 0x13,
	S_S_SPI_FREQ = 0x14,
	S_S_PIN_STATE = 0x15,
	S_S_SPI_CS = 0x16,
};

struct serprog {
	struct vb *vb;
	struct nor *nor;
	int listen_fd;
	int client_fd;		/* -1: none */
	uint32_t spi_hz;
	uint64_t delay_us;	/* content of the operation buffer */
	size_t skip_bytes;	/* data of a refused operation that are still to come */
	size_t input_bytes;
	uint8_t input[INPUT_BYTES];
	size_t output_bytes;
	uint8_t output[1 + MAX_READ_BYTES];
};

struct serprog_command {
	uint8_t opcode;
	uint8_t parameter_bytes;	/* without O_SPIOP's data */
	/* `parameters` are complete; appends the answer. */
	void (*handle)(struct serprog *s, const uint8_t *parameters);
};

static uint32_t get_le(const uint8_t *bytes, unsigned int count)
{
	uint32_t value = 0;

	for (unsigned int i = 0; i < count; i++)
		value |= (uint32_t)bytes[i] << (8 * i);

	return value;
}

static void put_byte(struct serprog *s, uint8_t value)
{
	s->output[s->output_bytes++] = value;
}

static void put_le(struct serprog *s, uint32_t value, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		put_byte(s, (uint8_t)(value >> (8 * i)));
}

static void do_ack(struct serprog *s, const uint8_t *parameters)
{
	(void)parameters;
	put_byte(s, ACK);
}

static void do_iface(struct serprog *s, const uint8_t *parameters)
{
	(void)parameters;
	put_byte(s, ACK);
	put_le(s, 1, 2);
}

static void do_name(struct serprog *s, const uint8_t *parameters)
{
	static const char name[16] = "vboard";

	(void)parameters;
	put_byte(s, ACK);
	for (size_t i = 0; i < sizeof(name); i++)
		put_byte(s, (uint8_t)name[i]);
}

/* TCP has flow control: the protocol asks for a big bogus value then. */
static void do_buffer_size(struct serprog *s, const uint8_t *parameters)
{
	(void)parameters;
	put_byte(s, ACK);
	put_le(s, 0xffff, 2);
}

static void do_bus_type(struct serprog *s, const uint8_t *parameters)
{
	(void)parameters;
	put_byte(s, ACK);
	put_byte(s, BUS_SPI);
}

static void do_set_bus_type(struct serprog *s, const uint8_t *parameters)
{
	put_byte(s, parameters[0] & BUS_SPI ? ACK : NAK);
}

static void do_max_write(struct serprog *s, const uint8_t *parameters)
{
	(void)parameters;
	put_byte(s, ACK);
	put_le(s, MAX_WRITE_BYTES, 3);
}

static void do_max_read(struct serprog *s, const uint8_t *parameters)
{
	(void)parameters;
	put_byte(s, ACK);
	put_le(s, MAX_READ_BYTES, 3);
}

static void do_sync(struct serprog *s, const uint8_t *parameters)
{
	(void)parameters;
	put_byte(s, NAK);
	put_byte(s, ACK);
}

static void do_init_buffer(struct serprog *s, const uint8_t *parameters)
{
	(void)parameters;
	s->delay_us = 0;
	put_byte(s, ACK);
}

static void do_delay(struct serprog *s, const uint8_t *parameters)
{
	uint32_t delay_us = get_le(parameters, 4);

	if (delay_us > MAX_DELAY_US || s->delay_us + delay_us > MAX_DELAY_US) {
		put_byte(s, NAK);
		return;
	}

	s->delay_us += delay_us;
	put_byte(s, ACK);
}

static void do_execute(struct serprog *s, const uint8_t *parameters)
{
	(void)parameters;
	s->vb->clock.now_ps += s->delay_us * VB_PS_PER_US;
	s->delay_us = 0;
	put_byte(s, ACK);
}

/* The next lower frequency that the "programmer" has: everything that the flash stands, in steps of 1 Hz. */
static void do_set_frequency(struct serprog *s, const uint8_t *parameters)
{
	const struct nor_part *part = nor_get_part(s->nor);
	uint32_t spi_hz = get_le(parameters, 4);

	if (spi_hz == 0) {
		put_byte(s, NAK);
		return;
	}

	if (spi_hz > MAX_SPI_HZ)
		spi_hz = MAX_SPI_HZ;
	if (part->max_read_hz && spi_hz > part->max_read_hz)
		spi_hz = part->max_read_hz;
	if (part->max_clock_hz && spi_hz > part->max_clock_hz)
		spi_hz = part->max_clock_hz;
	if (spi_hz < MIN_SPI_HZ)
		spi_hz = MIN_SPI_HZ;

	s->spi_hz = spi_hz;
	put_byte(s, ACK);
	put_le(s, spi_hz, 4);
}

static void do_set_chip_select(struct serprog *s, const uint8_t *parameters)
{
	put_byte(s, parameters[0] == 0 ? ACK : NAK);
}

static uint8_t transfer(struct serprog *s, uint8_t mosi)
{
	uint8_t miso = nor_transfer_byte(s->nor, mosi, s->spi_hz);

	s->vb->clock.now_ps += 8 * VB_PS_PER_S / s->spi_hz;
	return miso;
}

/* handle_input() has made sure of the lengths, and that the data are here. */
static void do_spi_operation(struct serprog *s, const uint8_t *parameters)
{
	uint32_t write_bytes = get_le(parameters, 3);
	uint32_t read_bytes = get_le(parameters + 3, 3);

	nor_set_cs(s->nor, false);
	for (uint32_t i = 0; i < write_bytes; i++)
		transfer(s, parameters[6 + i]);

	put_byte(s, ACK);
	for (uint32_t i = 0; i < read_bytes; i++)
		put_byte(s, transfer(s, 0x00));

	nor_set_cs(s->nor, true);
	s->vb->clock.now_ps += OPERATION_PS;
}

static void do_command_map(struct serprog *s, const uint8_t *parameters);

static const struct serprog_command commands[] = {
	{ S_NOP, 0, do_ack },
	{ S_Q_IFACE, 0, do_iface },
	{ S_Q_CMDMAP, 0, do_command_map },
	{ S_Q_PGMNAME, 0, do_name },
	{ S_Q_SERBUF, 0, do_buffer_size },
	{ S_Q_BUSTYPE, 0, do_bus_type },
	{ S_Q_OPBUF, 0, do_buffer_size },
	{ S_Q_WRNMAXLEN, 0, do_max_write },
	{ S_O_INIT, 0, do_init_buffer },
	{ S_O_DELAY, 4, do_delay },
	{ S_O_EXEC, 0, do_execute },
	{ S_SYNCNOP, 0, do_sync },
	{ S_Q_RDNMAXLEN, 0, do_max_read },
	{ S_S_BUSTYPE, 1, do_set_bus_type },
	{ S_O_SPIOP, 6, do_spi_operation },
	{ S_S_SPI_FREQ, 4, do_set_frequency },
	{ S_S_PIN_STATE, 1, do_ack },
	{ S_S_SPI_CS, 1, do_set_chip_select },
};

#define NUM_COMMANDS	(sizeof(commands) / sizeof(commands[0]))

static void do_command_map(struct serprog *s, const uint8_t *parameters)
{
	uint8_t map[32] = { 0 };

	(void)parameters;
	for (size_t i = 0; i < NUM_COMMANDS; i++)
		map[commands[i].opcode / 8] |= (uint8_t)(1u << commands[i].opcode % 8);

	put_byte(s, ACK);
	for (size_t i = 0; i < sizeof(map); i++)
		put_byte(s, map[i]);
}

static const struct serprog_command *find_command(uint8_t opcode)
{
	for (size_t i = 0; i < NUM_COMMANDS; i++) {
		if (commands[i].opcode == opcode)
			return &commands[i];
	}

	return NULL;
}

/*
 * Handles the command at the start of `bytes` and returns its length, or 0 when it is not complete. Data of a refused
 * operation are not waited for but skipped.
 */
static size_t handle_command(struct serprog *s, const uint8_t *bytes, size_t length)
{
	const struct serprog_command *command = find_command(bytes[0]);

	if (!command) {
		put_byte(s, NAK);
		return 1;
	}

	size_t need_bytes = 1u + command->parameter_bytes;

	if (length < need_bytes)
		return 0;

	if (command->opcode == S_O_SPIOP) {
		uint32_t write_bytes = get_le(bytes + 1, 3);

		if (write_bytes > MAX_WRITE_BYTES || get_le(bytes + 4, 3) > MAX_READ_BYTES) {
			s->skip_bytes = write_bytes;
			put_byte(s, NAK);
			return need_bytes;
		}

		need_bytes += write_bytes;
		if (length < need_bytes)
			return 0;
	}

	command->handle(s, bytes + 1);
	return need_bytes;
}

static void close_client(struct serprog *s)
{
	close(s->client_fd);
	s->client_fd = -1;
}

/* Returns false when the client is gone, or has not read for too long: the board has other things to do. */
static bool send_output(struct serprog *s)
{
	size_t sent_bytes = 0;

	while (sent_bytes < s->output_bytes) {
		ssize_t sent = send(s->client_fd, s->output + sent_bytes, s->output_bytes - sent_bytes, MSG_NOSIGNAL);

		if (sent >= 0) {
			sent_bytes += (size_t)sent;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN && errno != EWOULDBLOCK)
			return false;

		struct pollfd writable = { .fd = s->client_fd, .events = POLLOUT };

		if (poll(&writable, 1, SEND_TIMEOUT_MS) == 0) {
			fprintf(stderr, "vboard: serprog: client dropped, it did not read its answer for %d ms\n",
					SEND_TIMEOUT_MS);
			return false;
		}
	}

	s->output_bytes = 0;
	return true;
}

/* Returns false when the client is to be closed. */
static bool handle_input(struct serprog *s)
{
	size_t done = 0;

	while (done < s->input_bytes) {
		size_t left = s->input_bytes - done;

		if (s->skip_bytes) {
			size_t skipped = s->skip_bytes < left ? s->skip_bytes : left;

			s->skip_bytes -= skipped;
			done += skipped;
			continue;
		}

		size_t length = handle_command(s, s->input + done, left);

		if (length == 0)
			break;
		done += length;
		if (!send_output(s))
			return false;
	}

	memmove(s->input, s->input + done, s->input_bytes - done);
	s->input_bytes -= done;
	return true;
}

static void accept_client(struct serprog *s)
{
	int one = 1;
	int fd = accept(s->listen_fd, NULL, NULL);

	if (fd < 0)
		return;
	if (loopback_set_nonblocking(fd) != 0) {
		close(fd);
		return;
	}

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	s->client_fd = fd;
	s->input_bytes = 0;
	s->output_bytes = 0;
	s->skip_bytes = 0;
	s->delay_us = 0;
	s->spi_hz = DEFAULT_SPI_HZ;
}

int serprog_fds(struct serprog *s, int fds[2])
{
	/* Further clients wait in the backlog. */
	fds[0] = s->client_fd >= 0 ? s->client_fd : s->listen_fd;
	return 1;
}

void serprog_service(struct serprog *s)
{
	if (s->client_fd < 0) {
		accept_client(s);
		return;
	}

	/* A complete command always fits, so there is room here. */
	ssize_t received = recv(s->client_fd, s->input + s->input_bytes, sizeof(s->input) - s->input_bytes, 0);

	if (received < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK))
		return;
	if (received <= 0) {
		close_client(s);
		return;
	}

	s->input_bytes += (size_t)received;
	if (!handle_input(s))
		close_client(s);
}

struct serprog *serprog_new(struct vb *vb, struct nor *nor, unsigned int port, unsigned int *bound_port)
{
	struct serprog *s = calloc(1, sizeof(*s));

	if (!s) {
		fprintf(stderr, "vboard: out of memory\n");
		return NULL;
	}

	s->vb = vb;
	s->nor = nor;
	s->client_fd = -1;
	s->listen_fd = loopback_listen(port, bound_port);
	if (s->listen_fd < 0) {
		fprintf(stderr, "vboard: serprog cannot listen on 127.0.0.1:%u: %s\n", port, strerror(errno));
		free(s);
		return NULL;
	}

	return s;
}

void serprog_free(struct serprog *s)
{
	if (!s)
		return;

	if (s->client_fd >= 0)
		close(s->client_fd);
	close(s->listen_fd);
	free(s);
}
