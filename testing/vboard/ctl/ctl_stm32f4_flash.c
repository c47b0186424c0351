// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Internal flash of the STM32F4: RM0090 rev 19, section 3, whose subsections the comments name; times: DS9405
 * (STM32F427xx, STM32F429xx), table "Flash memory programming", typical values.
 *
 * The content changes at once when an operation starts. Nobody can see that: reads of the bank stall until its end, and
 * a reset before it spoils what was being changed (the manual guarantees nothing then).
 *
 * Each access has a time of its own, `at_ps`, which for one that stalls is when the stall ends.
 */

#include "ctl.h"

#include <stdlib.h>
#include <string.h>

#define KIB		1024u
#define BANK_BYTES	(1024 * KIB)
#define ROW_BYTES	16u	/* 128 bits: what one program operation must lie within */

/* 3.9 */
#define FLASH_ACR	0x00
#define FLASH_KEYR	0x04
#define FLASH_OPTKEYR	0x08
#define FLASH_SR	0x0c
#define FLASH_CR	0x10
#define FLASH_OPTCR	0x14
#define FLASH_OPTCR1	0x18
#define FLASH_REGISTERS	0x400

#define ACR_ICEN	(1u << 9)
#define ACR_DCEN	(1u << 10)
#define ACR_ICRST	(1u << 11)
#define ACR_DCRST	(1u << 12)
#define ACR_MASK	0x00001f0fu

#define SR_EOP		(1u << 0)
#define SR_OPERR	(1u << 1)
#define SR_WRPERR	(1u << 4)
#define SR_PGAERR	(1u << 5)
#define SR_PGPERR	(1u << 6)
#define SR_PGSERR	(1u << 7)
#define SR_RDERR	(1u << 8)
#define SR_FLAGS	(SR_EOP | SR_OPERR | SR_WRPERR | SR_PGAERR | SR_PGPERR | SR_PGSERR | SR_RDERR)
#define SR_BSY		(1u << 16)

#define CR_PG		(1u << 0)
#define CR_SER		(1u << 1)
#define CR_MER		(1u << 2)
#define CR_SNB_SHIFT	3
#define CR_PSIZE_SHIFT	8
#define CR_MER1		(1u << 15)
#define CR_STRT		(1u << 16)
#define CR_EOPIE	(1u << 24)
#define CR_ERRIE	(1u << 25)
#define CR_LOCK		(1u << 31)
#define CR_ONE_BANK	0x0300037fu	/* SNB has 4 bits */
#define CR_TWO_BANKS	0x030083ffu	/* SNB has 5 bits, the highest is the bank; and MER1 */

#define OPTCR_OPTLOCK	(1u << 0)
#define OPTCR_OPTSTRT	(1u << 1)
#define OPTCR_BFB2	(1u << 4)
#define OPTCR_RDP	0x0000ff00u
#define OPTCR_RDP_0	0x0000aa00u
#define OPTCR_NWRP_SHIFT	16
#define OPTCR_DB1M	(1u << 30)
#define OPTCR_SPRMOD	(1u << 31)
#define OPTCR_MASK	0xcfffffecu
#define OPTCR_RESET	0x0fffaaecu	/* without OPTLOCK */
#define OPTCR1_MASK	0x0fff0000u

#define KEY1		0x45670123u
#define KEY2		0xcdef89abu
#define OPTKEY1		0x08192a3bu
#define OPTKEY2		0x4c5d6e7fu

#define PSIZE_X64	3u	/* takes 8 to 9 V at Vpp (3.6.2), which no board here has */
#define PROGRAM_PS	(16 * VB_PS_PER_US)
/*
 * Not in the data sheet. The option bytes are a sector of their own that is erased and programmed (3.7.2), so it takes
 * at least as long as the smallest sector's erase.
 */
#define OPTIONS_PS	(250 * VB_PS_PER_MS)

enum key_state {
	KEY_NONE,
	KEY_FIRST,
	KEY_WRONG,	/* until reset */
};

/* A register that is locked until two keys were written. */
struct lock {
	const char *name;
	uint32_t key[2];
	enum key_state state;
	bool locked;
};

enum operation_type {
	OPERATION_NONE,
	OPERATION_PROGRAM,
	OPERATION_ERASE,
	OPERATION_OPTIONS,
};

