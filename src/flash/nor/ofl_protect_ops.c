// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Block protection as OpenOCD's users see it: `flash protect`, the sectors' is_protected, what is refused, what
 * `flash info` says. What the bits mean is in ofl_protect.c.
 *
 * Bits are written non-volatile (06h, not 50h), because `flash protect` of OpenOCD's other drivers lasts too, and
 * because a lock that the next power-up opens does not protect what it is there for.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <helper/time_support.h>

#include "ofl.h"

#define WRITE_ENABLE		0x06
#define WRITE_DISABLE		0x04
#define READ_STATUS		0x05
#define WRITE_STATUS		0x01
#define WRITE_STATUS_2		0x31

#define STATUS_WIP		0x01
#define STATUS_WEL		0x02

/* Longest tW seen: 750 ms (S25FL-L), 1.3 s (MT25Q's non-volatile configuration, of the same kind). */
#define WRITE_MS		5000

static bool by_chip(const struct ofl_bank *ofl)
{
	return !ofl->foreign && ofl->identified && ofl->chip.protect;
}

static bool by_block(const struct ofl_chip *chip)
{
	return ofl_protect_bit_set(&chip->protect->layout->wps, chip->protect_regs);
}

static bool is_set(const struct ofl_protect_bit *bit, const uint8_t *regs)
{
	return bit->mask && ofl_protect_bit_set(bit, regs);
}

/* ---------------------------------------------------------------- registers */

static int read_reg(struct ofl_bank *ofl, unsigned int reg)
{
	struct ofl_chip *chip = &ofl->chip;
	uint8_t opcode = chip->protect->layout->read_opcode[reg], value = 0;

	int retval = ofl_spinor_raw(ofl, &opcode, 1, &value, 1);
	if (retval != ERROR_OK)
		return retval;
	if (reg == 0) {
		chip->status = value;
		value &= ~(STATUS_WIP | STATUS_WEL);
	}
	chip->protect_regs[reg] = value;
	return ERROR_OK;
}

/* Within a session. Nothing happens on chips whose protection bits are not known. */
static int read_regs(struct ofl_bank *ofl)
{
	struct ofl_chip *chip = &ofl->chip;
	int retval = ERROR_OK;

	for (unsigned int reg = 0; chip->protect && reg < OFL_PROTECT_MAX_REGS && retval == ERROR_OK; reg++) {
		chip->protect_regs[reg] = 0;
		if (ofl_protect_has_reg(chip->protect, &chip->protect_hint, reg))
			retval = read_reg(ofl, reg);
	}
	return retval;
}

int ofl_protect_identify(struct ofl_bank *ofl)
{
	ofl->chip.protect = ofl_protect_find(ofl->chip.jedec_id, &ofl->chip.protect_hint);
	return read_regs(ofl);
}

/* The backend has read 05h when the session began; CMP is the only other bit that may have changed meanwhile. */
int ofl_protect_refresh(struct flash_bank *bank)
{
	struct ofl_bank *ofl = ofl_from_bank(bank);
	struct ofl_chip *chip = &ofl->chip;
	int retval = ERROR_OK;

	if (!by_chip(ofl) || (ofl->session.open && ofl->protect_fresh))
		return ERROR_OK;
	if (!ofl->session.open)
		return ofl_protect_check(bank);
	chip->protect_regs[0] = chip->status & ~(STATUS_WIP | STATUS_WEL);
	if (chip->protect->layout->cmp.mask)
		retval = read_reg(ofl, chip->protect->layout->cmp.reg);
	if (retval != ERROR_OK)
		return retval;
	ofl->protect_fresh = true;
	ofl_protect_show(bank);
	return ERROR_OK;
}

