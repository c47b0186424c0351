// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The System Control Space, E000E000h to E000EFFFh ([v6M] B3.2, [v7M] B3.2, [v8M] D1.2): who answers where, and
 * the registers that nobody else owns.
 */

#include <string.h>

#include "core_private.h"

#define SCS_BASE		0xe000e000u
#define SCS_SIZE		0x1000u

#define AIRCR_VECTKEY		0x05fa0000u
#define AIRCR_VECTKEYSTAT	0xfa050000u
#define AIRCR_VECTRESET		(1u << 0)
#define AIRCR_VECTCLRACTIVE	(1u << 1)
#define AIRCR_SYSRESETREQ	(1u << 2)

#define SHCSR_ENABLES		(SHCSR_MEMFAULTENA | SHCSR_BUSFAULTENA | SHCSR_USGFAULTENA)

/* SHCSR's active and pending bits; [v7M] B3.2.13 */
#define NOT_THERE		0xff

static const struct {
	uint8_t active_bit, pending_bit;
	uint8_t number;
} shcsr_exception[] = {
	{ 0, 13, EXC_MEM_MANAGE },
	{ 1, 14, EXC_BUS_FAULT },
	{ 3, 12, EXC_USAGE_FAULT },
	{ 7, 15, EXC_SVCALL },
	{ 8, NOT_THERE, EXC_DEBUG_MONITOR },
	{ 10, NOT_THERE, EXC_PENDSV },
	{ 11, NOT_THERE, EXC_SYSTICK },
};

#define NUM_SHCSR_EXCEPTIONS	(sizeof(shcsr_exception) / sizeof(shcsr_exception[0]))

static void write_aircr(struct core *core, uint32_t value, enum bus_master master)
{
	if ((value & 0xffff0000) != AIRCR_VECTKEY)
		return;
	if (!core->is_v6m)
		core->prigroup = value >> 8 & 7;
	nvic_update(core);
	/* Only for a debugger that has halted the core. */
	if ((value & AIRCR_VECTCLRACTIVE) && core->halted && master == BUS_DEBUG) {
		memset(core->active, 0, sizeof(core->active));
		core_regs_change(core)->xpsr &= ~XPSR_IPSR;
	}
	if (value & AIRCR_SYSRESETREQ)
		core_system_reset(core);
	else if ((value & AIRCR_VECTRESET) && core->is_v7m && master == BUS_DEBUG)
		core_local_reset(core);
}

static uint32_t read_shcsr(const struct core *core)
{
	uint32_t value = core->shcsr_enables;

	for (unsigned int i = 0; i < NUM_SHCSR_EXCEPTIONS; i++) {
		unsigned int number = shcsr_exception[i].number;

		if (exception_is_active(core, number))
			value |= 1u << shcsr_exception[i].active_bit;
		if (shcsr_exception[i].pending_bit != NOT_THERE && (core->pending[0] >> number & 1))
			value |= 1u << shcsr_exception[i].pending_bit;
	}
	return value;
}

static void write_shcsr(struct core *core, uint32_t value)
{
	if (core->is_v6m)
		return;
	core->shcsr_enables = value & SHCSR_ENABLES;
	/* MEMFAULTENA, BUSFAULTENA, USGFAULTENA are in the order of the exceptions' numbers. */
	core->enabled[0] &= ~(7u << EXC_MEM_MANAGE);
	core->enabled[0] |= core->shcsr_enables / SHCSR_MEMFAULTENA << EXC_MEM_MANAGE;
	for (unsigned int i = 0; i < NUM_SHCSR_EXCEPTIONS; i++) {
		exception_set_active(core, shcsr_exception[i].number, value >> shcsr_exception[i].active_bit & 1);
		if (shcsr_exception[i].pending_bit != NOT_THERE)
			nvic_set_pending(core, shcsr_exception[i].number, value >> shcsr_exception[i].pending_bit & 1);
	}
	nvic_update(core);
}

static uint32_t ccr_at_reset(const struct core *core)
{
	switch (core->config.type) {
	case CORE_M0:
	case CORE_M0PLUS:
		return 0x208;	/* STKALIGN, UNALIGN_TRP; fixed */
	case CORE_M7:
		return 0x40200;
	case CORE_M33:
		return 0x201;
	default:
		return 0x200;
	}
}

static uint32_t ccr_writable(const struct core *core)
{
	switch (core->config.type) {
	case CORE_M0:
	case CORE_M0PLUS:
		return 0;
	case CORE_M7:
		return 0x3011b;	/* with I and D cache enables */
	case CORE_M33:
		return 0x51a;
	default:
		return 0x31b;
	}
}

