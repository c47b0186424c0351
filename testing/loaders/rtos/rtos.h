/* SPDX-License-Identifier: GPL-2.0-or-later */

/* A real-time operating system that is just large enough to be a flash loader; see README. */

#ifndef RTOS_H
#define RTOS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REG(address)	(*(volatile uint32_t *)(address))

#define HCLK_HZ		168000000u
#define TICK_MS		10u

/* Tasks, the more urgent first. IDLE is whoever called __start(): the debugger's thread. */
enum task_id {
	TASK_WORKER,
	TASK_IDLE,
	NUM_TASKS,
};

enum exception {
	EXC_SVCALL = 11,
	EXC_SYSTICK = 15,
	NUM_EXCEPTIONS = 16 + 91,
};

/* kernel.c */
void kernel_init(void);
void kernel_attach(unsigned int exception, void (*handler)(void));
void kernel_enable_interrupts(void);
void kernel_start(enum task_id id, void (*entry)(void));	/* it runs at once if it is more urgent */
void kernel_exit(void) __attribute__((noreturn));
void kernel_sleep(unsigned int ticks);
void kernel_start_ticks(void);
/* A queue of pointers with one reader. Sending to one that is open wakes the reader before it returns. */
void queue_open(void);
int queue_send(void *message);		/* 0, or -1 when the queue is not there or full */
void *queue_receive(void);
void panic(const char *why) __attribute__((noreturn));

/* start.c: the boot, and what it sets up */
void start_image(void);
void uart_put(const char *text);
void uart_put_hex(uint32_t value);

/* device.c: the board's flash behind a cache of one erase block. All return 0 or -1. */
int device_open(const char *table, uint32_t *base, uint32_t *size);
int device_write(uint32_t address, const uint8_t *data, uint32_t length);
int device_read(uint32_t address, uint8_t *data, uint32_t length);
int device_sync(uint32_t address);

/* worker.c */
enum action {
	ACTION_WRITE = 1,
	ACTION_READ,
	ACTION_VERIFY,
	ACTION_SYNC,
	ACTION_ERROR,
	ACTION_DONE,
};

struct message {
	int action;
	uint32_t address;
	uint32_t length;
	void *data;
};

void worker(void);

#endif /* RTOS_H */