static int write_regs(struct ofl_bank *ofl, const uint8_t *bytes, unsigned int num_bytes)
{
	const uint8_t write_enable = WRITE_ENABLE, read_status = READ_STATUS;
	uint8_t status = 0;

	int retval = ofl_spinor_raw(ofl, &write_enable, 1, NULL, 0);
	if (retval == ERROR_OK)
		retval = ofl_spinor_raw(ofl, bytes, num_bytes, NULL, 0);
	int64_t started_ms = timeval_ms();
	do {
		if (retval == ERROR_OK)
			retval = ofl_spinor_raw(ofl, &read_status, 1, &status, 1);
		if (retval == ERROR_OK && timeval_ms() - started_ms > WRITE_MS) {
			LOG_ERROR("ofl: %s: the chip is still busy %d ms after a write of its status register (0x%2.2x)",
				ofl->bank->name, WRITE_MS, status);
			retval = ERROR_FLASH_OPERATION_FAILED;
		}
	} while (retval == ERROR_OK && (status & STATUS_WIP));
	/* A write that the chip has refused leaves the latch set. */
	if (retval == ERROR_OK && (status & STATUS_WEL))
		retval = ofl_spinor_raw(ofl, &(const uint8_t) { WRITE_DISABLE }, 1, NULL, 0);
	return retval;
}

static int write_both(struct ofl_bank *ofl, const uint8_t *wanted)
{
	const uint8_t bytes[] = {WRITE_STATUS, wanted[0], wanted[1]};
	return write_regs(ofl, bytes, sizeof(bytes));
}

/*
 * GigaDevice: newer parts take one byte for each opcode. Older ones clear the second register at 01h with one byte and
 * know no 31h; they take 01h with both, which newer ones do not.
 */
static int write_each(struct ofl_bank *ofl, const uint8_t *wanted)
{
	const uint8_t first[] = {WRITE_STATUS, wanted[0]}, second[] = {WRITE_STATUS_2, wanted[1]};
	const uint8_t *regs = ofl->chip.protect_regs;
	int retval = ERROR_OK;

	if (regs[0] != wanted[0])
		retval = write_regs(ofl, first, sizeof(first));
	if (retval == ERROR_OK)
		retval = read_regs(ofl);
	if (retval == ERROR_OK && regs[1] != wanted[1])
		retval = write_regs(ofl, second, sizeof(second));
	if (retval == ERROR_OK)
		retval = read_regs(ofl);
	if (retval == ERROR_OK && (regs[0] != wanted[0] || regs[1] != wanted[1]))
		retval = write_both(ofl, wanted);
	return retval;
}

/* Why a write of the status register may have had no effect; empty: nothing is known. */
static const char *lock_text(const struct ofl_chip *chip)
{
	const struct ofl_protect_layout *layout = chip->protect->layout;

	if (is_set(&layout->srl, chip->protect_regs))
		return "its status registers are locked until the next power-up, or for ever (SRL = 1)";
	if (is_set(&layout->srp, chip->protect_regs))
		return "its status register is locked while the WP# pin is low (SRP = 1)";
	return "";
}

/* Verified by reading back: all bits of what was written, not only those of the protection. */
static int set_regs(struct ofl_bank *ofl, const uint8_t *wanted)
{
	struct ofl_chip *chip = &ofl->chip;
	const struct ofl_protect_layout *layout = chip->protect->layout;
	int retval = ERROR_OK;

	switch (layout->write) {
	case OFL_PROTECT_WRITE_FIRST:
		retval = write_regs(ofl, (const uint8_t[]) { WRITE_STATUS, wanted[0] }, 2);
		break;
	case OFL_PROTECT_WRITE_BOTH:
		retval = write_both(ofl, wanted);
		break;
	case OFL_PROTECT_WRITE_EACH:
		retval = write_each(ofl, wanted);
		break;
	}
	if (retval == ERROR_OK)
		retval = read_regs(ofl);
	if (retval != ERROR_OK)
		return retval;
	for (unsigned int reg = 0; reg < layout->num_regs && reg < 2; reg++) {
		if (chip->protect_regs[reg] == wanted[reg])
			continue;
		const char *why = lock_text(chip);
		LOG_ERROR("ofl: %s: the chip has not taken the new protection: %s (%2.2xh) reads 0x%2.2x instead of "
			"0x%2.2x%s%s", ofl->bank->name, layout->reg_name[reg], layout->read_opcode[reg],
			chip->protect_regs[reg], wanted[reg], why[0] ? "; " : "", why);
		return ERROR_FLASH_OPERATION_FAILED;
	}
	return ERROR_OK;
}

