// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * A loader file that is a whole operating system, as NuttX's system/ofloader is (facts/nuttx.md part A): its Prepare
 * boots the system, its other functions are messages to a task of it. It erases by itself when it programs, keeps what
 * it was given in a cache until Restore, and owns nearly all RAM of the chip.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <helper/time_support.h>

#include "ofl_foreign.h"

#define MAX_SECTORS	1000000

/* Its messages' actions, as far as a host sees them (apps/system/ofloader/ofloader.h:39). */
#define ACTION_ERROR	5
#define ACTION_FINISHED	6

/* cmp Rn, Rm; beq to that cmp: the wait loop of a segger.c that was compiled without volatile. */
#define IS_CMP(code)	(((code) & 0xffc0) == 0x4280)
#define BEQ_BACK	0xd0fd

bool ofl_system_is_one(const struct ofl_bank *ofl)
{
	return ofl->foreign && ofl->foreign->loader.room_bytes;
}

int ofl_foreign_set_size(struct ofl_bank *ofl, uint32_t size_bytes)
{
	struct ofl_loader *loader = &ofl->foreign->loader;
	struct ofl_loader_region *region = loader->num_regions ? &loader->region[loader->num_regions - 1] : NULL;

	if (!region || !region->sector_bytes || size_bytes < region->offset_bytes + region->sector_bytes ||
			(size_bytes - region->offset_bytes) % region->sector_bytes) {
		LOG_ERROR("ofl: %s: SIZE 0x%" PRIx32 " is no multiple of the loader's unit, 0x%" PRIx32 " bytes",
			ofl->bank->name, size_bytes, region ? region->sector_bytes : 0);
		return ERROR_COMMAND_ARGUMENT_INVALID;
	}
	if ((size_bytes - region->offset_bytes) / region->sector_bytes > MAX_SECTORS) {
		LOG_ERROR("ofl: %s: SIZE 0x%" PRIx32 " is more than a million units of %" PRIu32 " bytes", ofl->bank->name,
			size_bytes, region->sector_bytes);
		return ERROR_COMMAND_ARGUMENT_INVALID;
	}
	region->count = (size_bytes - region->offset_bytes) / region->sector_bytes;
	loader->size_bytes = size_bytes;
	return ERROR_OK;
}

/*
 * NuttX's Restore asks for a flush at an address that it takes uninitialised from the stack (segger.c:193): whatever
 * frame it gets, it must find an address of the device there, or the last block stays in the cache.
 */
int ofl_system_before_restore(struct ofl_bank *ofl)
{
	const struct ofl_layout *layout = &ofl->session.layout;
	/* Not the lowest word, which is the canary's. */
	uint32_t count = (layout->stack_high - layout->stack_low) / 4 - 1;
	uint32_t *words = malloc(4 * count);
	if (!words) {
		LOG_ERROR("ofl: out of memory");
		return ERROR_FAIL;
	}
	for (uint32_t n = 0; n < count; n++)
		words[n] = ofl->address_base;
	int retval = ofl_session_write_words(ofl, layout->stack_low + 4, words, count);
	free(words);
	return retval;
}

/* Where the loader's message lies on the stack, by what is in it; 0: not found. */
static uint32_t find_message(const uint32_t *words, uint32_t count, const struct ofl_call *call, bool has_data,
		uint32_t address)
{
	for (uint32_t n = 0; n + 3 < count; n++) {
		if (words[n] != ACTION_ERROR && words[n] != ACTION_FINISHED)
			continue;
		if (has_data ? memcmp(words + n + 1, call->called_arg, 3 * sizeof(words[0])) == 0 : words[n + 1] == address)
			return words[n];
	}
	return 0;
}

/*
 * The task has answered, and the caller does not look: the action of the message is compared in a register that nobody
 * loads again. What the message says is put into that register (facts A.9).
 */
