// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * serprog's server end, by bytes on its socket: answers, limits, hostile lengths, simulated time. flashrom itself is
 * testing/e2e/flashrom.sh.
 *
 * Links testing/vboard/link/serprog.c, testing/vboard/nor/, testing/vboard/fault/ and testing/vboard/vb.c.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../vboard/link/serprog.h"

#define ACK	0x06
#define NAK	0x15

struct world {
	struct vb vb;
	struct nor *nor;
	struct serprog *serprog;
	unsigned int port;
	int client;
};

static struct world world;

/* Lets the server act as long as it has something to read. */
static void serve(void)
{
	for (;;) {
		int fds[2];
		int num = serprog_fds(world.serprog, fds);
		struct pollfd ready = { .fd = fds[0], .events = POLLIN };

		assert_int_equal(num, 1);
		if (poll(&ready, 1, 20) <= 0)
			return;
		serprog_service(world.serprog);
	}
}

static void connect_client(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)world.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int one = 1;

	world.client = socket(AF_INET, SOCK_STREAM, 0);
	assert_true(world.client >= 0);
	/* serve() does not wait for bytes that Nagle's algorithm holds back. */
	assert_int_equal(setsockopt(world.client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)), 0);
	assert_int_equal(connect(world.client, (struct sockaddr *)&address, sizeof(address)), 0);
	serve();
}

static int set_up(void **state)
{
	(void)state;
	memset(&world, 0, sizeof(world));
	world.nor = nor_new(&world.vb, nor_part_by_name("w25q64jv"), NULL);
	assert_non_null(world.nor);
	world.serprog = serprog_new(&world.vb, world.nor, 0, &world.port);
	assert_non_null(world.serprog);
	assert_true(world.port > 0);
	connect_client();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	close(world.client);
	serprog_free(world.serprog);
	nor_free(world.nor);
	return 0;
}

static void put(const void *bytes, size_t length)
{
	assert_int_equal(send(world.client, bytes, length, MSG_NOSIGNAL), (ssize_t)length);
}

/* Exactly these bytes have come back, and no more. */
static void expect(const void *bytes, size_t length)
{
	uint8_t got[256];
	ssize_t received;

	serve();
	received = recv(world.client, got, sizeof(got), MSG_DONTWAIT);
	assert_int_equal(received, (ssize_t)length);
	assert_memory_equal(got, bytes, length);
}

static void expect_nothing(void)
{
	uint8_t got;

	serve();
	assert_int_equal(recv(world.client, &got, 1, MSG_DONTWAIT), -1);
}

#define PUT(...) \
	do { \
		const uint8_t put_[] = { __VA_ARGS__ }; \
		put(put_, sizeof(put_)); \
	} while (0)

#define EXPECT(...) \
	do { \
		const uint8_t expect_[] = { __VA_ARGS__ }; \
		expect(expect_, sizeof(expect_)); \
	} while (0)

static void test_queries(void **state)
{
	uint8_t map[33] = { ACK, 0xbf, 0xc9, 0x7f };	/* 00-05, 07, 08, 0B, 0E, 0F, 10-16 */

	(void)state;
	PUT(0x00);
	EXPECT(ACK);
	PUT(0x10);
	EXPECT(NAK, ACK);
	PUT(0x01);
	EXPECT(ACK, 1, 0);
	PUT(0x02);
	expect(map, sizeof(map));
	PUT(0x03);
	expect("\x06vboard\0\0\0\0\0\0\0\0\0\0", 17);
	PUT(0x04);
	EXPECT(ACK, 0xff, 0xff);
	PUT(0x05);
	EXPECT(ACK, 0x08);
	PUT(0x08);
	EXPECT(ACK, 0x00, 0x10, 0x00);
	PUT(0x11);
	EXPECT(ACK, 0x00, 0x00, 0x01);
	PUT(0x12, 0x08);
	EXPECT(ACK);
	PUT(0x12, 0x01);
	EXPECT(NAK);
	PUT(0x15, 1);
	EXPECT(ACK);
	PUT(0x16, 0);
	EXPECT(ACK);
	PUT(0x16, 1);
	EXPECT(NAK);
	/* Not ours: parallel flash, unknown. */
	PUT(0x06);
	EXPECT(NAK);
	PUT(0xff);
	EXPECT(NAK);
}