/* ---------------------------------------------------------------- ranges and sectors */

/* The sectors that share a byte with the range; false: none. */
static bool sectors_of(const struct flash_bank *bank, const struct ofl_protect_range *range, unsigned int *first,
		unsigned int *last)
{
	uint64_t end = range->offset_bytes + range->length_bytes;
	bool any = false;

	for (unsigned int n = 0; n < bank->num_sectors && range->length_bytes; n++) {
		uint64_t sector = bank->sectors[n].offset;
		if (sector >= end || sector + bank->sectors[n].size <= range->offset_bytes)
			continue;
		if (!any)
			*first = n;
		*last = n;
		any = true;
	}
	return any;
}

static const char *range_text(const struct flash_bank *bank, const struct ofl_protect_range *range, char *text,
		size_t text_size)
{
	unsigned int first = 0, last = 0;

	if (!range->length_bytes)
		snprintf(text, text_size, "nothing");
	else if (sectors_of(bank, range, &first, &last))
		snprintf(text, text_size, "0x%8.8" PRIx64 "-0x%8.8" PRIx64 " (sectors %u to %u)", range->offset_bytes,
				range->offset_bytes + range->length_bytes - 1, first, last);
	else
		snprintf(text, text_size, "0x%8.8" PRIx64 "-0x%8.8" PRIx64 " (behind the bank)", range->offset_bytes,
				range->offset_bytes + range->length_bytes - 1);
	return text;
}

void ofl_protect_show(struct flash_bank *bank)
{
	const struct ofl_bank *ofl = ofl_from_bank(bank);
	struct ofl_protect_range range;
	unsigned int first = 0, last = 0;

	if (!by_chip(ofl))
		return;
	ofl_protect_decode(ofl->chip.protect, ofl->chip.protect_regs, &range);
	bool any = sectors_of(bank, &range, &first, &last);
	for (unsigned int n = 0; n < bank->num_sectors; n++)
		bank->sectors[n].is_protected = by_block(&ofl->chip) ? -1 : any && n >= first && n <= last;
}

int ofl_protect_refuse(const struct flash_bank *bank, const char *what, uint64_t offset, uint64_t length)
{
	const struct ofl_bank *ofl = ofl_from_bank(bank);
	struct ofl_protect_range range;
	char bits[OFL_PROTECT_TEXT];
	unsigned int first = 0, last = 0, n = 0;

	while (n < bank->num_sectors && !(bank->sectors[n].is_protected == 1 && bank->sectors[n].offset < offset + length &&
			offset < (uint64_t)bank->sectors[n].offset + bank->sectors[n].size))
		n++;
	if (n == bank->num_sectors)
		return ERROR_OK;
	if (!by_chip(ofl)) {
		LOG_ERROR("ofl: %s: cannot %s: sector %u at offset 0x%8.8" PRIx32
				" is protected; nothing was changed; 'flash protect "
				"%s %u %u off' unlocks it",
				bank->name, what, n, bank->sectors[n].offset, bank->name, n, n);
		return ERROR_FLASH_PROTECTED;
	}
	ofl_protect_decode(ofl->chip.protect, ofl->chip.protect_regs, &range);
	ofl_protect_text(ofl->chip.protect, ofl->chip.protect_regs, bits, sizeof(bits));
	sectors_of(bank, &range, &first, &last);
	LOG_ERROR("ofl: %s: cannot %s: sector %u at offset 0x%8.8" PRIx32 " is protected by the chip, as is all of 0x%8.8"
		PRIx64 "-0x%8.8" PRIx64 " (%s); nothing was changed; 'flash protect %s %u %u off' unlocks it%s%s", bank->name,
		what, n, bank->sectors[n].offset, range.offset_bytes, range.offset_bytes + range.length_bytes - 1, bits,
		bank->name, first, last, lock_text(&ofl->chip)[0] ? ", but " : "", lock_text(&ofl->chip));
	return ERROR_FLASH_PROTECTED;
}

