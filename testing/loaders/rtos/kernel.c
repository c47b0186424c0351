// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Tasks, queue, sleep. Critical sections raise BASEPRI to the level of all interrupts; SVCall is more urgent and still
 * works there, as a switch of tasks needs it.
 */

#include "rtos.h"

#define SYST_CSR	REG(0xe000e010)
#define SYST_RVR	REG(0xe000e014)
#define SYST_CVR	REG(0xe000e018)
#define NVIC_IPR	(&REG(0xe000e400))
#define NVIC_ICTR	REG(0xe000e004)
#define VTOR		REG(0xe000ed08)
#define SHPR1		REG(0xe000ed18)
#define SHPR2		REG(0xe000ed1c)
#define SHPR3		REG(0xe000ed20)
#define GPIOG_BSRR	REG(0x40021818)
#define LED		(1u << 13)

#define PRIORITY_SVCALL		0x70u
#define PRIORITY_INTERRUPTS	0x80u
#define EXC_RETURN_THREAD	0xfffffff9u
#define XPSR_T			0x01000000u
#define STACK_WORDS		512
#define QUEUE_SLOTS		10

enum state {
	STATE_NONE,
	STATE_READY,
	STATE_WAITS_FOR_MESSAGE,
	STATE_SLEEPS,
};

/* Above R3 to R11 and EXC_RETURN is the frame that the core has stacked. */
struct context {
	uint32_t r3_to_r11[9];
	uint32_t exc_return;
	uint32_t r0, r1, r2, r3, r12, lr, pc, xpsr;
};

struct task {
	enum state state;
	uint32_t *sp;
	uint32_t basepri;	/* goes with the task: one may wait in the middle of a critical section */
	uint32_t ticks_left;
};

extern const uint32_t _vectors[];
uint32_t *kernel_exception(unsigned int number, uint32_t *sp);
void exception_entry(void);
void kernel_switch(void);

static struct task tasks[NUM_TASKS];
static enum task_id current;
static uint32_t worker_stack[STACK_WORDS] __attribute__((aligned(8)));
static void (*handlers[NUM_EXCEPTIONS])(void);
static void *slots[QUEUE_SLOTS];
static unsigned int first_slot, used_slots;
static bool is_queue_open;

static uint32_t get_basepri(void)
{
	uint32_t value;

	__asm__ volatile("mrs %0, basepri" : "=r"(value) : : "memory");
	return value;
}

static uint32_t enter_critical(void)
{
	uint32_t before = get_basepri();

	__asm__ volatile("msr basepri, %0" : : "r"(PRIORITY_INTERRUPTS) : "memory");
	return before;
}

static void leave_critical(uint32_t before)
{
	__asm__ volatile("msr basepri, %0" : : "r"(before) : "memory");
}

void panic(const char *why)
{
	(void)enter_critical();
	uart_put("Assertion failed panic: ");
	uart_put(why);
	uart_put("\r\n");
	for (;;) {
		for (volatile uint32_t i = 0; i < 100000; i++)
			;
		GPIOG_BSRR = LED;
	}
}

static enum task_id most_urgent(void)
{
	for (unsigned int i = 0; i < NUM_TASKS; i++) {
		if (tasks[i].state == STATE_READY)
			return i;
	}
	panic("no task");
}

static void count_tick(void)
{
	for (unsigned int i = 0; i < NUM_TASKS; i++) {
		if (tasks[i].state == STATE_SLEEPS && --tasks[i].ticks_left == 0)
			tasks[i].state = STATE_READY;
	}
}

static void reschedule(void)
{
}

uint32_t *kernel_exception(unsigned int number, uint32_t *sp)
{
	GPIOG_BSRR = LED;
	/* Also a HardFault, which is what an SVC becomes that cannot be taken. */
	if (number >= NUM_EXCEPTIONS || !handlers[number])
		panic("unexpected exception");
	tasks[current].sp = sp;
	tasks[current].basepri = get_basepri();
	handlers[number]();
	current = most_urgent();
	leave_critical(tasks[current].basepri);
	GPIOG_BSRR = LED << 16;
	return tasks[current].sp;
}

void kernel_init(void)
{
	VTOR = (uint32_t)_vectors;
	for (unsigned int i = 0; i < NUM_EXCEPTIONS; i++)
		handlers[i] = NULL;
	/* All that there are: ICTR counts them in units of 32. */
	for (unsigned int i = 0; i < 8 * (NVIC_ICTR + 1); i++)
		NVIC_IPR[i] = PRIORITY_INTERRUPTS * 0x01010101;
	SHPR1 = PRIORITY_INTERRUPTS * 0x00010101;
	SHPR2 = PRIORITY_SVCALL << 24;
	SHPR3 = PRIORITY_INTERRUPTS * 0x01010000;
	for (unsigned int i = 0; i < NUM_TASKS; i++)
		tasks[i].state = STATE_NONE;
	current = TASK_IDLE;
	tasks[TASK_IDLE].state = STATE_READY;
	is_queue_open = false;
	used_slots = 0;
	first_slot = 0;
	kernel_attach(EXC_SVCALL, reschedule);
}

void kernel_attach(unsigned int exception, void (*handler)(void))
{
	handlers[exception] = handler;
}

void kernel_enable_interrupts(void)
{
	__asm__ volatile("msr basepri, %0\n\tcpsie i" : : "r"(0) : "memory");
}

void kernel_start(enum task_id id, void (*entry)(void))
{
	struct context *context = (struct context *)&worker_stack[STACK_WORDS] - 1;

	/* What the other registers hold is of no interest. */
	context->exc_return = EXC_RETURN_THREAD;
	context->lr = (uint32_t)kernel_exit;
	context->pc = (uint32_t)entry & ~1u;
	context->xpsr = XPSR_T;
	tasks[id].sp = (uint32_t *)context;
	tasks[id].basepri = 0;
	tasks[id].state = STATE_READY;
	kernel_switch();
}

/* For a while, or for good. */
static void wait_as(enum state state)
{
	uint32_t before = enter_critical();

	tasks[current].state = state;
	kernel_switch();
	leave_critical(before);
}

void kernel_exit(void)
{
	for (;;)
		wait_as(STATE_NONE);
}

void kernel_sleep(unsigned int ticks)
{
	tasks[current].ticks_left = ticks;
	wait_as(STATE_SLEEPS);
}

void kernel_start_ticks(void)
{
	kernel_attach(EXC_SYSTICK, count_tick);
	SYST_RVR = HCLK_HZ / 1000 * TICK_MS - 1;
	SYST_CVR = 0;
	SYST_CSR = 7;
}

void queue_open(void)
{
	is_queue_open = true;
}

int queue_send(void *message)
{
	uint32_t before = enter_critical();

	if (!is_queue_open || used_slots == QUEUE_SLOTS) {
		leave_critical(before);
		return -1;
	}
	slots[(first_slot + used_slots++) % QUEUE_SLOTS] = message;
	if (tasks[TASK_WORKER].state == STATE_WAITS_FOR_MESSAGE) {
		tasks[TASK_WORKER].state = STATE_READY;
		kernel_switch();
	}
	leave_critical(before);
	return 0;
}

void *queue_receive(void)
{
	void *message;

	while (used_slots == 0)
		wait_as(STATE_WAITS_FOR_MESSAGE);
	message = slots[first_slot];
	first_slot = (first_slot + 1) % QUEUE_SLOTS;
	used_slots--;
	return message;
}
