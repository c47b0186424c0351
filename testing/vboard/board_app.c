// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The applications in the internal flash of the boards. The comments are their source for
 * `arm-none-eabi-as -mthumb` with `.syntax unified`; see board_app.h for what they do and where they are.
 */

#include "board_app.h"

#include <string.h>

#define APP_VECTORS	48
#define APP_RESET	(4 * APP_VECTORS)
#define APP_FAULT	(APP_RESET + 0x16)

/* Cortex-M0 code, at APP_RESET */
/*
 * reset:	cpsie	i
 * 	ldr	r4, =0x08000000		@ vector table: initial SP = top of RAM
 * 	ldr	r4, [r4]
 * 	ldr	r0, =0x104
 * 	subs	r4, r4, r0
 * 	movs	r0, #0
 * 	str	r0, [r4]
 * loop:	ldr	r0, [r4]
 * 	adds	r0, #1
 * 	str	r0, [r4]
 * 	b	loop
 * fault:	b	fault			@ every exception: vectors 2..47
 * 	.ltorg
 */
static const uint16_t app_code[] = {
	0xb662, 0x4c05, 0x6824, 0x4805, 0x1a24, 0x2000, 0x6020, 0x6820, 0x3001, 0x6020, 0xe7fb, 0xe7fe,
	0x0000, 0x0800, 0x0104, 0x0000,
};

/* Cortex-M0 code, at BOARD_APP_HOSTILE: for ARMv6-M and ARMv7-M (MPU with RASR) */
/*
 * 	cpsie	i			@ 08000400h
 * 	b	common
 * 	.balign	16
 * 	cpsid	i			@ 08000410h
 * common:	ldr	r4, =0x08000000		@ vector table: initial SP = top of RAM
 * 	ldr	r4, [r4]
 * 	msr	msp, r4
 * 	movs	r0, #0x80
 * 	lsls	r0, r0, #2
 * 	subs	r0, r4, r0
 * 	msr	psp, r0			@ top - 200h
 * 	ldr	r0, =0x108
 * 	subs	r4, r4, r0		@ the counter
 * 	movs	r0, #0
 * 	str	r0, [r4]
 * 	ldr	r1, =0xe000ed90		@ MPU_TYPE; CTRL +4, RNR +8, RBAR +0Ch, RASR +10h
 * 	ldr	r0, [r1]
 * 	lsrs	r0, r0, #8		@ DREGION; 0 on Cortex-M0
 * 	beq	no_mpu
 * 	ldr	r0, =0x00000010		@ region 0: 0..1FFFFFFFh, read-only, executable
 * 	str	r0, [r1, #12]
 * 	ldr	r0, =0x06020039
 * 	str	r0, [r1, #16]
 * 	ldr	r0, =0x20000011		@ region 1: 20000000h..3FFFFFFFh, read/write, XN
 * 	str	r0, [r1, #12]
 * 	ldr	r0, =0x13060039
 * 	str	r0, [r1, #16]
 * 	movs	r0, #1			@ ENABLE, not PRIVDEFENA: peripherals fault
 * 	str	r0, [r1, #4]
 * 	dsb
 * 	isb
 * no_mpu:	movs	r0, #2			@ CONTROL: SPSEL = 1, nPRIV = 0
 * 	msr	control, r0
 * 	isb
 * count:	ldr	r0, [r4]
 * 	adds	r0, #1
 * 	str	r0, [r4]
 * 	b	count
 * 	.ltorg
 */
static const uint16_t hostile_v7m_code[] = {
	0xb662, 0xe006, 0x46c0, 0x46c0, 0x46c0, 0x46c0, 0x46c0, 0x46c0, 0xb672, 0x4c14, 0x6824, 0xf384,
	0x8808, 0x2080, 0x0080, 0x1a20, 0xf380, 0x8809, 0x4810, 0x1a24, 0x2000, 0x6020, 0x490f, 0x6808,
	0x0a00, 0xd00d, 0x480e, 0x60c8, 0x480e, 0x6108, 0x480e, 0x60c8, 0x480e, 0x6108, 0x2001, 0x6048,
	0xf3bf, 0x8f4f, 0xf3bf, 0x8f6f, 0x2002, 0xf380, 0x8814, 0xf3bf, 0x8f6f, 0x6820, 0x3001, 0x6020,
	0xe7fb, 0x0000, 0x0000, 0x0800, 0x0108, 0x0000, 0xed90, 0xe000, 0x0010, 0x0000, 0x0039, 0x0602,
	0x0011, 0x2000, 0x0039, 0x1306,
};