/* ---------------------------------------------------------------- flash protect */

static int report_inexact(const struct flash_bank *bank, const struct ofl_protect_range *wanted, bool one_range)
{
	const struct ofl_chip *chip = &ofl_from_bank(bank)->chip;
	struct ofl_protect_range inside, around;
	char wanted_text[80], inside_text[80], around_text[80];

	range_text(bank, wanted, wanted_text, sizeof(wanted_text));
	if (!one_range)
		LOG_ERROR("ofl: %s: nothing was changed: the chip protects one range, and what would be protected is not one; "
			"it is within %s", bank->name, wanted_text);
	else
		LOG_ERROR("ofl: %s: nothing was changed: this chip cannot protect exactly %s", bank->name, wanted_text);
	if (ofl_protect_nearest(chip->protect, chip->protect_regs, wanted, &inside, &around))
		LOG_ERROR("ofl: %s: the nearest that it can: %s, or %s; 'ofl keepout' keeps any range from this driver",
			bank->name, range_text(bank, &inside, inside_text, sizeof(inside_text)),
			range_text(bank, &around, around_text, sizeof(around_text)));
	return ERROR_FLASH_OPER_UNSUPPORTED;
}

static int protect_chip(struct flash_bank *bank, bool set, unsigned int first, unsigned int last)
{
	struct ofl_bank *ofl = ofl_from_bank(bank);
	struct ofl_chip *chip = &ofl->chip;
	struct ofl_protect_range now, wanted;
	const struct ofl_protect_range change = {
		.offset_bytes = bank->sectors[first].offset,
		.length_bytes = (uint64_t)bank->sectors[last].offset + bank->sectors[last].size - bank->sectors[first].offset,
	};
	uint8_t regs[OFL_PROTECT_MAX_REGS];
	char text[80], bits[OFL_PROTECT_TEXT];

	int retval = read_regs(ofl);
	if (retval != ERROR_OK)
		return retval;
	if (by_block(chip)) {
		LOG_ERROR("ofl: %s: each block of the chip has a lock of its own (WPS = 1 in %s), which this driver does not "
			"set; nothing was changed; 'ofl spi' can, or clear WPS", bank->name,
			chip->protect->layout->reg_name[chip->protect->layout->wps.reg]);
		return ERROR_FLASH_OPER_UNSUPPORTED;
	}
	ofl_protect_decode(chip->protect, chip->protect_regs, &now);
	bool one_range = ofl_protect_change(&now, &change, set, &wanted);
	if (!one_range || !ofl_protect_encode(chip->protect, chip->protect_regs, &wanted, regs))
		return report_inexact(bank, &wanted, one_range);
	if (memcmp(regs, chip->protect_regs, sizeof(regs)) == 0)
		return ERROR_OK;
	if (is_set(&chip->protect->layout->srl, chip->protect_regs)) {
		LOG_ERROR("ofl: %s: the chip's protection cannot be changed: %s; nothing was changed", bank->name,
			lock_text(chip));
		return ERROR_FLASH_PROTECTED;
	}
	retval = set_regs(ofl, regs);
	if (retval != ERROR_OK)
		return retval;
	ofl_protect_text(chip->protect, chip->protect_regs, bits, sizeof(bits));
	LOG_INFO("ofl: %s: the chip now protects %s (%s)", bank->name, range_text(bank, &wanted, text, sizeof(text)), bits);
	return ERROR_OK;
}

