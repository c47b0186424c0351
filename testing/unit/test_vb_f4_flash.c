// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Internal flash of the STM32F4, as the bus sees it. Expected values are the manual's and the data sheet's (RM0090
 * rev 19 section 3, DS9405), not the model's constants.
 */

#include "vb_f4_flash_rig.h"

static void test_reset_values_and_lock(void **state)
{
	struct rig *rig = new_rig(0x200000);

	(void)state;
	assert_int_equal(get(rig, ACR), 0);
	assert_int_equal(get(rig, SR), 0);
	assert_int_equal(get(rig, CR), LOCK);
	assert_int_equal(get(rig, OPTCR), 0x0fffaaed);
	assert_int_equal(get(rig, OPTCR1), 0x0fff0000);

	/* Locked: only writing the lock bit again is nothing. */
	put(rig, CR, LOCK);
	expect_violation(rig, "");
	put(rig, CR, PG);
	expect_violation(rig, "FLASH_CR written while locked");
	assert_int_equal(get(rig, CR), LOCK);
	put(rig, OPTCR, 0x0ff7aaed);
	expect_violation(rig, "FLASH_OPTCR written while locked");
	put(rig, OPTCR1, 0x0ffe0000);
	expect_violation(rig, "FLASH_OPTCR written while locked");
	assert_int_equal(get(rig, OPTCR), 0x0fffaaed);
	assert_int_equal(get(rig, OPTCR1), 0x0fff0000);

	unlock(rig);
	put(rig, CR, 0x7ffe7fff & ~STRT);
	assert_int_equal(get(rig, CR), 0x030003ff);	/* the rest is reserved */
	store(rig, CR + 1, 1, 0x81);
	assert_int_equal(get(rig, CR), 0x030081ff);
	store(rig, CR + 3, 1, 0x80);
	assert_int_equal(get(rig, CR), 0x800081ff);
	unlock(rig);
	unlock_options(rig);
	put(rig, OPTCR, get(rig, OPTCR) | 1);
	assert_int_equal(get(rig, OPTCR), 0x0fffaaed);
	expect_violation(rig, "");

	/* ACR is never locked; a cache is reset only while it is off. */
	put(rig, ACR, 0x00000705);
	put(rig, ACR, 0x00001905);
	expect_violation(rig, "");
	assert_int_equal(get(rig, ACR), 0x00001905);
	put(rig, ACR, 0x00000b05);
	expect_violation(rig, "resets a cache");
	free_rig(rig);
}

static void test_wrong_keys(void **state)
{
	static const struct {
		uint32_t key[3];
		unsigned int wrong;	/* which of them is the bus error */
	} sequence[] = {
		{ { 0xcdef89ab }, 0 },
		{ { 0x45670123, 0x45670123 }, 1 },
		{ { 0x45670123, 0x00000000 }, 1 },
		{ { 0x45670123, 0xcdef89ab, 0xcdef89ab }, 2 },	/* unlocked already */
	};
	struct rig *rig = new_rig(0x200000);

	(void)state;
	for (unsigned int i = 0; i < sizeof(sequence) / sizeof(sequence[0]); i++) {
		for (unsigned int k = 0; k < sequence[i].wrong; k++)
			put(rig, KEYR, sequence[i].key[k]);
		assert_int_equal(bus_write(&rig->bus, KEYR, 4, sequence[i].key[sequence[i].wrong], BUS_DEBUG), -1);
		expect_violation(rig, "FLASH_CR is locked until reset");
		assert_int_equal(get(rig, CR) & LOCK, LOCK);
		/* Not even by the right keys. */
		assert_int_equal(bus_write(&rig->bus, KEYR, 4, 0x45670123, BUS_DEBUG), -1);
		assert_int_equal(bus_write(&rig->bus, KEYR, 4, 0xcdef89ab, BUS_DEBUG), -1);
		assert_int_equal(get(rig, CR), LOCK);
		unlock_options(rig);	/* the other register's lock is its own */
		bus_reset(&rig->bus);
		rig->vb.num_violations = 0;
		unlock(rig);
		bus_reset(&rig->bus);
	}
	/* The key registers take words only. */
	assert_int_equal(bus_write(&rig->bus, KEYR, 2, 0x0123, BUS_DEBUG), -1);
	expect_violation(rig, "locked until reset");
	assert_int_equal(bus_write(&rig->bus, OPTKEYR, 4, 0x45670123, BUS_DEBUG), -1);
	expect_violation(rig, "FLASH_OPTCR is locked until reset");
	free_rig(rig);
}