/* Feature and cache identification, E000ED40h to E000ED84h; values of the Technical Reference Manuals */
static uint32_t read_identification(const struct core *core, uint32_t offset)
{
	if (core->is_v6m)
		return 0;
	switch (offset) {
	case 0xd40:	/* ID_PFR0: Thumb-2 */
		return 0x00000030;
	case 0xd44:	/* ID_PFR1: M profile, no Security Extension */
		return 0x00000200;
	case 0xd78:	/* CLIDR: L1 instruction and data cache */
		return core->has_cache ? 0x09000003 : 0;
	case 0xd7c:	/* CTR: lines of 32 bytes */
		return core->has_cache ? 0x8303c003 : core->is_v8m ? 0x8000c000 : 0;
	case 0xd80:	/* CCSIDR: instruction 16 KiB in 2 ways, data 4 KiB in 4 ways */
		return core->has_cache ? (core->csselr & 1 ? 0xf01fe009 : 0xf003e019) : 0;
	case 0xd84:
		return core->csselr;
	default:
		return 0;
	}
}

/* E000EF34h and up: floating point, cache maintenance, authentication */
static uint32_t read_extension(const struct core *core, uint32_t offset)
{
	bool double_precision = core->config.type == CORE_M7;

	switch (offset) {
	case 0xf34:
		return core->fpccr;
	case 0xf38:
		return core->fpcar;
	case 0xf3c:
		return core->fpdscr;
	case 0xf40:	/* MVFR0 */
		return !core->has_fpu ? 0 : double_precision ? 0x10110221 : 0x10110021;
	case 0xf44:	/* MVFR1 */
		return !core->has_fpu ? 0 : double_precision ? 0x12000011 : 0x11000011;
	case 0xf48:	/* MVFR2: FPv5 */
		return core->has_fpu && core->config.type != CORE_M4 ? 0x40 : 0;
	case 0xfb8:
		/* DAUTHSTATUS: Non-secure debug allowed, SID = 0: no Security Extension ([v8M] D1.2.46) */
		return core->is_v8m ? 0x0f : 0;
	default:
		return 0;
	}
}

static void write_extension(struct core *core, uint32_t offset, uint32_t value)
{
	/* Cache maintenance, F50h to F78h; the instruction cache is transparent. */
	dcache_maintain(core, offset, value);
	if (!core->has_fpu)
		return;
	switch (offset) {
	case 0xf34:
		core->fpccr = value & 0xc000017b;
		break;
	case 0xf38:
		core->fpcar = value & ~7u;
		break;
	case 0xf3c:
		core->fpdscr = value & 0x07c00000;
		break;
	default:
		break;
	}
}

static uint32_t read_v7_block(struct core *core, uint32_t offset)
{
	if (core->is_v6m)
		return 0;
	switch (offset) {
	case 0xd28:
		return core->cfsr;
	case 0xd2c:
		return core->hfsr;
	case 0xd34:
		return core->mmfar;
	case 0xd38:
		return core->bfar;
	case 0xd88:
		return core->cpacr;
	case 0xe08:	/* DSCSR.CDS: the PE is in Secure state ([v8M] D1.2.71) */
		return core->config.is_secure ? 1u << 16 : 0;
	default:
		return 0;
	}
}

static uint32_t read_system_block(struct core *core, uint32_t offset)
{
	switch (offset) {
	case 0xd00:
		return core->cpuid;
	case 0xd04:
		return nvic_read_icsr(core);
	case 0xd08:
		return core->has_vtor ? core->vtor : 0;
	case 0xd0c:
		return AIRCR_VECTKEYSTAT | core->prigroup << 8;
	case 0xd10:
		return core->scr;
	case 0xd14:
		return core->ccr;
	case 0xd18:
	case 0xd1c:
	case 0xd20:
		return core->priority_word[1 + (offset - 0xd18) / 4];
	case 0xd24:
		return core->is_v6m ? 0 : read_shcsr(core);
	case 0xd30:
		return core->dfsr;
	default:
		return read_v7_block(core, offset);
	}
}

static uint32_t read_word(struct core *core, uint32_t offset, enum bus_master master)
{
	if (offset >= 0xf00)
		return read_extension(core, offset);
	if (offset >= 0xdf0 && offset < 0xe00)
		return debug_read(core, offset - 0xdf0, master);
	if (offset >= 0xd90 && offset < 0xdf0)
		return mpu_read(core, offset - 0xd90);
	if (offset >= 0xd40 && offset < 0xd88)
		return read_identification(core, offset);
	if (offset >= 0xd00)
		return read_system_block(core, offset);
	if (offset >= 0x100)
		return nvic_read(core, offset);
	if (offset >= 0x010 && offset < 0x020)
		return systick_read(core, offset - 0x010, master);
	switch (offset) {
	case 0x004:	/* ICTR: interrupts, in units of 32 */
		return core->is_v6m ? 0 : (core->num_exceptions - EXC_FIRST_IRQ) / 32 - 1;
	case 0x008:
		return core->actlr;
	default:
		return 0;
	}
}