struct ctl_stm32f4_flash {
	struct bus *bus;
	struct vb *vb;
	struct ctl_stm32f4_flash_config config;
	struct bus_flash array;
	uint8_t *bytes;
	bool two_banks;

	uint32_t acr, sr, cr;		/* without BSY and LOCK */
	uint32_t optcr, optcr1;		/* as written; without OPTLOCK and OPTSTRT */
	uint32_t option, option1;	/* as loaded from the option bytes: in force */
	struct lock cr_lock, opt_lock;

	enum operation_type operation;	/* has ended when busy_until_ps has passed; update() takes note of that */
	uint32_t first, length;		/* of the array, what the operation changes; options: nothing */
	uint8_t old[4];			/* program: what was there */
	uint64_t busy_until_ps;
	uint32_t stalled_first, stalled_length;	/* of the array, what cannot be read meanwhile */
	unsigned int polls;		/* of BSY, in a row ... */
	uint64_t polled_ps;		/* ... of which this was the last */

	void (*wait)(void *context, uint64_t until_ps);
	void *wait_context;
};

struct sector {
	unsigned int number;	/* 0 to 23 */
	uint32_t first, length;
};

/* 3.3 and 3.4: 4 x 16 KiB, 64 KiB, 7 x 128 KiB in each bank. */
static struct sector sector_by_number(unsigned int number)
{
	uint32_t bank = number / 12 * BANK_BYTES;
	unsigned int index = number % 12;

	if (index < 4)
		return (struct sector){ number, bank + index * 16 * KIB, 16 * KIB };
	if (index == 4)
		return (struct sector){ number, bank + 64 * KIB, 64 * KIB };
	return (struct sector){ number, bank + (index - 4) * 128 * KIB, 128 * KIB };
}

static struct sector sector_at(uint32_t offset)
{
	unsigned int number = offset / BANK_BYTES * 12;

	for (;; number++) {
		struct sector sector = sector_by_number(number);

		if (offset - sector.first < sector.length)
			return sector;
	}
}

/* By PSIZE: x8, x16, x32. */
static const uint16_t erase_16k_ms[] = { 400, 300, 250 };
static const uint16_t erase_64k_ms[] = { 1200, 700, 550 };
static const uint16_t erase_128k_ms[] = { 2000, 1300, 1000 };
static const uint16_t erase_bank_ms[] = { 16000, 11000, 8000 };	/* the data sheet has the same for both banks at once */

static unsigned int psize_of(const struct ctl_stm32f4_flash *flash)
{
	return flash->cr >> CR_PSIZE_SHIFT & 3;
}

/* nWRP: 3.7.4 */
static bool is_protected(const struct ctl_stm32f4_flash *flash, unsigned int sector)
{
	uint32_t option = sector < 12 ? flash->option : flash->option1;

	return !(option >> (OPTCR_NWRP_SHIFT + sector % 12) & 1);
}

static void update(struct ctl_stm32f4_flash *flash, uint64_t at_ps)
{
	if (flash->operation == OPERATION_NONE || at_ps < flash->busy_until_ps)
		return;
	if (flash->operation == OPERATION_OPTIONS) {
		flash->option = flash->optcr;
		flash->option1 = flash->optcr1;
	}
	flash->operation = OPERATION_NONE;
	flash->cr &= ~CR_STRT;
	if (flash->cr & CR_EOPIE)
		flash->sr |= SR_EOP;
}

/* Lets an access wait for the end of the operation; returns the time at which it takes place. */
static uint64_t stall(struct ctl_stm32f4_flash *flash, enum bus_master master)
{
	uint64_t at_ps = flash->vb->clock.now_ps;

	update(flash, at_ps);
	if (flash->operation == OPERATION_NONE)
		return at_ps;
	at_ps = flash->busy_until_ps;
	if (master == BUS_DEBUG)
		flash->vb->clock.now_ps = at_ps;
	else if (flash->wait)
		flash->wait(flash->wait_context, at_ps);
	update(flash, at_ps);
	return at_ps;
}

static void start(struct ctl_stm32f4_flash *flash, enum operation_type operation, uint32_t first, uint32_t length,
		uint64_t at_ps, uint64_t duration_ps)
{
	uint32_t bank_bytes = flash->two_banks ? BANK_BYTES : flash->config.size_bytes;

	flash->operation = operation;
	flash->first = first;
	flash->length = length;
	flash->busy_until_ps = at_ps + duration_ps;
	flash->polls = 0;
	/* Read while write: the other bank stays readable (3.6.5). */
	flash->stalled_first = 0;
	flash->stalled_length = flash->config.size_bytes;
	if (operation != OPERATION_OPTIONS && length <= bank_bytes) {
		flash->stalled_first = first / bank_bytes * bank_bytes;
		flash->stalled_length = bank_bytes;
	}
	bus_note_flash_busy(flash->bus);
}

