// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * A program that does at random what programs do with exceptions, and prints what comes of it: in what order handlers
 * run, and what the registers say meanwhile. It knows no time. exceptions_qemu.sh runs it on the simulated core and on
 * QEMU, and compares.
 *
 * Every action ends with DSB and ISB, because an exception is taken somewhere between the store that makes it pending
 * and that barrier ([v7M] B2.5; QEMU takes it at the barrier, the simulated core right behind the store).
 */

#include <stdint.h>

#define REG(address)	(*(volatile uint32_t *)(address))
#define NVIC_ISER	REG(0xe000e100)
#define NVIC_ICER	REG(0xe000e180)
#define NVIC_ISPR	REG(0xe000e200)
#define NVIC_ICPR	REG(0xe000e280)
#define NVIC_IABR	REG(0xe000e300)
#define NVIC_IPR	REG(0xe000e400)
#define NVIC_STIR	REG(0xe000ef00)
#define ICSR		REG(0xe000ed04)
#define AIRCR		REG(0xe000ed0c)
#define SHPR2		REG(0xe000ed1c)
#define SHPR3		REG(0xe000ed20)
#define SHCSR		REG(0xe000ed24)
#define CFSR		REG(0xe000ed28)
#define HFSR		REG(0xe000ed2c)
#define CPACR		REG(0xe000ed88)
#define FPCCR		REG(0xe000ef34)

#define NMI		2
#define HARD_FAULT	3
#define USAGE_FAULT	6
#define NUM_IRQS	8
#define NUM_SEEDS	150
#define NUM_ACTIONS	60
/* What act() chooses from; there is no division on v6-M. */
#if defined(__ARM_ARCH_6M__)
#define NUM_KINDS	12
#define HAS_RETTOBASE	0
#elif defined(__ARM_FP)
#define NUM_KINDS	21
#else
#define NUM_KINDS	18
#endif
#ifndef HAS_RETTOBASE
#define HAS_RETTOBASE	1
#endif
#define STACK_WORDS	1024
#define PROCESS_WORDS	512

#define SYS_WRITE0	4
#define SYS_EXIT	0x18
#define EXIT_SUCCESS	0x20026

static uint32_t random_state, actions_left;
static uint32_t main_stack[STACK_WORDS], process_stack[PROCESS_WORDS];
static char line[128];
static unsigned int line_length;

void reset(void);
void handler(void);

__attribute__((section(".vectors"), used)) static const uintptr_t vectors[16 + 32] = {
	(uintptr_t)&main_stack[STACK_WORDS], (uintptr_t)reset, [2 ... 16 + 31] = (uintptr_t)handler,
};

static uint32_t semihosting(uint32_t operation, uintptr_t argument)
{
	register uint32_t r0 __asm__("r0") = operation;
	register uintptr_t r1 __asm__("r1") = argument;

	__asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
	return r0;
}

static void put(char c)
{
	if (line_length < sizeof(line) - 1)
		line[line_length++] = c;
}

static void put_hex(char name, uint32_t value)
{
	unsigned int shift = 28;

	put(' ');
	put(name);
	while (shift && value >> shift == 0)
		shift -= 4;
	for (;; shift -= 4) {
		put("0123456789abcdef"[value >> shift & 0xf]);
		if (shift == 0)
			break;
	}
}

static void end_line(void)
{
	put('\n');
	line[line_length] = 0;
	semihosting(SYS_WRITE0, (uintptr_t)line);
	line_length = 0;
}

static uint32_t random_number(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state;
}

#define READ(name) ({ uint32_t value_; __asm__ volatile("mrs %0, " #name : "=r"(value_)); value_; })
#define WRITE(name, value) __asm__ volatile("msr " #name ", %0" : : "r"(value) : "memory")

static void barrier(void)
{
	__asm__ volatile("dsb\n\tisb" : : : "memory");
}

static uint32_t faultmask(void)
{
#ifdef __ARM_ARCH_6M__
	return 0;
#else
	return READ(faultmask);
#endif
}