static void test_program(void **state)
{
	struct rig *rig = new_rig(0x200000);
	uint32_t value = 0x12345678;

	(void)state;
	unlock(rig);
	for (unsigned int psize = 0; psize < 3; psize++) {
		uint32_t address = FLASH + 0x4000 + 16 * psize;
		unsigned int size = 1u << psize;

		put(rig, CR, PG | PSIZE(psize));
		store(rig, address, size, value);
		expect_busy_ps(rig, 16 * VB_PS_PER_US);
		assert_int_equal(get(rig, SR), 0);	/* no EOP: EOPIE is 0 */
		assert_int_equal(get(rig, address), size == 4 ? value : value | 0xffffffff << 8 * size);
		assert_int_equal(rig->vb.count.internal_programs, psize + 1);
		expect_violation(rig, "");

		/* Any other width. */
		for (unsigned int other = 1; other <= 4; other *= 2) {
			if (other == size)
				continue;
			store(rig, address + 4, other, 0);
			expect_violation(rig, "PGPERR");
			assert_int_equal(get(rig, SR), PGPERR);
			assert_int_equal(get(rig, address + 4), 0xffffffff);
			put(rig, SR, 0);
			assert_int_equal(get(rig, SR), PGPERR);
			put(rig, SR, PGPERR);
			assert_int_equal(get(rig, SR), 0);
		}
	}
	assert_int_equal(rig->vb.count.internal_programs, 3);

	/* EOP at the end, OPERR with an error, if enabled. */
	put(rig, CR, PG | X32 | EOPIE | ERRIE);
	put(rig, FLASH + 0x5000, 0x11111111);
	assert_int_equal(get(rig, SR), BSY);
	rig->vb.clock.now_ps += 16 * VB_PS_PER_US;
	assert_int_equal(get(rig, SR), EOP);
	store(rig, FLASH + 0x5004, 1, 0);
	expect_violation(rig, "PGPERR");
	assert_int_equal(get(rig, SR), EOP | OPERR | PGPERR);
	put(rig, SR, 0xffffffff);
	assert_int_equal(get(rig, SR), 0);

	/* A double word needs a voltage that is not there. */
	put(rig, CR, PG | PSIZE(3));
	put(rig, FLASH + 0x5008, 0);
	expect_violation(rig, "PSIZE says 64");
	free_rig(rig);
}

static void test_program_twice(void **state)
{
	struct rig *rig = new_rig(0x200000);

	(void)state;
	unlock(rig);
	put(rig, CR, PG | X32);
	put(rig, FLASH + 0x20000, 0xffff00ff);
	put(rig, FLASH + 0x20000, 0xf0f000ff);	/* only 1 to 0 */
	expect_violation(rig, "");
	assert_int_equal(get(rig, FLASH + 0x20000), 0xf0f000ff);
	put(rig, FLASH + 0x20000, 0x0fff010f);
	expect_violation(rig, "programs a 0 bit to 1 at 0x08020000");
	assert_int_equal(get(rig, FLASH + 0x20000), 0x00f0000f);
	free_rig(rig);
}

static void test_sequence_and_alignment(void **state)
{
	static const uint32_t not_set_up[] = { X32, PG | SER | X32, PG | MER | X32, PG | MER1 | X32 };
	struct rig *rig = new_rig(0x200000);

	(void)state;
	put(rig, FLASH, 0);
	expect_violation(rig, "PGSERR");	/* locked */
	put(rig, SR, PGSERR);
	unlock(rig);
	for (unsigned int i = 0; i < 4; i++) {
		put(rig, CR, not_set_up[i]);
		put(rig, FLASH + 0x100, 0);
		expect_violation(rig, "PGSERR");
		assert_int_equal(get(rig, SR), PGSERR);
		put(rig, SR, PGSERR);
	}
	put(rig, CR, SER | MER | X32 | STRT);
	expect_violation(rig, "PGSERR");
	assert_int_equal(get(rig, SR), PGSERR);
	put(rig, SR, PGSERR);
	put(rig, CR, X32 | STRT);
	expect_violation(rig, "STRT without SER or MER");
	put(rig, CR, SER | PSIZE(3) | STRT);
	expect_violation(rig, "PSIZE = x64");
	assert_int_equal(get(rig, SR), 0);

	/* As the CPU does them: over the end of a row, and within one. */
	put(rig, CR, PG | X32);
	assert_int_equal(bus_store_flash(&rig->bus, FLASH + 0x10e, 4, 0, BUS_CPU), 0);
	expect_violation(rig, "PGAERR");
	assert_int_equal(get(rig, SR), PGAERR);
	put(rig, SR, PGAERR);
	assert_int_equal(bus_store_flash(&rig->bus, FLASH + 0x102, 4, 0, BUS_CPU), 0);
	expect_violation(rig, "unaligned");
	assert_int_equal(get(rig, SR), PGPERR);
	assert_int_equal(bus_store_flash(&rig->bus, FLASH + 0x200000 - 2, 4, 0, BUS_CPU), -1);
	assert_int_equal(bus_store_flash(&rig->bus, RAM, 4, 0, BUS_CPU), -1);
	for (unsigned int i = 0; i < 0x200000; i++)
		assert_int_equal(rig->bytes[i], 0xff);
	free_rig(rig);
}