void ofl_system_stalled(struct ofl_bank *ofl)
{
	struct target *target = ofl->bank->target;
	const struct ofl_layout *layout = &ofl->session.layout;
	struct ofl_params params;
	uint32_t pc, sp, code;
	uint32_t *words = NULL;

	if (!ofl->options.nuttx_wake || !ofl_system_is_one(ofl))
		return;
	if (ofl_session_read_params(ofl, &params) != ERROR_OK)
		return;
	if (ofl_cortexm_pause(target) != ERROR_OK)
		return;
	if (ofl_cortexm_read_reg(target, 15, &pc) != ERROR_OK || ofl_cortexm_read_reg(target, 13, &sp) != ERROR_OK)
		goto go_on;
	/* Both instructions, whichever of them the core is at. */
	uint16_t first, second;
	if (target_read_u16(target, pc, &first) != ERROR_OK)
		goto go_on;
	if (first == BEQ_BACK)
		pc -= 2;
	if (target_read_u16(target, pc, &first) != ERROR_OK || target_read_u16(target, pc + 2, &second) != ERROR_OK ||
			!IS_CMP(first) || second != BEQ_BACK || sp < layout->stack_low || sp >= layout->stack_high)
		goto go_on;
	sp &= ~3u;
	uint32_t count = (layout->stack_high - sp) / 4;
	words = malloc(4 * count);
	if (!words || ofl_session_read_words(ofl, sp, words, count) != ERROR_OK)
		goto go_on;
	bool has_data = params.call.called !=
		ofl_loader_function(&ofl->foreign->loader, OFL_FN_UNINIT, ofl->foreign->delta);
	code = find_message(words, count, &params.call, has_data, ofl->address_base);
	if (!code)
		goto go_on;
	if (ofl_cortexm_write_reg(target, first & 7, code) == ERROR_OK) {
		ofl->stats.wakes++;
		LOG_DEBUG("ofl: %s: woke the loader's wait loop at 0x%8.8" PRIx32 " with %" PRIu32, ofl->bank->name, pc, code);
	}

go_on:
	free(words);
	if (ofl_cortexm_unpause(target) != ERROR_OK)
		LOG_ERROR("ofl: cannot let the core of %s go on", target_name(target));
}

/* NuttX takes no SVC with interrupts masked: it panics (facts A.5). */
static bool irq_is_off(const struct ofl_bank *ofl)
{
	return ofl->options.has_irq && !ofl->options.irq_on;
}

void ofl_system_explain(struct ofl_bank *ofl, bool timed_out)
{
	const char *name = ofl->bank->name;
	const struct ofl_loader *loader;
	struct ofl_params params;

	if (!ofl_system_is_one(ofl))
		return;
	loader = &ofl->foreign->loader;
	if (ofl_session_read_words(ofl, ofl->session.layout.params, (uint32_t *)&params, sizeof(params) / 4) != ERROR_OK ||
			!params.call.called)
		return;
	bool boots = params.call.called == ofl_loader_function(loader, OFL_FN_INIT, ofl->foreign->delta);
	const char *sleeps = ofl->options.nuttx_wake ? ""
		: ", or, with NuttX as it is, its driver sleeps: '-nuttx-wake on' helps then";
	if (boots && timed_out)
		LOG_ERROR("ofl: %s: the operating system in the loader did not boot: it waits for hardware (a clock, an "
			"external RAM) that is not as on the board that the image was built for, or it has panicked: see its "
			"serial output", name);
	else if (irq_is_off(ofl) && !boots)
		LOG_ERROR("ofl: %s: the bank line says '-irq off', but a loader that boots an operating system switches tasks "
			"by SVC, which is a HardFault while interrupts are off: leave -irq out", name);
	else if (timed_out && !ofl->session.served && !params.done)
		LOG_ERROR("ofl: %s: nothing has answered since the operating system in the loader was booted: the device that "
			"its table names could not be opened (is it the right image for this board? 'ofl-check FILE' prints the "
			"table), or the system has panicked (see its serial output)%s", name, sleeps);
	else if (timed_out)
		LOG_ERROR("ofl: %s: earlier calls were answered, so the device is there: it is slower than three times what "
			"the loader's descriptor says (%" PRIu32 " ms), or the system has panicked (see its serial output)%s", name,
			loader->program_ms, sleeps);
}

void ofl_system_explain_room(const struct ofl_bank *ofl, uint32_t stack_bytes, const char *map)
{
	const struct ofl_loader *loader = &ofl->foreign->loader;

	LOG_ERROR("ofl: %s: the loader owns all RAM but %" PRIu32 " bytes at 0x%8.8" PRIx32 ", which are too few for the "
		"stub, %" PRIu32 " bytes of stack and a buffer; a larger work area does not help. Give it less stack (-stack "
		"BYTES), or build NuttX with a larger CONFIG_SYSTEM_OFLOADER_STACKSIZE or CONFIG_SYSTEM_OFLOADER_BUFFERSIZE:"
		"\n%s", ofl->bank->name, loader->room_bytes, loader->room_address, stack_bytes, map);
}