static void write_v7_block(struct core *core, uint32_t offset, uint32_t value)
{
	if (core->is_v6m)
		return;
	switch (offset) {
	case 0xd28:
		core->cfsr &= ~value;
		break;
	case 0xd2c:
		core->hfsr &= ~value;
		break;
	case 0xd34:
		core->mmfar = value;
		break;
	case 0xd38:
		core->bfar = value;
		break;
	case 0xd84:
		core->csselr = value & 0xf;
		break;
	case 0xd88:
		/* CP10 and CP11 must be alike; the rest has no coprocessor. */
		if (core->has_fpu)
			core->cpacr = value & 0x00f00000;
		break;
	default:
		break;
	}
}

static void write_system_block(struct core *core, uint32_t offset, uint32_t value, enum bus_master master)
{
	switch (offset) {
	case 0xd04:
		nvic_write_icsr(core, value);
		break;
	case 0xd08:
		if (core->has_vtor)
			core->vtor = value & (core->is_v6m ? 0xffffff00 : 0xffffff80);
		break;
	case 0xd0c:
		write_aircr(core, value, master);
		break;
	case 0xd10:
		core->scr = value & 0x16;	/* SEVONPEND, SLEEPDEEP, SLEEPONEXIT */
		break;
	case 0xd14:
		dcache_control(core, value & ccr_writable(core));
		core->ccr = (core->ccr & ~ccr_writable(core)) | (value & ccr_writable(core));
		break;
	case 0xd18:
	case 0xd1c:
	case 0xd20:
		core->priority_word[1 + (offset - 0xd18) / 4] = value & core->priority_mask;
		nvic_update(core);
		break;
	case 0xd24:
		write_shcsr(core, value);
		break;
	case 0xd30:
		core->dfsr &= ~value;
		break;
	default:
		write_v7_block(core, offset, value);
		break;
	}
}

static void write_word(struct core *core, uint32_t offset, uint32_t value, enum bus_master master)
{
	if (offset == 0xf00) {
		nvic_write_stir(core, value);
		return;
	}
	if (offset > 0xf00) {
		write_extension(core, offset, value);
		return;
	}
	if (offset >= 0xdf0 && offset < 0xe00) {
		debug_write(core, offset - 0xdf0, value, master);
		return;
	}
	if (offset >= 0xd90 && offset < 0xdf0) {
		mpu_write(core, offset - 0xd90, value);
		return;
	}
	if (offset >= 0xd00) {
		write_system_block(core, offset, value, master);
		return;
	}
	if (offset >= 0x100) {
		nvic_write(core, offset, value);
		return;
	}
	if (offset >= 0x010 && offset < 0x020)
		systick_write(core, offset - 0x010, value);
	else if (offset == 0x008)
		core->actlr = value;
}

static int on_read(void *context, uint32_t offset, unsigned int size, uint32_t *value, enum bus_master master)
{
	struct core *core = context;

	/* [v6M] B3.1.1: word accesses only. */
	if (size != 4 && core->is_v6m)
		return -1;
	if (master == BUS_DEBUG)
		core_settle(core);
	*value = read_word(core, offset & ~3u, master) >> 8 * (offset & 3);
	if (size < 4)
		*value &= (1u << 8 * size) - 1;
	return 0;
}

/* Bytes and half-words are for the fault status (write one to clear) and the priorities; elsewhere ignored. */
static void write_part(struct core *core, uint32_t offset, unsigned int size, uint32_t value, enum bus_master master)
{
	unsigned int shift = 8 * (offset & 3);
	uint32_t mask = ((1u << 8 * size) - 1) << shift;
	uint32_t word = offset & ~3u;

	if (word == 0xd28)
		write_word(core, word, value << shift, master);
	else if ((word >= 0xd18 && word <= 0xd20) || (word >= 0x400 && word < 0x4f0))
		write_word(core, word, (read_word(core, word, master) & ~mask) | (value << shift & mask), master);
}

static int on_write(void *context, uint32_t offset, unsigned int size, uint32_t value, enum bus_master master)
{
	struct core *core = context;

	if (size != 4 && core->is_v6m)
		return -1;
	if (master == BUS_DEBUG)
		core_settle(core);
	if (size == 4)
		write_word(core, offset, value, master);
	else
		write_part(core, offset, size, value, master);
	return 0;
}

void scs_reset(struct core *core)
{
	dcache_reset(core);
	core->vtor = core->config.vector_table;
	core->prigroup = 0;
	core->scr = 0;
	core->ccr = ccr_at_reset(core);
	core->shcsr_enables = 0;
	core->cfsr = 0;
	core->hfsr = 0;
	core->cpacr = 0;
	core->csselr = 0;
	core->actlr = 0;
	core->fpccr = core->has_fpu ? 0xc0000000 : 0;	/* ASPEN, LSPEN */
	core->fpcar = 0;
	core->fpdscr = 0;
	systick_reset(core);
	nvic_reset(core);
}

int scs_add(struct core *core)
{
	struct bus_device device = {
		.name = "scs",
		.base = SCS_BASE,
		.size = SCS_SIZE,
		.context = core,
		.read = on_read,
		.write = on_write,
	};

	return bus_add_device(core->bus, &device);
}
