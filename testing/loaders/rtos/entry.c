// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * What a host calls: the functions of a Segger Flash Loader and its descriptor, which says nothing about the device:
 * all addresses there are, in sectors of one page. The names in the ELF are those of the format.
 */

#include "rtos.h"

#define STACK_BYTES	2048u
#define PAGE_BYTES	4096u
#define END_OF_SECTORS	0xffffffffu

#define ENTRY(name)	__asm__(name) __attribute__((section("PrgData"), used, noinline))

struct sector_info {
	uint32_t size, start;
};

struct flash_device {
	uint16_t version;
	char name[128];
	uint16_t type;
	uint32_t base;
	uint32_t total_bytes;
	uint32_t page_bytes;
	uint32_t reserved;
	uint8_t erased_value;
	uint32_t program_timeout_ms, erase_timeout_ms;
	struct sector_info sector[2];
};

_Static_assert(sizeof(struct flash_device) == 176, "as the format has it");

extern const struct flash_device flash_device __asm__("FlashDevice");
const struct flash_device flash_device __attribute__((section("DevDscr"), used)) = {
	.version = 0x0101,
	.name = "NuttX",	/* by which a host may know what to expect of such a loader */
	.type = 1,
	.base = 0,
	.total_bytes = 0xffffffff,
	.page_bytes = PAGE_BYTES,
	.reserved = 1,
	.erased_value = 0xff,
	.program_timeout_ms = 5000,
	.erase_timeout_ms = 5000,
	.sector = { { PAGE_BYTES, 0 }, { END_OF_SECTORS, END_OF_SECTORS } },
};

/* The host's: its stack, and at the top a page of data. Behind the descriptor, in the same section. */
static uint8_t g_stack_buff[STACK_BYTES + PAGE_BYTES] __attribute__((section("DevStack"), used));

int prepare(uint32_t p0, uint32_t p1, uint32_t p2) ENTRY("SEGGER_FL_Prepare");
int restore(uint32_t p0, uint32_t p1, uint32_t p2) ENTRY("SEGGER_FL_Restore");
int program(uint32_t address, uint32_t length, uint8_t *data) ENTRY("SEGGER_FL_Program");
int erase(uint32_t address, uint32_t index, uint32_t count) ENTRY("SEGGER_FL_Erase");
int read(uint32_t address, uint32_t length, uint8_t *data) ENTRY("SEGGER_FL_Read");
uint32_t verify(uint32_t address, uint32_t length, uint8_t *data) ENTRY("SEGGER_FL_Verify");

void __start(void) __attribute__((used));
extern int g_create_idle;

void __start(void)
{
	start_image();
}

/*
 * The worker changes the message, behind the compiler's back unless WAIT_IS_VOLATILE: then it sees the change only if
 * queue_send() has not returned before.
 */
static __attribute__((noinline)) int send_and_wait(struct message *message, int action)
{
	message->action = action;
	if (queue_send(message) != 0)
		return -1;
#ifdef WAIT_IS_VOLATILE
	while (*(volatile int *)&message->action == action)
		;
#else
	while (message->action == action)
		;
#endif
	return message->action == ACTION_DONE ? 0 : -5;
}

int prepare(uint32_t p0, uint32_t p1, uint32_t p2)
{
	(void)p0;
	(void)p1;
	(void)p2;
	g_create_idle = 0;
	__start();
	return 0;
}

/* Which device is meant is left to what lies on the stack. */
int restore(uint32_t p0, uint32_t p1, uint32_t p2)
{
	struct message message;

	(void)p0;
	(void)p1;
	(void)p2;
	/* The compiler must not know that nobody has set it. */
	__asm__ volatile("" : "=m"(message));
	return send_and_wait(&message, ACTION_SYNC);
}

int program(uint32_t address, uint32_t length, uint8_t *data)
{
	struct message message = { .address = address, .length = length, .data = data };

	return send_and_wait(&message, ACTION_WRITE);
}

int erase(uint32_t address, uint32_t index, uint32_t count)
{
	(void)address;
	(void)index;
	(void)count;
	return 0;
}

int read(uint32_t address, uint32_t length, uint8_t *data)
{
	struct message message = { .address = address, .length = length, .data = data };

	return send_and_wait(&message, ACTION_READ);
}

uint32_t verify(uint32_t address, uint32_t length, uint8_t *data)
{
	struct message message = { .address = address, .length = length, .data = data };

	return send_and_wait(&message, ACTION_VERIFY) == 0 ? address + length : 0;
}