static void fail(struct ctl_stm32f4_flash *flash, uint32_t flag)
{
	flash->sr |= flag;
	if (flash->cr & CR_ERRIE)
		flash->sr |= SR_OPERR;
}

static void note_written(struct ctl_stm32f4_flash *flash, uint32_t first, uint32_t length)
{
	bus_note_ram_written(flash->bus, flash->config.array_base + first, length);
}

static void program(struct ctl_stm32f4_flash *flash, uint32_t offset, unsigned int size, uint32_t value, uint64_t at_ps)
{
	uint8_t *cell = flash->bytes + offset;
	bool sets = false;

	memcpy(flash->old, cell, size);
	for (unsigned int i = 0; i < size; i++) {
		uint8_t wanted = (uint8_t)(value >> 8 * i);

		sets = sets || (wanted & ~cell[i]);
		cell[i] &= wanted;
	}
	/* 3.6.4: a bit becomes 1 by an erase only. */
	if (sets)
		vb_violation(flash->vb, "internal flash: programs a 0 bit to 1 at 0x%08x",
			(unsigned int)(flash->config.array_base + offset));
	flash->vb->count.internal_programs++;
	note_written(flash, offset, size);
	start(flash, OPERATION_PROGRAM, offset, size, at_ps, PROGRAM_PS);
}

/* 3.6.4; the order in which the errors are looked for is ours. */
static int array_store(void *context, uint32_t offset, unsigned int size, uint32_t value, enum bus_master master)
{
	struct ctl_stm32f4_flash *flash = context;
	unsigned int address = flash->config.array_base + offset;
	uint64_t at_ps = stall(flash, master);

	if (!(flash->cr & CR_PG) || flash->cr & (CR_SER | CR_MER | CR_MER1)) {
		vb_violation(flash->vb, "internal flash: store to 0x%08x while FLASH_CR is not set up to program (PGSERR)",
			address);
		fail(flash, SR_PGSERR);
	} else if (offset % ROW_BYTES + size > ROW_BYTES) {
		vb_violation(flash->vb, "internal flash: store to 0x%08x crosses a row of 128 bits (PGAERR)", address);
		fail(flash, SR_PGAERR);
	} else if (offset % size || size != 1u << psize_of(flash)) {
		/* The bus splits an unaligned store, so its parts do not have that width either. */
		vb_violation(flash->vb, "internal flash: %sstore of %u bits to 0x%08x, PSIZE says %u (PGPERR)",
			offset % size ? "unaligned " : "", 8 * size, address, 8u << psize_of(flash));
		fail(flash, SR_PGPERR);
	} else if (is_protected(flash, sector_at(offset).number)) {
		fail(flash, SR_WRPERR);
	} else {
		program(flash, offset, size, value, at_ps);
	}
	return 0;
}

static void array_before_read(void *context, uint32_t offset, enum bus_master master)
{
	struct ctl_stm32f4_flash *flash = context;

	update(flash, flash->vb->clock.now_ps);
	if (flash->operation != OPERATION_NONE && offset - flash->stalled_first < flash->stalled_length)
		stall(flash, master);
}

/* Returns false for a sector that does not exist. */
static bool sector_of_snb(const struct ctl_stm32f4_flash *flash, struct sector *sector)
{
	unsigned int snb = flash->cr >> CR_SNB_SHIFT & 0x1f;
	unsigned int index = snb & 0xf;

	if (index >= 12)
		return false;
	*sector = sector_by_number(snb & 0x10 ? 12 + index : index);
	return sector->first < flash->config.size_bytes;
}

static void count_erase(struct vb *vb, uint32_t length)
{
	if (length == 16 * KIB)
		vb->count.internal_erase_16k++;
	else if (length == 64 * KIB)
		vb->count.internal_erase_64k++;
	else
		vb->count.internal_erase_128k++;
}

