// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * CRC, blank check and comparison by the stub, which reads the flash through its loader; only results cross the link.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "ofl.h"
#include "ofl_crc.h"

/* Slowest read seen: bit-bang on an 8 MHz core, in bytes a second; for deadlines only. */
#define SLOWEST_READ_RATE	10000
/* A loader file may do more in a read than read: a system may have to write its cache back first. */
#define FOREIGN_FLOOR_MS	15000

/* Words for the results of a run; a loader file needs the other half of the ring to read into. */
static uint32_t result_room(const struct ofl_bank *ofl)
{
	return ofl->session.layout.ring_bytes / (ofl->foreign ? 8 : 4);
}

struct check_progress {
	uint64_t before_bytes, total_bytes;
	uint32_t unit_bytes;
};

static void report_check(struct ofl_bank *ofl, const struct ofl_live *live, void *context)
{
	const struct check_progress *progress = context;
	ofl_progress(ofl, "checking", progress->before_bytes + (uint64_t)live->done * progress->unit_bytes,
		progress->total_bytes);
}

int ofl_check_units(struct ofl_bank *ofl, enum ofl_op op, uint64_t offset_bytes, uint32_t unit_bytes, uint32_t count,
		uint32_t *result)
{
	uint32_t ring = ofl->session.layout.ring;
	uint32_t room = result_room(ofl);
	struct check_progress progress = {.total_bytes = (uint64_t)count * unit_bytes, .unit_bytes = unit_bytes};

	if (op == OFL_OP_CRC) {
		uint32_t table[OFL_CRC_TABLE_WORDS];
		ofl_crc_nibble_table(table);
		int retval = ofl_session_write_words(ofl, ring, table, ARRAY_SIZE(table));
		if (retval != ERROR_OK)
			return retval;
		ring += sizeof(table);
		room -= ARRAY_SIZE(table);
	}
	while (count) {
		uint32_t n = MIN(count, room);
		struct ofl_params *params = ofl_session_params(ofl, op);
		params->address = ofl->address_base + offset_bytes;
		params->unit_bytes = unit_bytes;
		params->count = n;
		if (op == OFL_OP_CRC && !ofl->foreign && ofl_mapped_covers(ofl, offset_bytes, (uint64_t)n * unit_bytes)) {
			params->command = OFL_COMMAND_MAPPED;
			params->address = ofl->options.map + offset_bytes;
		}
		int retval = ofl_session_run(ofl, op == OFL_OP_CRC ? "verifying" : "checking for blank",
				(ofl->foreign ? FOREIGN_FLOOR_MS : 2000) + (int64_t)unit_bytes * 1000 / SLOWEST_READ_RATE, report_check,
				&progress);
		if (retval == ERROR_OK)
			retval = ofl_session_read_words(ofl, ring, result, n);
		if (retval != ERROR_OK)
			return retval;
		ofl->stats.checked_bytes += (uint64_t)n * unit_bytes;
		progress.before_bytes += (uint64_t)n * unit_bytes;
		offset_bytes += (uint64_t)n * unit_bytes;
		result += n;
		count -= n;
	}
	return ERROR_OK;
}

/*
 * The unit's CRC differed: reads it to find where. A CRC that differs over equal content is an unreliable read, and
 * said so.
 */
static int find_difference(struct ofl_bank *ofl, uint64_t offset_bytes, const uint8_t *data, uint32_t length,
		uint32_t *at, int *found)
{
	uint8_t *content = malloc(length);
	if (!content) {
		LOG_ERROR("ofl: out of memory");
		return ERROR_FAIL;
	}
	int retval = ofl_ring_read(ofl, offset_bytes, content, length);
	for (*at = 0; retval == ERROR_OK && *at < length && content[*at] == data[*at]; (*at)++)
		;
	if (retval == ERROR_OK && *at == length && ofl->crc_by_loader) {
		ofl->crc_untrusted = true;
		LOG_WARNING("ofl: %s: the loader's own CRC function gives a wrong result at 0x%8.8" PRIx64 ", where the "
			"content is right; it is not used any more", ofl->bank->name, offset_bytes);
	} else if (retval == ERROR_OK && *at == length) {
		LOG_ERROR("ofl: %s: reads at 0x%8.8" PRIx64 " are not stable: the CRC on the target differs, the content read "
			"next does not%s", ofl->bank->name, offset_bytes, ofl->foreign ? "" : "; is the SPI clock too fast?");
		retval = ERROR_FLASH_OPERATION_FAILED;
	} else if (retval == ERROR_OK) {
		*found = content[*at];
	}
	free(content);
	return retval;
}

int ofl_check_compare(struct ofl_bank *ofl, uint64_t offset_bytes, const uint8_t *data, uint32_t length,
		uint32_t *different, int *found)
{
	uint32_t unit_bytes = 4096;
	uint32_t room = result_room(ofl) - OFL_CRC_TABLE_WORDS;
	int retval = ERROR_OK;

	*different = length;
	/* All results of one run should fit, up to units that would be slow to read back when they differ. */
	while (unit_bytes < 0x10000 && length / unit_bytes > room)
		unit_bytes *= 2;
	uint32_t units = length / unit_bytes;
	uint32_t *crc = malloc((units + 1) * sizeof(*crc));
	if (!crc) {
		LOG_ERROR("ofl: out of memory");
		return ERROR_FAIL;
	}
	if (units)
		retval = ofl_check_units(ofl, OFL_OP_CRC, offset_bytes, unit_bytes, units, crc);
	uint32_t tail = length - units * unit_bytes;
	if (retval == ERROR_OK && tail)
		retval = ofl_check_units(ofl, OFL_OP_CRC, offset_bytes + length - tail, tail, 1, crc + units);
	for (uint32_t n = 0; retval == ERROR_OK && n < units + (tail != 0); n++) {
		uint32_t start = n * unit_bytes;
		uint32_t size = n < units ? unit_bytes : tail;
		if (ofl_crc(data + start, size) == crc[n])
			continue;
		uint32_t at = 0;
		retval = find_difference(ofl, offset_bytes + start, data + start, size, &at, found);
		if (retval == ERROR_OK && at == size)
			continue;
		*different = start + at;
		break;
	}
	free(crc);
	return retval;
}
