// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The memory-mapped mode of a controller, as the application left it. The stub leaves it and returns to it with each
 * run, and keeps in params.ctl[] what it found. With -map ADDR reads, CRC and blank check use the mapped range.
 *
 * Coherency: a run that changes the flash ends in a clean and invalidate of the data cache, and a run that reads the
 * range goes through the mapped mode and that once more first; the application does not run in between. So neither the
 * controller's prefetch nor a line of the cache can be older than the flash.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <helper/time_support.h>

#include "ofl.h"
#include "ofl_crc.h"

/* QUADSPI and OCTOSPI have these at the same places (RM0385 rev 8, 14.5.2, 14.5.6; RM0456, OCTOSPI_DCR1, _CCR). */
#define CR_EN			0x00000001
#define ADDRESS_SIZE(ccr)	(((ccr) >> 12 & 3) + 1)
#define DEVICE_BITS(dcr)	(((dcr) >> 16 & 0x1f) + 1)

#define CHECK_BYTES	32
#define LOOK_MS		2000
#define CHUNK_BYTES	0x10000u

int ofl_mapped_look(struct ofl_bank *ofl)
{
	const struct ofl_controller *controller = ofl->options.controller;
	struct ofl_session *session = &ofl->session;
	uint32_t ctl[OFL_CTL_FOUND_IR + 1];

	if (!controller->mapped.mask)
		return ERROR_OK;
	memset(&session->mapped, 0, sizeof(session->mapped));
	/* A run that does nothing between leaving the mode and returning to it. */
	ofl_session_params(ofl, OFL_OP_BLANK);
	int retval = ofl_session_run(ofl, "looking at the controller", LOOK_MS, NULL, NULL);
	if (retval != ERROR_OK)
		return retval;
	retval = ofl_session_read_words(ofl, session->layout.params + offsetof(struct ofl_params, ctl), ctl,
			ARRAY_SIZE(ctl));
	if (retval != ERROR_OK)
		return retval;
	if (!(ctl[OFL_CTL_FOUND_CR] & CR_EN) ||
			(ctl[controller->mapped.word] & controller->mapped.mask) != controller->mapped.mask)
		return ERROR_OK;
	uint32_t ccr = ctl[OFL_CTL_FOUND_CCR];
	session->mapped.on = true;
	session->mapped.once = ccr & controller->mapped.once;
	session->mapped.quad = (ccr & controller->mapped.quad) == controller->mapped.quad;
	session->mapped.address_bytes = ADDRESS_SIZE(ccr);
	session->mapped.opcode = ctl[controller->mapped.opcode_word];
	session->mapped.reach_bytes = 1ull << DEVICE_BITS(ctl[OFL_CTL_FOUND_DCR]);
	if (session->mapped.address_bytes < 4)
		session->mapped.reach_bytes = MIN(session->mapped.reach_bytes, 1ull << 8 * session->mapped.address_bytes);
	return ERROR_OK;
}

bool ofl_mapped_needs_4byte(const struct ofl_bank *ofl)
{
	/* Reads with 4 address bytes in any mode: JESD216, 4-byte address instruction table. */
	static const uint8_t dedicated[] = {0x13, 0x0c, 0x3c, 0xbc, 0x6c, 0xec};

	if (!ofl->session.mapped.on || ofl->session.mapped.address_bytes != 4)
		return false;
	for (unsigned int n = 0; n < ARRAY_SIZE(dedicated); n++) {
		if (ofl->session.mapped.opcode == dedicated[n])
			return false;
	}
	return true;
}

/*
 * A range that the debugger's access shows otherwise than the chip's own read is not the one that -map should be. Not
 * used either: a mode that leaves the chip in a continuous read, and ones in which the chip is not at present.
 */
int ofl_mapped_check(struct ofl_bank *ofl)
{
	struct ofl_session *session = &ofl->session;
	struct ofl_chip *chip = &ofl->chip;
	uint8_t by_command[CHECK_BYTES], mapped[CHECK_BYTES];

	if (!ofl->options.has_map || !session->mapped.on || session->mapped.once || session->mapped.quad)
		return ERROR_OK;
	if (ofl_mapped_needs_4byte(ofl) != (chip->enter_4byte != 0) && (chip->enter_4byte || chip->exit_4byte))
		return ERROR_OK;
	int retval = ofl_spinor_transfer(ofl, chip->read_command, 0, by_command, sizeof(by_command));
	if (retval != ERROR_OK)
		return retval;
	if (ofl_session_read_mapped(ofl, ofl->options.map, mapped, sizeof(mapped)) != ERROR_OK) {
		LOG_WARNING("ofl: %s: nothing can be read at 0x%8.8" PRIx32 ", where -map says that the flash is mapped; "
			"reading by command", ofl->bank->name, ofl->options.map);
		return ERROR_OK;
	}
	if (memcmp(by_command, mapped, sizeof(mapped)) != 0) {
		LOG_WARNING("ofl: %s: what is at 0x%8.8" PRIx32 ", where -map says that the flash is mapped, is not the "
			"flash's content; reading by command", ofl->bank->name, ofl->options.map);
		return ERROR_OK;
	}
	session->mapped.usable = true;
	return ERROR_OK;
}

bool ofl_mapped_covers(const struct ofl_bank *ofl, uint64_t offset_bytes, uint64_t length_bytes)
{
	const struct ofl_session *session = &ofl->session;
	uint64_t end = offset_bytes + length_bytes;

	return session->mapped.usable && end <= session->mapped.reach_bytes && end <= (1ull << 32) - ofl->options.map;
}

int ofl_mapped_read(struct ofl_bank *ofl, uint64_t offset_bytes, uint8_t *data, uint32_t length)
{
	ofl_progress_start(ofl);
	for (uint32_t at = 0; at < length; ) {
		uint32_t n = MIN(length - at, CHUNK_BYTES);
		uint32_t address = ofl->options.map + offset_bytes + at;
		keep_alive();
		int retval = ofl_session_read_mapped(ofl, address, data + at, n);
		if (retval != ERROR_OK) {
			LOG_ERROR("ofl: %s: cannot read %" PRIu32 " bytes of the mapped flash at 0x%8.8" PRIx32 "; without -map it "
				"is read by command", ofl->bank->name, n, address);
			return retval;
		}
		at += n;
		ofl->stats.read_bytes += n;
		ofl_progress(ofl, "reading", at, length);
	}
	return ERROR_OK;
}

/* By the CRC of an erased unit: the stub has no room for more. */
int ofl_mapped_blank(struct ofl_bank *ofl, uint64_t offset_bytes, uint32_t unit_bytes, uint32_t count,
		uint32_t *result)
{
	uint8_t *erased = malloc(unit_bytes);
	if (!erased) {
		LOG_ERROR("ofl: out of memory");
		return ERROR_FAIL;
	}
	memset(erased, 0xff, unit_bytes);
	uint32_t crc = ofl_crc(erased, unit_bytes);
	free(erased);
	int retval = ofl_check_units(ofl, OFL_OP_CRC, offset_bytes, unit_bytes, count, result);
	for (uint32_t n = 0; retval == ERROR_OK && n < count; n++)
		result[n] = result[n] == crc ? unit_bytes : 0;
	return retval;
}