/* First address and size of a sector, from the manual's table of the 2 MiB devices. */
static const struct {
	uint32_t address, kib;
} sectors[24] = {
	{ 0x08000000, 16 }, { 0x08004000, 16 }, { 0x08008000, 16 }, { 0x0800c000, 16 }, { 0x08010000, 64 },
	{ 0x08020000, 128 }, { 0x08040000, 128 }, { 0x08060000, 128 }, { 0x08080000, 128 }, { 0x080a0000, 128 },
	{ 0x080c0000, 128 }, { 0x080e0000, 128 },
	{ 0x08100000, 16 }, { 0x08104000, 16 }, { 0x08108000, 16 }, { 0x0810c000, 16 }, { 0x08110000, 64 },
	{ 0x08120000, 128 }, { 0x08140000, 128 }, { 0x08160000, 128 }, { 0x08180000, 128 }, { 0x081a0000, 128 },
	{ 0x081c0000, 128 }, { 0x081e0000, 128 },
};

static void expect_erased_only(struct rig *rig, uint32_t first, uint32_t length)
{
	for (uint32_t i = 0; i < rig->size; i++) {
		if (rig->bytes[i] != (i - first < length ? 0xff : 0x00))
			fail_msg("%02x at %08x", rig->bytes[i], (unsigned int)(FLASH + i));
	}
}

static void test_sector_erase(void **state)
{
	static const unsigned int ms[3][3] = { { 400, 1200, 2000 }, { 300, 700, 1300 }, { 250, 550, 1000 } };
	struct rig *rig = new_rig(0x200000);

	(void)state;
	unlock(rig);
	for (unsigned int i = 0; i < 24; i++) {
		unsigned int snb = i < 12 ? i : i + 4;
		unsigned int kind = sectors[i].kib == 16 ? 0 : sectors[i].kib == 64 ? 1 : 2;

		for (unsigned int psize = 0; psize < 3; psize++) {
			memset(rig->bytes, 0x00, rig->size);
			put(rig, CR, SER | SNB(snb) | PSIZE(psize));
			put(rig, CR, SER | SNB(snb) | PSIZE(psize) | STRT);
			assert_int_equal(get(rig, CR), SER | SNB(snb) | PSIZE(psize) | STRT);
			expect_busy_ps(rig, ms[psize][kind] * VB_PS_PER_MS);
			assert_int_equal(get(rig, CR), SER | SNB(snb) | PSIZE(psize));
		}
		expect_erased_only(rig, sectors[i].address - FLASH, sectors[i].kib * 1024);
	}
	assert_int_equal(rig->vb.count.internal_erase_16k, 3 * 8);
	assert_int_equal(rig->vb.count.internal_erase_64k, 3 * 2);
	assert_int_equal(rig->vb.count.internal_erase_128k, 3 * 14);
	expect_violation(rig, "");

	memset(rig->bytes, 0x00, rig->size);
	for (unsigned int snb = 12; snb < 32; snb++) {
		if (snb >= 16 && snb < 28)
			continue;
		put(rig, CR, SER | SNB(snb) | X32 | STRT);
		expect_violation(rig, "does not exist");
		assert_int_equal(get(rig, SR), 0);
	}
	expect_erased_only(rig, 0, 0);
	free_rig(rig);
}

static void test_mass_erase(void **state)
{
	static const struct {
		uint32_t bits, first, length;
	} erase[] = {
		{ MER, 0, 0x100000 }, { MER1, 0x100000, 0x100000 }, { MER | MER1, 0, 0x200000 },
	};
	static const unsigned int seconds[] = { 16, 11, 8 };
	struct rig *rig = new_rig(0x200000);

	(void)state;
	unlock(rig);
	for (unsigned int i = 0; i < 3; i++) {
		for (unsigned int psize = 0; psize < 3; psize++) {
			memset(rig->bytes, 0x00, rig->size);
			put(rig, CR, erase[i].bits | PSIZE(psize) | STRT);
			expect_busy_ps(rig, seconds[psize] * VB_PS_PER_S);
		}
		expect_erased_only(rig, erase[i].first, erase[i].length);
	}
	assert_int_equal(rig->vb.count.internal_erase_bank, 3 + 3 + 6);
	expect_violation(rig, "");
	free_rig(rig);
}

