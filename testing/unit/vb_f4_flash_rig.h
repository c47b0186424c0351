/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * An STM32F4's internal flash on a bus, without a board: the array at 08000000h with its alias at 0, 16 KiB of RAM, and
 * what the tests ask of them, as the debugger.
 */

#ifndef OFL_VB_F4_FLASH_RIG_H
#define OFL_VB_F4_FLASH_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../vboard/core/core.h"
#include "../vboard/ctl/ctl.h"

#define FLASH		0x08000000u
#define BANK_2		0x08100000u
#define RAM		0x20000000u

#define ACR		0x40023c00u
#define KEYR		0x40023c04u
#define OPTKEYR		0x40023c08u
#define SR		0x40023c0cu
#define CR		0x40023c10u
#define OPTCR		0x40023c14u
#define OPTCR1		0x40023c18u

#define EOP		0x00001u
#define OPERR		0x00002u
#define WRPERR		0x00010u
#define PGAERR		0x00020u
#define PGPERR		0x00040u
#define PGSERR		0x00080u
#define BSY		0x10000u

#define PG		0x00000001u
#define SER		0x00000002u
#define MER		0x00000004u
#define SNB(n)		((uint32_t)(n) << 3)
#define PSIZE(n)	((uint32_t)(n) << 8)
#define X32		PSIZE(2)
#define MER1		0x00008000u
#define STRT		0x00010000u
#define EOPIE		0x01000000u
#define ERRIE		0x02000000u
#define LOCK		0x80000000u

struct rig {
	struct vb vb;
	struct bus bus;
	struct ctl_stm32f4_flash *flash;
	struct core *core;		/* NULL in tests that need none */
	uint8_t *bytes;
	uint32_t size;
};

static inline void on_wait(void *context, uint64_t until_ps)
{
	struct rig *rig = context;

	if (rig->core)
		core_note_idle_poll(rig->core, until_ps);
}

static inline struct rig *new_rig(uint32_t size)
{
	const struct ctl_stm32f4_flash_config config = { .base = ACR, .array_base = FLASH, .size_bytes = size };
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	rig->vb.seed = 7;
	rig->size = size;
	bus_init(&rig->bus, &rig->vb);
	assert_int_equal(bus_add_ram(&rig->bus, "flash", FLASH, size), 0);
	assert_int_equal(bus_add_alias(&rig->bus, "boot", 0, size, FLASH), 0);
	assert_int_equal(bus_add_ram(&rig->bus, "SRAM", RAM, 0x4000), 0);
	rig->flash = ctl_stm32f4_flash_new(&rig->bus, &config);
	assert_non_null(rig->flash);
	ctl_stm32f4_flash_set_wait(rig->flash, on_wait, rig);
	rig->bytes = bus_ram_pointer(&rig->bus, FLASH, size);
	memset(rig->bytes, 0xff, size);
	return rig;
}

static inline void free_rig(struct rig *rig)
{
	core_free(rig->core);
	ctl_stm32f4_flash_free(rig->flash);
	bus_free(&rig->bus);
	free(rig);
}

static inline uint32_t get(struct rig *rig, uint32_t address)
{
	uint32_t value;

	assert_int_equal(bus_read(&rig->bus, address, 4, &value, BUS_DEBUG), 0);
	return value;
}

static inline void store(struct rig *rig, uint32_t address, unsigned int size, uint32_t value)
{
	assert_int_equal(bus_write(&rig->bus, address, size, value, BUS_DEBUG), 0);
}

static inline void put(struct rig *rig, uint32_t address, uint32_t value)
{
	store(rig, address, 4, value);
}

static inline void unlock(struct rig *rig)
{
	put(rig, KEYR, 0x45670123);
	put(rig, KEYR, 0xcdef89ab);
	assert_int_equal(get(rig, CR) & LOCK, 0);
}

static inline void unlock_options(struct rig *rig)
{
	put(rig, OPTKEYR, 0x08192a3b);
	put(rig, OPTKEYR, 0x4c5d6e7f);
	assert_int_equal(get(rig, OPTCR) & 1, 0);
}

/* For exactly so long, from now; time passes meanwhile. */
static inline void expect_busy_ps(struct rig *rig, uint64_t ps)
{
	uint64_t begin = rig->vb.clock.now_ps;

	rig->vb.clock.now_ps = begin + ps - 1;
	assert_int_equal(get(rig, SR) & BSY, BSY);
	rig->vb.clock.now_ps = begin + ps;
	assert_int_equal(get(rig, SR) & BSY, 0);
}

/* One since the last call, about this; "": none. */
static inline void expect_violation(struct rig *rig, const char *what)
{
	if (!*what) {
		if (rig->vb.num_violations)
			fail_msg("violation: %s", rig->vb.violation[0].what);
		return;
	}
	assert_int_equal(rig->vb.num_violations, 1);
	if (!strstr(rig->vb.violation[0].what, what))
		fail_msg("not '%s' but: %s", what, rig->vb.violation[0].what);
	rig->vb.num_violations = 0;
}

#endif /* OFL_VB_F4_FLASH_RIG_H */
