/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * A machine for tests of the simulated core: flash at 08000000h with its alias at 0, RAM at 20000000h, a device that
 * counts accesses at 40000000h, vectors that lead into RAM, and the debugger's view of the core's registers.
 */

#ifndef OFL_VB_CORE_FIXTURE_H
#define OFL_VB_CORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../vboard/core/core.h"
#include "../vboard/fault/fault.h"

#define FLASH		0x08000000u
#define RAM		0x20000000u
#define CODE		0x20000100u	/* where the reset vector points */
#define HARD_FAULT	0x20000800u
#define MEM_MANAGE	0x20000880u
#define BUS_FAULT	0x20000900u
#define USAGE_FAULT	0x20000980u
#define SVCALL		0x20000a00u
#define STACK		0x20004000u
#define DEVICE		0x40000000u
#define LONG_PS		(100 * VB_PS_PER_MS)

#define DHCSR		0xe000edf0u
#define DCRSR		0xe000edf4u
#define DCRDR		0xe000edf8u
#define DEMCR		0xe000edfcu
#define DFSR		0xe000ed30u
#define CFSR		0xe000ed28u
#define HFSR		0xe000ed2cu
#define MMFAR		0xe000ed34u
#define BFAR		0xe000ed38u
#define SHCSR		0xe000ed24u
#define AIRCR		0xe000ed0cu
#define CPACR		0xe000ed88u
#define SYST_CSR	0xe000e010u
#define SYST_RVR	0xe000e014u
#define SYST_CVR	0xe000e018u
#define NVIC_ISER	0xe000e100u
#define NVIC_ICER	0xe000e180u
#define NVIC_ISPR	0xe000e200u
#define NVIC_ICPR	0xe000e280u
#define NVIC_IABR	0xe000e300u
#define NVIC_IPR	0xe000e400u
#define ICSR		0xe000ed04u
#define VTOR		0xe000ed08u
#define SCR		0xe000ed10u
#define SHPR2		0xe000ed1cu
#define SHPR3		0xe000ed20u
#define S_HALT		(1u << 17)
#define S_LOCKUP	(1u << 19)
#define S_RETIRE_ST	(1u << 24)
#define S_RESET_ST	(1u << 25)

struct machine {
	struct vb vb;
	struct bus bus;
	struct core *core;

	/*
	 * The device: 00h counts and returns its reads, 04h stores, 08h is busy for a while, 0Ch is a bus error, 10h and
	 * 14h below.
	 */
	unsigned int reads, writes, resets;
	uint32_t stored[16];
	uint64_t read_at_ps[64];
	uint64_t busy_until_ps;
	unsigned int polls;
};

/* No fault plan in these tests but this one. */
static unsigned int bus_errors_left;

bool fault_active(struct fault *fault, enum fault_kind kind, uint64_t now_ps, uint32_t *value)
{
	(void)now_ps;
	(void)value;
	if (!fault || kind != FAULT_BUS_ERROR || bus_errors_left == 0)
		return false;
	bus_errors_left--;
	return true;
}

static int device_read(void *context, uint32_t offset, unsigned int size, uint32_t *value, enum bus_master master)
{
	struct machine *m = context;

	(void)size;
	(void)master;
	switch (offset) {
	case 0x0:
		if (m->reads < 64)
			m->read_at_ps[m->reads] = m->vb.clock.now_ps;
		*value = m->reads++;
		return 0;
	case 0x8:
		/* A status register that says busy until a time. */
		m->polls++;
		*value = m->vb.clock.now_ps < m->busy_until_ps;
		if (*value)
			core_note_idle_poll(m->core, m->busy_until_ps);
		return 0;
	case 0xc:
		return -1;
	default:
		*value = 0;
		return 0;
	}
}

static int device_write(void *context, uint32_t offset, unsigned int size, uint32_t value, enum bus_master master)
{
	struct machine *m = context;

	(void)size;
	(void)master;
	if (offset == 0xc)
		return -1;
	if (offset == 0x10)
		core_system_reset(m->core);	/* a watchdog that bites at once */
	if (offset == 0x14)
		return bus_write(&m->bus, CODE + 2, 2, value, BUS_DEBUG);	/* a DMA into the very code that runs */
	if (m->writes < 16)
		m->stored[m->writes] = value;
	m->writes++;
	return 0;
}

static void device_reset(void *context)
{
	((struct machine *)context)->resets++;
}

static inline void set_word(struct machine *m, uint32_t address, uint32_t value)
{
	memcpy(bus_ram_pointer(&m->bus, address, 4), &value, 4);
	bus_note_ram_written(&m->bus, address, 4);
}

static uint32_t word_at(struct machine *m, uint32_t address)
{
	uint32_t value;

	assert_int_equal(bus_read(&m->bus, address, 4, &value, BUS_DEBUG), 0);
	return value;
}

static void poke(struct machine *m, uint32_t address, uint32_t value)
{
	assert_int_equal(bus_write(&m->bus, address, 4, value, BUS_DEBUG), 0);
}

static void set_code(struct machine *m, uint32_t address, const uint16_t *code, size_t bytes)
{
	memcpy(bus_ram_pointer(&m->bus, address, (uint32_t)bytes), code, bytes);
	bus_note_ram_written(&m->bus, address, (uint32_t)bytes);
}