static void test_one_bank(void **state)
{
	const struct ctl_stm32f4_flash_config odd = { .base = 0x50000000, .array_base = FLASH, .size_bytes = 0x180000 };
	struct rig *rig = new_rig(0x100000);

	(void)state;
	assert_null(ctl_stm32f4_flash_new(&rig->bus, &odd));
	unlock(rig);
	memset(rig->bytes, 0x00, rig->size);
	put(rig, CR, SER | SNB(11) | X32 | STRT);
	expect_busy_ps(rig, VB_PS_PER_S);
	expect_erased_only(rig, 0xe0000, 0x20000);
	put(rig, CR, SER | SNB(12) | X32 | STRT);
	expect_violation(rig, "does not exist");
	put(rig, CR, 0x030083ff);
	assert_int_equal(get(rig, CR), 0x0300037f);	/* neither MER1 nor the bank's bit in SNB */
	put(rig, CR, MER | X32 | STRT);
	expect_busy_ps(rig, 8 * VB_PS_PER_S);
	expect_erased_only(rig, 0, 0x100000);
	assert_int_equal(rig->vb.count.internal_erase_bank, 1);
	assert_int_equal(get(rig, OPTCR1), 0);
	free_rig(rig);

	rig = new_rig(0x80000);
	unlock(rig);
	put(rig, CR, SER | SNB(8) | X32 | STRT);
	expect_violation(rig, "does not exist");
	free_rig(rig);
}

static void test_write_protection(void **state)
{
	struct rig *rig = new_rig(0x200000);

	(void)state;
	memset(rig->bytes, 0x00, rig->size);
	memset(rig->bytes + 0xc000, 0xff, 0x4000);
	unlock(rig);
	unlock_options(rig);
	put(rig, OPTCR, 0x0ff7aaec);	/* sector 3 */
	put(rig, OPTCR1, 0x0fdf0000);	/* sector 12 + 5 */

	/* Not in force before the option bytes are programmed. */
	put(rig, CR, PG | X32);
	put(rig, FLASH + 0xc000, 0xfffffff0);
	rig->vb.clock.now_ps += VB_PS_PER_S;
	put(rig, OPTCR, 0x0ff7aaec | 2);
	assert_int_equal(get(rig, OPTCR), 0x0ff7aaee);
	assert_int_equal(get(rig, SR), BSY);
	rig->vb.clock.now_ps += VB_PS_PER_S;
	assert_int_equal(get(rig, SR), 0);
	assert_int_equal(get(rig, OPTCR), 0x0ff7aaec);
	bus_reset(&rig->bus);
	assert_int_equal(get(rig, OPTCR), 0x0ff7aaed);
	assert_int_equal(get(rig, OPTCR1), 0x0fdf0000);

	unlock(rig);
	put(rig, CR, PG | X32);
	put(rig, FLASH + 0xc000, 0);
	assert_int_equal(get(rig, SR), WRPERR);
	put(rig, SR, WRPERR);
	put(rig, CR, SER | SNB(3) | X32 | STRT);
	assert_int_equal(get(rig, SR), WRPERR);
	put(rig, SR, WRPERR);
	put(rig, CR, SER | SNB(16 + 5) | X32 | STRT);
	assert_int_equal(get(rig, SR), WRPERR);
	put(rig, SR, WRPERR);
	for (unsigned int i = 0; i < 3; i++) {
		put(rig, CR, (i == 0 ? MER : i == 1 ? MER1 : MER | MER1) | X32 | STRT);
		assert_int_equal(get(rig, SR), WRPERR);
		put(rig, SR, WRPERR);
	}
	assert_int_equal(rig->vb.count.internal_erase_bank, 0);
	assert_int_equal(get(rig, FLASH + 0xc000), 0xfffffff0);
	assert_int_equal(get(rig, FLASH + 0xc004), 0xffffffff);

	/* The neighbours are free. */
	put(rig, CR, SER | SNB(2) | X32 | STRT);
	expect_busy_ps(rig, 250 * VB_PS_PER_MS);
	put(rig, CR, SER | SNB(16 + 6) | X32 | STRT);
	expect_busy_ps(rig, VB_PS_PER_S);
	expect_violation(rig, "");

	unlock_options(rig);
	put(rig, OPTCR, 0x0fff55ee);	/* read protection */
	expect_violation(rig, "not modelled");
	free_rig(rig);
}