static uint32_t basepri(void)
{
#ifdef __ARM_ARCH_6M__
	return 0;
#else
	return READ(basepri);
#endif
}

/* Without being interrupted, so that it is of one moment. */
static void print_state(char what, uint32_t value)
{
	uint32_t primask = READ(primask), icsr, ipsr = READ(ipsr);

	__asm__ volatile("cpsid i" : : : "memory");
	icsr = ICSR & 0x945fffffu;	/* not ISRPREEMPT, a debugger's */
	/* RETTOBASE means something in handlers only, and is not v6-M's */
	if (ipsr == 0 || !HAS_RETTOBASE)
		icsr &= ~(1u << 11);
	/* QEMU's VECTPENDING knows no mask; a core's knows these (ARM DUI 0553A, 4.3.3) */
	if (basepri() || faultmask())
		icsr &= ~0x1ff000u;
	put(what);
	put_hex('v', value);
	put_hex('x', ipsr);
	put_hex('i', icsr);
	put_hex('p', NVIC_ISPR);
	put_hex('e', NVIC_ISER);
#ifndef __ARM_ARCH_6M__
	put_hex('a', NVIC_IABR);
	put_hex('h', SHCSR);
#endif
	put_hex('m', primask | faultmask() << 4);
	put_hex('b', basepri());
	put_hex('s', (uint32_t)((uintptr_t)&main_stack[STACK_WORDS] - READ(msp)));
	put_hex('c', READ(control));
	end_line();
	WRITE(primask, primask);
}

static void set_priority(volatile uint32_t *word, unsigned int byte, uint32_t priority)
{
	*word = (*word & ~(0xffu << 8 * byte)) | (priority & 0xff) << 8 * byte;
}

static void call_supervisor(void)
{
	uint32_t ipsr = READ(ipsr);

	/* There it would be lockup. */
	if (ipsr != NMI && ipsr != HARD_FAULT && !faultmask())
		__asm__ volatile("svc #1" : : : "memory");
}

#ifdef __ARM_FP
static void use_fp(uint32_t value)
{
	__asm__ volatile("vmov s0, %0\n\tvmov s15, %0\n\tvmov s16, %0" : : "r"(value) : "s0", "s15", "s16");
}

/* FPCA is in what print_state() says of CONTROL. */
static void print_fp(void)
{
	uint32_t s0, s15;

	put('f');
	put_hex('l', FPCCR & 1);
	if (READ(control) & 4) {
		__asm__ volatile("vmov %0, s0\n\tvmov %1, s15" : "=r"(s0), "=r"(s15));
		put_hex('0', s0);
		put_hex('f', s15);
	}
	end_line();
}
#endif

static void act_beyond_v6m(uint32_t action, uint32_t value)
{
#ifndef __ARM_ARCH_6M__
	switch (action) {
	case 12:
		WRITE(basepri, value & 0xff);
		break;
	case 13:
		WRITE(basepri_max, value & 0xff);
		break;
	case 14:
		NVIC_STIR = value % NUM_IRQS;
		break;
	case 15:
		AIRCR = 0x05fa0000 | (value % 8) << 8;
		break;
	case 16:
		if (value % 4 == 0 && READ(ipsr) != NMI)
			__asm__ volatile("cpsid f" : : : "memory");
		else
			__asm__ volatile("cpsie f" : : : "memory");
		break;
	case 17:
		/* UsageFault as one more exception that software can make pending */
		SHCSR = (SHCSR & ~(1u << 12 | 1u << 18)) | (value & (1u << 12)) | (value & 1u << 18);
		break;
#ifdef __ARM_FP
	case 18:
	case 19:
		use_fp(value);
		break;
	case 20:
		print_fp();
		break;
#endif
	default:
		break;
	}
#else
	(void)action;
	(void)value;
#endif
}