static void erase(struct ctl_stm32f4_flash *flash, uint32_t first, uint32_t length, uint64_t at_ps, unsigned int ms)
{
	for (uint32_t offset = first; offset < first + length;) {
		struct sector sector = sector_at(offset);

		if (is_protected(flash, sector.number)) {
			fail(flash, SR_WRPERR);	/* also a mass erase as a whole: 3.7.4 */
			return;
		}
		offset += sector.length;
	}
	memset(flash->bytes + first, 0xff, length);
	note_written(flash, first, length);
	flash->cr |= CR_STRT;
	start(flash, OPERATION_ERASE, first, length, at_ps, ms * VB_PS_PER_MS);
}

static void erase_sector(struct ctl_stm32f4_flash *flash, uint64_t at_ps)
{
	const uint16_t *ms = erase_128k_ms;
	struct sector sector;

	if (!sector_of_snb(flash, &sector)) {
		vb_violation(flash->vb, "internal flash: erase of a sector that does not exist, SNB = 0x%02x",
			(unsigned int)(flash->cr >> CR_SNB_SHIFT & 0x1f));
		return;
	}
	if (sector.length == 16 * KIB)
		ms = erase_16k_ms;
	else if (sector.length == 64 * KIB)
		ms = erase_64k_ms;
	erase(flash, sector.first, sector.length, at_ps, ms[psize_of(flash)]);
	if (flash->operation == OPERATION_ERASE)
		count_erase(flash->vb, sector.length);
}

static void erase_banks(struct ctl_stm32f4_flash *flash, uint64_t at_ps)
{
	uint32_t first = 0, length = flash->config.size_bytes;

	if (flash->two_banks && !(flash->cr & CR_MER))
		first = BANK_BYTES;
	if (flash->two_banks && (flash->cr & (CR_MER | CR_MER1)) != (CR_MER | CR_MER1))
		length = BANK_BYTES;
	erase(flash, first, length, at_ps, erase_bank_ms[psize_of(flash)]);
	if (flash->operation == OPERATION_ERASE)
		flash->vb->count.internal_erase_bank += flash->two_banks ? length / BANK_BYTES : 1;
}

/* 3.6.3 */
static void start_erase(struct ctl_stm32f4_flash *flash, uint64_t at_ps)
{
	bool mass = flash->cr & (CR_MER | CR_MER1);

	if (psize_of(flash) == PSIZE_X64) {
		vb_violation(flash->vb, "internal flash: erase with PSIZE = x64, without the voltage for it at Vpp");
		return;
	}
	if (mass && flash->cr & CR_SER) {
		vb_violation(flash->vb, "internal flash: sector and mass erase at once (PGSERR)");
		fail(flash, SR_PGSERR);
	} else if (mass) {
		erase_banks(flash, at_ps);
	} else if (flash->cr & CR_SER) {
		erase_sector(flash, at_ps);
	} else {
		vb_violation(flash->vb, "internal flash: FLASH_CR.STRT without SER or MER");
	}
}

/* 3.6.1, 3.7.2: any other sequence is a bus error and leaves the register locked until reset. */
static int write_key(struct ctl_stm32f4_flash *flash, struct lock *lock, unsigned int size, uint32_t value)
{
	if (lock->state == KEY_NONE && size == 4 && value == lock->key[0]) {
		lock->state = KEY_FIRST;
		return 0;
	}
	if (lock->state == KEY_FIRST && size == 4 && value == lock->key[1]) {
		lock->state = KEY_NONE;
		lock->locked = false;
		return 0;
	}
	vb_violation(flash->vb, "internal flash: wrong unlock sequence, %s is locked until reset", lock->name);
	lock->state = KEY_WRONG;
	lock->locked = true;
	return -1;
}

/* A register is not to be written while BSY is set; the write then stalls (3.6.1). */
static uint64_t begin_write(struct ctl_stm32f4_flash *flash, const char *name, enum bus_master master)
{
	update(flash, flash->vb->clock.now_ps);
	if (flash->operation != OPERATION_NONE)
		vb_violation(flash->vb, "internal flash: %s written while BSY is set", name);
	return stall(flash, master);
}

/* `changes`: bits that the write would change, but for the lock. */
static bool is_locked(struct ctl_stm32f4_flash *flash, const struct lock *lock, uint32_t changes)
{
	if (lock->locked && changes)
		vb_violation(flash->vb, "internal flash: %s written while locked", lock->name);
	return lock->locked;
}