static void test_stall(void **state)
{
	struct rig *rig = new_rig(0x200000);
	uint64_t begin;

	(void)state;
	unlock(rig);
	put(rig, CR, SER | SNB(5) | X32 | STRT);
	begin = rig->vb.clock.now_ps;

	/* The registers and the other bank answer at once. */
	assert_int_equal(get(rig, SR), BSY);
	assert_int_equal(get(rig, BANK_2), 0xffffffff);
	put(rig, ACR, 5);
	assert_int_equal(rig->vb.clock.now_ps, begin);
	/* Another sector of the bank does not, by whichever address. */
	assert_int_equal(get(rig, 0x4), 0xffffffff);
	assert_int_equal(rig->vb.clock.now_ps, begin + VB_PS_PER_S);
	assert_int_equal(get(rig, SR), 0);
	expect_violation(rig, "");

	/* A write to CR does, and must not be. */
	put(rig, CR, SER | SNB(16) | X32 | STRT);
	begin = rig->vb.clock.now_ps;
	assert_int_equal(get(rig, FLASH), 0xffffffff);
	assert_int_equal(rig->vb.clock.now_ps, begin);
	put(rig, CR, PG | X32);
	assert_int_equal(rig->vb.clock.now_ps, begin + 250 * VB_PS_PER_MS);
	expect_violation(rig, "FLASH_CR written while BSY");
	assert_int_equal(get(rig, CR), PG | X32);

	/* A store waits for the one before. */
	begin = rig->vb.clock.now_ps;
	put(rig, FLASH, 1);
	assert_int_equal(rig->vb.clock.now_ps, begin);
	put(rig, BANK_2, 2);
	assert_int_equal(rig->vb.clock.now_ps, begin + 16 * VB_PS_PER_US);
	expect_busy_ps(rig, 16 * VB_PS_PER_US);
	assert_int_equal(get(rig, FLASH), 1);
	assert_int_equal(get(rig, BANK_2), 2);
	expect_violation(rig, "");

	/* All of the flash is busy while both banks are erased. */
	put(rig, CR, MER | MER1 | X32 | STRT);
	begin = rig->vb.clock.now_ps;
	assert_int_equal(get(rig, BANK_2), 0xffffffff);
	assert_int_equal(rig->vb.clock.now_ps, begin + 8 * VB_PS_PER_S);
	free_rig(rig);
}

static void test_reset_spoils(void **state)
{
	struct rig *rig = new_rig(0x200000);
	unsigned int erased = 0;

	(void)state;
	memset(rig->bytes, 0x00, rig->size);
	unlock(rig);
	put(rig, CR, SER | SNB(1) | X32 | STRT);
	rig->vb.clock.now_ps += VB_PS_PER_MS;
	bus_reset(&rig->bus);
	assert_int_equal(get(rig, SR), 0);
	assert_int_equal(get(rig, CR), LOCK);
	for (unsigned int i = 0; i < rig->size; i++) {
		if (i - 0x4000 < 0x4000)
			erased += rig->bytes[i] == 0xff;
		else
			assert_int_equal(rig->bytes[i], 0);
	}
	assert_in_range(erased, 1, 0x3fff);

	/* A word's cells are somewhere between what they were and what they were to be. */
	memset(rig->bytes, 0xff, rig->size);
	unlock(rig);
	put(rig, CR, PG | X32);
	put(rig, FLASH, 0x0f0f0000);
	bus_reset(&rig->bus);
	assert_int_equal(get(rig, FLASH) & 0x0f0f0000, 0x0f0f0000);
	assert_int_not_equal(get(rig, FLASH), 0x0f0f0000);
	assert_int_not_equal(get(rig, FLASH), 0xffffffff);

	/* In time, nothing happens to it. */
	unlock(rig);
	put(rig, CR, PG | X32);
	put(rig, FLASH + 8, 0x12345678);
	rig->vb.clock.now_ps += 16 * VB_PS_PER_US;
	bus_reset(&rig->bus);
	assert_int_equal(get(rig, FLASH + 8), 0x12345678);
	expect_violation(rig, "");
	free_rig(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reset_values_and_lock),
		cmocka_unit_test(test_wrong_keys),
		cmocka_unit_test(test_program),
		cmocka_unit_test(test_program_twice),
		cmocka_unit_test(test_sequence_and_alignment),
		cmocka_unit_test(test_sector_erase),
		cmocka_unit_test(test_mass_erase),
		cmocka_unit_test(test_one_bank),
		cmocka_unit_test(test_write_protection),
		cmocka_unit_test(test_stall),
		cmocka_unit_test(test_reset_spoils),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