static void act(void)
{
	uint32_t action = (random_number() >> 16) * NUM_KINDS >> 16;
	uint32_t value = random_number() >> 4;

	actions_left--;
	switch (action) {
	case 0:
	case 1:
		NVIC_ISPR = 1u << value % NUM_IRQS;
		break;
	case 2:
		NVIC_ICPR = value & 0x55;
		break;
	case 3:
		NVIC_ISER = value & 0xff;
		break;
	case 4:
		NVIC_ICER = 1u << value % NUM_IRQS;
		break;
	case 5:
		set_priority(&(&NVIC_IPR)[value / 4 % 2], value % 4, value >> 8);
		break;
	case 6:
		if (value & 1)
			__asm__ volatile("cpsid i" : : : "memory");
		else
			__asm__ volatile("cpsie i" : : : "memory");
		break;
	case 7:
		ICSR = value & 1 ? 1u << 28 : 1u << 26;
		break;
	case 8:
		ICSR = value & 1 ? 1u << 27 : 1u << 25;
		break;
	case 9:
		call_supervisor();
		break;
	case 10:
		if (value & 1)
			set_priority(&SHPR2, 3, value >> 8);
		else
			set_priority(&SHPR3, 2 + (value >> 1 & 1), value >> 8);
		break;
	case 11:
		if (value % 8 == 0)
			ICSR = 1u << 31;
		break;
	default:
		act_beyond_v6m(action, value);
		break;
	}
	barrier();
	print_state('.', action);
}

/* Every exception's. The compiler keeps LR, which is EXC_RETURN. */
void handler(void)
{
	uint32_t exc_return = (uint32_t)(uintptr_t)__builtin_return_address(0);

	put('r');
	put_hex('l', exc_return);
	end_line();
	print_state('>', READ(ipsr));
#ifndef __ARM_ARCH_6M__
	if (READ(ipsr) == HARD_FAULT) {
		put('F');
		put_hex('h', HFSR);
		put_hex('c', CFSR);
		end_line();
		HFSR = HFSR;
		CFSR = CFSR;
	}
#endif
	for (uint32_t count = random_number() % 4; count && actions_left; count--)
		act();
	print_state('<', READ(ipsr));
}

static void one_seed(uint32_t seed)
{
	random_state = seed * 2654435761u + 1;
	actions_left = NUM_ACTIONS;
	put('=');
	put_hex('n', seed);
	end_line();
	NVIC_ISER = 0xff;
	for (unsigned int i = 0; i < 2; i++)
		(&NVIC_IPR)[i] = random_number();
	SHPR2 = random_number() & 0xff000000;
	SHPR3 = random_number() & 0xffff0000;
	while (actions_left)
		act();

	/* Let everything that waits have its turn. */
#ifndef __ARM_ARCH_6M__
	__asm__ volatile("cpsie f" : : : "memory");
	WRITE(basepri, 0);
#endif
	__asm__ volatile("cpsie i" : : : "memory");
	NVIC_ISER = 0xff;
	barrier();
	print_state('!', 0);
}

/* Thread mode with PSP; in assembly, because the compiler must not use the stack meanwhile. */
static void __attribute__((noinline)) on_process_stack(void (*function)(uint32_t seed), uint32_t seed)
{
	register uint32_t r0 __asm__("r0") = seed;
	register void (*r1)(uint32_t) __asm__("r1") = function;
	register uint32_t *r2 __asm__("r2") = &process_stack[PROCESS_WORDS];

	__asm__ volatile("msr psp, r2\n\t"
			"movs r2, #2\n\t"
			"msr control, r2\n\t"
			"isb\n\t"
			"blx r1\n\t"
			"movs r2, #0\n\t"
			"msr control, r2\n\t"
			"isb"
			: "+r"(r0), "+r"(r1), "+r"(r2) : : "r3", "r12", "lr", "cc", "memory");
}

void reset(void)
{
#ifdef __ARM_FP
	CPACR = 0x00f00000;
	barrier();
#endif
	for (uint32_t seed = 1; seed <= NUM_SEEDS; seed++) {
		if (seed & 1)
			one_seed(seed);
		else
			on_process_stack(one_seed, seed);
	}
	put('d');
	put('o');
	put('n');
	put('e');
	end_line();
	semihosting(SYS_EXIT, EXIT_SUCCESS);
	for (;;) {
	}
}