static void write_cr(struct ctl_stm32f4_flash *flash, uint32_t value, uint64_t at_ps)
{
	uint32_t stored = flash->two_banks ? CR_TWO_BANKS : CR_ONE_BANK;

	if (is_locked(flash, &flash->cr_lock, (value ^ flash->cr) & (stored | CR_STRT)))
		return;
	flash->cr = value & stored;
	if (value & CR_STRT)
		start_erase(flash, at_ps);
	if (value & CR_LOCK)
		flash->cr_lock.locked = true;
}

/* 3.7.2 */
static void start_options(struct ctl_stm32f4_flash *flash, uint64_t at_ps)
{
	if ((flash->optcr & OPTCR_RDP) != OPTCR_RDP_0 || flash->optcr & (OPTCR_SPRMOD | OPTCR_BFB2 | OPTCR_DB1M))
		vb_violation(flash->vb, "internal flash: option bytes 0x%08x with RDP, BFB2, DB1M or SPRMOD are not modelled",
			(unsigned int)flash->optcr);
	start(flash, OPERATION_OPTIONS, 0, 0, at_ps, OPTIONS_PS);
}

static void write_optcr(struct ctl_stm32f4_flash *flash, uint32_t value, uint64_t at_ps)
{
	if (is_locked(flash, &flash->opt_lock, (value ^ flash->optcr) & (OPTCR_MASK | OPTCR_OPTSTRT)))
		return;
	flash->optcr = value & OPTCR_MASK;
	if (value & OPTCR_OPTSTRT)
		start_options(flash, at_ps);
	if (value & OPTCR_OPTLOCK)
		flash->opt_lock.locked = true;
}

static void write_acr(struct ctl_stm32f4_flash *flash, uint32_t value)
{
	/* 3.9.2: a cache may be reset only while it is disabled. */
	if ((value & ACR_ICRST && value & ACR_ICEN) || (value & ACR_DCRST && value & ACR_DCEN))
		vb_violation(flash->vb, "internal flash: FLASH_ACR 0x%08x resets a cache that is enabled", (unsigned int)value);
	flash->acr = value & ACR_MASK;
}

static uint32_t status(struct ctl_stm32f4_flash *flash, enum bus_master master)
{
	if (flash->operation == OPERATION_NONE)
		return flash->sr;
	if (master == BUS_CPU) {
		uint64_t now_ps = flash->vb->clock.now_ps;

		flash->polls = now_ps - flash->polled_ps > CTL_IDLE_FLASH_POLL_NS * VB_PS_PER_NS ? 1 : flash->polls + 1;
		flash->polled_ps = now_ps;
		if (flash->polls > CTL_IDLE_FLASH_POLLS && flash->wait)
			flash->wait(flash->wait_context, flash->busy_until_ps);
	}
	return flash->sr | SR_BSY;
}

static uint32_t register_value(const struct ctl_stm32f4_flash *flash, uint32_t offset)
{
	switch (offset) {
	case FLASH_ACR:
		return flash->acr;
	case FLASH_SR:
		return flash->sr;
	case FLASH_CR:
		return flash->cr | (flash->cr_lock.locked ? CR_LOCK : 0);
	case FLASH_OPTCR:
		return flash->optcr | (flash->opt_lock.locked ? OPTCR_OPTLOCK : 0) |
			(flash->operation == OPERATION_OPTIONS ? OPTCR_OPTSTRT : 0);
	case FLASH_OPTCR1:
		return flash->optcr1;
	default:
		return 0;	/* the keys are write-only */
	}
}

static int flash_read(void *context, uint32_t offset, unsigned int size, uint32_t *value, enum bus_master master)
{
	struct ctl_stm32f4_flash *flash = context;
	uint32_t word;

	update(flash, flash->vb->clock.now_ps);
	word = (offset & ~3u) == FLASH_SR ? status(flash, master) : register_value(flash, offset & ~3u);
	*value = word >> 8 * (offset & 3) & 0xffffffffu >> (32 - 8 * size);
	return 0;
}