static void test_spi_operation(void **state)
{
	static const uint8_t read_id[] = { 0x13, 1, 0, 0, 3, 0, 0, 0x9f };

	(void)state;
	put(read_id, sizeof(read_id));
	EXPECT(ACK, 0xef, 0x40, 0x17);

	/* In any pieces. */
	for (size_t i = 0; i < sizeof(read_id); i++) {
		put(&read_id[i], 1);
		if (i + 1 < sizeof(read_id))
			expect_nothing();
	}
	EXPECT(ACK, 0xef, 0x40, 0x17);

	/* Many at once. */
	PUT(0x13, 1, 0, 0, 0, 0, 0, 0x06, 0x13, 5, 0, 0, 0, 0, 0, 0x02, 0x00, 0x10, 0x00, 0x55,
		0x13, 1, 0, 0, 1, 0, 0, 0x05, 0x10);
	EXPECT(ACK, ACK, ACK, 0x00, NAK, ACK);
	assert_int_equal(nor_content(world.nor)[0x1000], 0x55);
	/* CS without a byte, and the operation of nothing at all. */
	PUT(0x13, 0, 0, 0, 2, 0, 0);
	EXPECT(ACK, 0xff, 0xff);
	PUT(0x13, 0, 0, 0, 0, 0, 0);
	EXPECT(ACK);
}

static void test_hostile_lengths(void **state)
{
	static const uint8_t zeros[4096];

	(void)state;
	/* 16 MiB - 1 to read: refused, still in step. */
	PUT(0x13, 1, 0, 0, 0xff, 0xff, 0xff);
	EXPECT(NAK);
	PUT(0x9f, 0x10);
	EXPECT(NAK, ACK);

	/* 4097 to write: refused at once, the data pass unheeded. */
	PUT(0x13, 0x01, 0x10, 0, 0, 0, 0);
	EXPECT(NAK);
	put(zeros, sizeof(zeros));
	expect_nothing();
	PUT(0x00, 0x10);
	EXPECT(NAK, ACK);

	/* 4096 are taken. */
	PUT(0x13, 0x00, 0x10, 0, 0, 0, 0);
	put(zeros, 4095);
	expect_nothing();
	PUT(0x00, 0x10);
	EXPECT(ACK, NAK, ACK);

	/* A client that vanishes amid a command leaves nothing behind. */
	PUT(0x13, 0xff, 0xff, 0xff, 0, 0, 0);
	EXPECT(NAK);
	close(world.client);
	serve();
	connect_client();
	PUT(0x10);
	EXPECT(NAK, ACK);
}

static void test_time(void **state)
{
	uint64_t start_ps = world.vb.clock.now_ps;

	(void)state;
	/* 4 bytes at 10 MHz and 100 us. */
	PUT(0x13, 1, 0, 0, 3, 0, 0, 0x9f);
	EXPECT(ACK, 0xef, 0x40, 0x17);
	assert_int_equal(world.vb.clock.now_ps - start_ps, 32 * 100 * VB_PS_PER_NS + 100 * VB_PS_PER_US);

	/* The W25Q64JV's 03h takes 50 MHz; 0 is reserved. */
	PUT(0x14, 0x00, 0xe1, 0xf5, 0x05);	/* 100 MHz */
	EXPECT(ACK, 0x80, 0xf0, 0xfa, 0x02);
	PUT(0x14, 0, 0, 0, 0);
	EXPECT(NAK);
	PUT(0x14, 1, 0, 0, 0);
	EXPECT(ACK, 0xe8, 0x03, 0, 0);
	start_ps = world.vb.clock.now_ps;
	PUT(0x13, 1, 0, 0, 0, 0, 0, 0x04);
	EXPECT(ACK);
	assert_int_equal(world.vb.clock.now_ps - start_ps, 8 * VB_PS_PER_MS + 100 * VB_PS_PER_US);

	/* Delays pass when the operation buffer is executed. */
	start_ps = world.vb.clock.now_ps;
	PUT(0x0b, 0x0e, 0x10, 0x27, 0, 0, 0x0e, 0x10, 0x27, 0, 0);	/* twice 10 ms */
	EXPECT(ACK, ACK, ACK);
	assert_int_equal(world.vb.clock.now_ps, start_ps);
	PUT(0x0f);
	EXPECT(ACK);
	assert_int_equal(world.vb.clock.now_ps - start_ps, 20 * VB_PS_PER_MS);
	PUT(0x0f);
	EXPECT(ACK);
	assert_int_equal(world.vb.clock.now_ps - start_ps, 20 * VB_PS_PER_MS);
	PUT(0x0e, 0xff, 0xff, 0xff, 0xff);
	EXPECT(NAK);
	assert_int_equal(world.vb.num_violations, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_queries, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_spi_operation, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hostile_lengths, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_time, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