#define LOAD(m, address, code)	set_code(m, address, code, sizeof(code))

static struct machine *new_machine_with(const struct core_config *config)
{
	struct machine *m = calloc(1, sizeof(*m));
	const uint32_t vectors[16] = {
		STACK, CODE | 1, 0, HARD_FAULT | 1, MEM_MANAGE | 1, BUS_FAULT | 1, USAGE_FAULT | 1, 0, 0, 0, 0, SVCALL | 1,
	};
	const uint16_t bkpt[] = { 0xbe00 };
	struct bus_device device = {
		.name = "counter", .base = DEVICE, .size = 0x400, .context = m,
		.read = device_read, .write = device_write, .reset = device_reset,
	};

	assert_non_null(m);
	m->vb.seed = 42;
	bus_init(&m->bus, &m->vb);
	assert_int_equal(bus_add_ram(&m->bus, "flash", FLASH, 0x4000), 0);
	assert_int_equal(bus_add_alias(&m->bus, "boot", 0, 0x4000, FLASH), 0);
	assert_int_equal(bus_set_read_only(&m->bus, FLASH), 0);
	assert_int_equal(bus_add_ram(&m->bus, "ram", RAM, 0x8000), 0);
	m->core = core_new(&m->bus, config);
	assert_non_null(m->core);
	device.context = m;
	assert_int_equal(bus_add_device(&m->bus, &device), 0);

	memcpy(bus_ram_pointer(&m->bus, FLASH, sizeof(vectors)), vectors, sizeof(vectors));
	for (uint32_t handler = HARD_FAULT; handler <= SVCALL; handler += 0x80)
		LOAD(m, handler, bkpt);
	return m;
}

static struct machine *new_machine(enum core_type type)
{
	const struct core_config config = {
		.type = type, .clock_hz = 48000000, .vector_table = FLASH, .mpu_regions = type == CORE_M0 ? 0 : 8,
		.fpb_comparators = type == CORE_M0 || type == CORE_M0PLUS ? 4 : 6, .dwt_comparators = 2,
	};

	return new_machine_with(&config);
}

static void free_machine(struct machine *m)
{
	core_free(m->core);
	bus_free(&m->bus);
	free(m);
}

/* Halted at CODE with the given code there. */
static struct machine *machine_at(enum core_type type, const uint16_t *code, size_t bytes)
{
	struct machine *m = new_machine(type);

	set_code(m, CODE, code, bytes);
	core_debug_halt(m->core);
	assert_true(core_is_halted(m->core));
	return m;
}

#define MACHINE(type, code)	machine_at(type, code, sizeof(code))

/* Lets it run until it halts or time is up. */
static void run(struct machine *m)
{
	core_debug_resume(m->core);
	core_run_until(m->core, m->vb.clock.now_ps + LONG_PS);
}

static void assert_halted_at(struct machine *m, uint32_t pc)
{
	assert_true(core_is_halted(m->core));
	assert_int_equal(core_reg_get(m->core, CORE_PC), pc);
}

struct frame {
	uint32_t r0, r1, r2, r3, r12, lr, pc, xpsr;
};

static inline struct frame frame_at(struct machine *m, uint32_t address)
{
	struct frame frame;

	memcpy(&frame, bus_ram_pointer(&m->bus, address, sizeof(frame)), sizeof(frame));
	return frame;
}

/* Exception numbers */
#define PENDSV		14
#define SYSTICK		15
#define IRQ(n)		(16 + (n))
#define TRACE_HANDLER	0x20000a80u

static inline void set_vector(struct machine *m, unsigned int number, uint32_t address)
{
	set_word(m, FLASH + 4 * number, address | 1);
}

/* The handler stores the number of its exception to the device. */
static inline void trace_vector(struct machine *m, unsigned int number)
{
	static const uint16_t code[] = {
		0xf3ef, 0x8005,	/* 00: mrs r0, IPSR */
		0x4901,		/* 04: ldr r1, [pc, #4] */
		0x6008,		/* 06: str r0, [r1, #0] */
		0x4770,		/* 08: bx lr */
		0xbf00,		/* 0a: nop */
		0x0004, 0x4000,	/* 0c: .word 0x40000004 */
	};

	LOAD(m, TRACE_HANDLER, code);
	set_vector(m, number, TRACE_HANDLER);
}

static inline void set_priority(struct machine *m, unsigned int number, uint32_t priority)
{
	uint32_t address = number < 16 ? 0xe000ed14 + number / 4 * 4 : NVIC_IPR + (number - 16) / 4 * 4;
	unsigned int shift = 8 * (number % 4);

	poke(m, address, (word_at(m, address) & ~(0xffu << shift)) | priority << shift);
}

static inline void assert_trace(struct machine *m, const uint32_t *expected, unsigned int count)
{
	assert_int_equal(m->writes, count);
	for (unsigned int i = 0; i < count; i++)
		assert_int_equal(m->stored[i], expected[i]);
}

#define ASSERT_TRACE(m, ...) do { \
		const uint32_t expected_[] = { __VA_ARGS__ }; \
		assert_trace(m, expected_, sizeof(expected_) / sizeof(expected_[0])); \
	} while (0)

#endif /* OFL_VB_CORE_FIXTURE_H */