static int flash_write(void *context, uint32_t offset, unsigned int size, uint32_t value, enum bus_master master)
{
	struct ctl_stm32f4_flash *flash = context;
	unsigned int shift = 8 * (offset & 3);
	uint32_t lanes = 0xffffffffu >> (32 - 8 * size) << shift;
	uint32_t word = value << shift & lanes;
	uint64_t at_ps;

	update(flash, flash->vb->clock.now_ps);
	switch (offset & ~3u) {
	case FLASH_ACR:
		write_acr(flash, (flash->acr & ~lanes) | word);
		return 0;
	case FLASH_KEYR:
		return write_key(flash, &flash->cr_lock, size, value);
	case FLASH_OPTKEYR:
		return write_key(flash, &flash->opt_lock, size, value);
	case FLASH_SR:
		flash->sr &= ~(word & SR_FLAGS);
		return 0;
	case FLASH_CR:
		at_ps = begin_write(flash, "FLASH_CR", master);
		write_cr(flash, (register_value(flash, FLASH_CR) & ~lanes) | word, at_ps);
		return 0;
	case FLASH_OPTCR:
		at_ps = begin_write(flash, "FLASH_OPTCR", master);
		write_optcr(flash, (register_value(flash, FLASH_OPTCR) & ~lanes) | word, at_ps);
		return 0;
	case FLASH_OPTCR1:
		begin_write(flash, "FLASH_OPTCR1", master);
		word |= flash->optcr1 & ~lanes;
		if (flash->two_banks && !is_locked(flash, &flash->opt_lock, (word ^ flash->optcr1) & OPTCR1_MASK))
			flash->optcr1 = word & OPTCR1_MASK;
		return 0;
	default:
		return 0;
	}
}

/* Cells that an operation has not finished with hold anything, but a program leaves the 1 bits of its value alone. */
static void spoil(struct ctl_stm32f4_flash *flash)
{
	uint64_t state = flash->vb->seed ^ flash->busy_until_ps;

	for (uint32_t i = 0; i < flash->length; i++) {
		uint8_t *cell = &flash->bytes[flash->first + i];
		uint8_t noise = (uint8_t)vb_random(&state);

		*cell = flash->operation == OPERATION_PROGRAM ? *cell | (flash->old[i] & noise) : noise;
	}
	if (flash->length)
		note_written(flash, flash->first, flash->length);
}

static void flash_reset(void *context)
{
	struct ctl_stm32f4_flash *flash = context;

	update(flash, flash->vb->clock.now_ps);
	if (flash->operation == OPERATION_ERASE || flash->operation == OPERATION_PROGRAM)
		spoil(flash);
	flash->operation = OPERATION_NONE;
	flash->acr = 0;
	flash->sr = 0;
	flash->cr = 0;
	flash->optcr = flash->option;
	flash->optcr1 = flash->option1;
	flash->cr_lock = (struct lock){ .name = "FLASH_CR", .key = { KEY1, KEY2 }, .locked = true };
	flash->opt_lock = (struct lock){ .name = "FLASH_OPTCR", .key = { OPTKEY1, OPTKEY2 }, .locked = true };
}

struct ctl_stm32f4_flash *ctl_stm32f4_flash_new(struct bus *bus, const struct ctl_stm32f4_flash_config *config)
{
	struct ctl_stm32f4_flash *flash;

	if (config->size_bytes != BANK_BYTES / 2 && config->size_bytes != BANK_BYTES &&
			config->size_bytes != 2 * BANK_BYTES)
		return NULL;
	flash = calloc(1, sizeof(*flash));
	if (!flash)
		return NULL;
	flash->bus = bus;
	flash->vb = bus->vb;
	flash->config = *config;
	flash->two_banks = config->size_bytes > BANK_BYTES;
	flash->option = OPTCR_RESET;
	flash->option1 = flash->two_banks ? OPTCR1_MASK : 0;
	flash->array = (struct bus_flash){ flash, array_store, array_before_read };
	flash->bytes = bus_ram_pointer(bus, config->array_base, config->size_bytes);
	flash_reset(flash);

	const struct bus_device device = {
		.name = "FLASH",
		.base = config->base,
		.size = FLASH_REGISTERS,
		.context = flash,
		.read = flash_read,
		.write = flash_write,
		.reset = flash_reset,
	};
	if (!flash->bytes || bus_add_device(bus, &device) || bus_set_flash(bus, config->array_base, &flash->array)) {
		ctl_stm32f4_flash_free(flash);
		return NULL;
	}
	return flash;
}

void ctl_stm32f4_flash_free(struct ctl_stm32f4_flash *flash)
{
	free(flash);
}

void ctl_stm32f4_flash_set_wait(struct ctl_stm32f4_flash *flash, void (*wait)(void *context, uint64_t until_ps),
		void *context)
{
	flash->wait = wait;
	flash->wait_context = context;
}