/* Cortex-M33 code, at BOARD_APP_HOSTILE: for ARMv8-M Mainline (MPU with RLAR, stack limits) */
/*
 * 	cpsie	i			@ 08000400h
 * 	b	common
 * 	.balign	16
 * 	cpsid	i			@ 08000410h
 * common:	ldr	r4, =0x08000000		@ vector table: initial SP = top of RAM
 * 	ldr	r4, [r4]
 * 	movs	r0, #0
 * 	msr	msplim, r0
 * 	msr	psplim, r0
 * 	msr	msp, r4
 * 	sub	r0, r4, #0x100
 * 	msr	msplim, r0
 * 	sub	r0, r4, #0x200
 * 	msr	psp, r0
 * 	sub	r0, r4, #0x300
 * 	msr	psplim, r0
 * 	sub	r4, r4, #0x108		@ the counter
 * 	movs	r0, #0
 * 	str	r0, [r4]
 * 	ldr	r1, =0xe000ed90		@ MPU_TYPE; CTRL +4, RNR +8, RBAR +0Ch, RLAR +10h, MAIR0 +30h
 * 	movs	r0, #0x44		@ attribute 0: normal memory, non-cacheable
 * 	str	r0, [r1, #0x30]
 * 	movs	r0, #0
 * 	str	r0, [r1, #8]
 * 	movs	r0, #6			@ region 0: 0..1FFFFFFFh, read-only, executable
 * 	str	r0, [r1, #12]
 * 	ldr	r0, =0x1fffffe1
 * 	str	r0, [r1, #16]
 * 	movs	r0, #1
 * 	str	r0, [r1, #8]
 * 	ldr	r0, =0x20000003		@ region 1: 20000000h..3FFFFFFFh, read/write, XN
 * 	str	r0, [r1, #12]
 * 	ldr	r0, =0x3fffffe1
 * 	str	r0, [r1, #16]
 * 	movs	r0, #1			@ ENABLE, not PRIVDEFENA: peripherals fault
 * 	str	r0, [r1, #4]
 * 	dsb
 * 	isb
 * 	movs	r0, #2			@ CONTROL: SPSEL = 1, nPRIV = 0
 * 	msr	control, r0
 * 	isb
 * count:	ldr	r0, [r4]
 * 	adds	r0, #1
 * 	str	r0, [r4]
 * 	b	count
 * 	.ltorg
 */
static const uint16_t hostile_v8m_code[] = {
	0xb662, 0xe006, 0xf3af, 0x8000, 0xf3af, 0x8000, 0xf3af, 0x8000, 0xb672, 0xf04f, 0x6400, 0x6824,
	0x2000, 0xf380, 0x880a, 0xf380, 0x880b, 0xf384, 0x8808, 0xf5a4, 0x7080, 0xf380, 0x880a, 0xf5a4,
	0x7000, 0xf380, 0x8809, 0xf5a4, 0x7040, 0xf380, 0x880b, 0xf5a4, 0x7484, 0x2000, 0x6020, 0x490f,
	0x2044, 0x6308, 0x2000, 0x6088, 0x2006, 0x60c8, 0x480c, 0x6108, 0x2001, 0x6088, 0x480b, 0x60c8,
	0x480b, 0x6108, 0x2001, 0x6048, 0xf3bf, 0x8f4f, 0xf3bf, 0x8f6f, 0x2002, 0xf380, 0x8814, 0xf3bf,
	0x8f6f, 0x6820, 0x3001, 0x6020, 0xe7fb, 0x0000, 0xed90, 0xe000, 0xffe1, 0x1fff, 0x0003, 0x2000,
	0xffe1, 0x3fff,
};

static void put_word(uint8_t *at, uint32_t value)
{
	for (unsigned int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

static void put_code(uint8_t *at, const uint16_t *code, size_t size_bytes)
{
	for (size_t i = 0; i < size_bytes / 2; i++) {
		at[2 * i] = (uint8_t)code[i];
		at[2 * i + 1] = (uint8_t)(code[i] >> 8);
	}
}

void board_app_install(uint8_t *rom, uint32_t rom_bytes, uint32_t ram_top, bool v8m)
{
	memset(rom, 0xff, rom_bytes);
	put_word(rom, ram_top);
	put_word(rom + 4, (BOARD_ROM_BASE + APP_RESET) | 1);
	for (unsigned int i = 2; i < APP_VECTORS; i++)
		put_word(rom + 4 * i, (BOARD_ROM_BASE + APP_FAULT) | 1);
	put_code(rom + APP_RESET, app_code, sizeof(app_code));
	if (v8m)
		put_code(rom + BOARD_APP_HOSTILE - BOARD_ROM_BASE, hostile_v8m_code, sizeof(hostile_v8m_code));
	else
		put_code(rom + BOARD_APP_HOSTILE - BOARD_ROM_BASE, hostile_v7m_code, sizeof(hostile_v7m_code));
}