int ofl_protect(struct flash_bank *bank, int set, unsigned int first, unsigned int last)
{
	struct ofl_bank *ofl = ofl_from_bank(bank);

	if (first > last || last >= bank->num_sectors) {
		LOG_ERROR("ofl: %s: there are no sectors %u to %u", bank->name, first, last);
		return ERROR_FLASH_SECTOR_INVALID;
	}
	if (!by_chip(ofl)) {
		for (unsigned int n = first; n <= last; n++)
			bank->sectors[n].is_protected = set ? 1 : 0;
		return ERROR_OK;
	}
	int retval = ofl_begin(bank);
	if (retval != ERROR_OK)
		return retval;
	retval = ofl_end(bank, protect_chip(bank, set, first, last));
	/* Also after a failure: what was read last. */
	ofl_protect_show(bank);
	return retval;
}

/* The core asks before it shows the sectors: a target that runs is no reason to show nothing. */
int ofl_protect_check(struct flash_bank *bank)
{
	struct ofl_bank *ofl = ofl_from_bank(bank);

	if (!by_chip(ofl))
		return ERROR_OK;
	if (bank->target->state != TARGET_HALTED) {
		for (unsigned int n = 0; n < bank->num_sectors; n++)
			bank->sectors[n].is_protected = -1;
		return ERROR_OK;
	}
	int retval = ofl_begin(bank);
	if (retval != ERROR_OK)
		return retval;
	retval = ofl_end(bank, read_regs(ofl));
	if (retval == ERROR_OK)
		ofl_protect_show(bank);
	return retval;
}

/* ---------------------------------------------------------------- what is said */

void ofl_protect_info(const struct flash_bank *bank, struct command_invocation *cmd)
{
	const struct ofl_bank *ofl = ofl_from_bank(bank);
	const struct ofl_chip *chip = &ofl->chip;
	struct ofl_protect_range range;
	char text[80], bits[OFL_PROTECT_TEXT];

	if (!ofl->identified)
		return;
	if (!by_chip(ofl)) {
		command_print(cmd, "protection: lock of the host%s", ofl->foreign ? ""
				: " (what this chip's protection bits lock is not known)");
		return;
	}
	ofl_protect_text(chip->protect, chip->protect_regs, bits, sizeof(bits));
	if (by_block(chip)) {
		command_print(cmd, "protection: locks of single blocks, not read (WPS=1); of no effect: %s", bits);
		return;
	}
	ofl_protect_decode(chip->protect, chip->protect_regs, &range);
	command_print(cmd, "protection: by the chip, %s, %s", range_text(bank, &range, text, sizeof(text)), bits);
	if (lock_text(chip)[0])
		command_print(cmd, "protection-lock: %s", lock_text(chip));
}

void ofl_protect_json(const struct flash_bank *bank, struct command_invocation *cmd)
{
	const struct ofl_bank *ofl = ofl_from_bank(bank);
	struct ofl_protect_range range;
	char bits[OFL_PROTECT_TEXT];

	if (!by_chip(ofl)) {
		command_print_sameline(cmd, ", \"protection\": {\"by\": \"host\"}");
		return;
	}
	ofl_protect_text(ofl->chip.protect, ofl->chip.protect_regs, bits, sizeof(bits));
	if (by_block(&ofl->chip)) {
		command_print_sameline(cmd, ", \"protection\": {\"by\": \"blocks\", \"bits\": \"%s\"}", bits);
		return;
	}
	ofl_protect_decode(ofl->chip.protect, ofl->chip.protect_regs, &range);
	command_print_sameline(cmd, ", \"protection\": {\"by\": \"chip\", \"offset\": %" PRIu64 ", \"length\": %" PRIu64
		", \"bits\": \"%s\"}", range.offset_bytes, range.length_bytes, bits);
}
