// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The bracket around `flash write_image` and `ofl program`, for loaders that replace what is there when they program (a
 * whole operating system, ofl_system.c): what is to be erased is only remembered, a write programs it with its own
 * data and the erased value around that, and what no write has covered is programmed with the erased value at the end.
 * So nothing is done twice. Within the bracket a session may be kept open, so that the system is booted once for all
 * parts of an image.
 *
 * The bracket of a command is a function of C that evaluates the command (`ofl bracket`): however that ends, the
 * bracket is closed.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "ofl_foreign.h"

bool ofl_bracket_open(struct ofl_bank *ofl)
{
	struct ofl_bracket *bracket = &ofl->bracket;

	/* The outer one closes it. */
	if (bracket->open || !ofl_system_is_one(ofl))
		return false;
	memset(bracket, 0, sizeof(*bracket));
	bracket->open = true;
	return true;
}

/* How many entries mean something: none once the bank was probed with another result. */
static unsigned int num_pending(const struct ofl_bank *ofl)
{
	return ofl->bracket.num_pending == ofl->bank->num_sectors ? ofl->bracket.num_pending : 0;
}

int ofl_bracket_defer(struct ofl_bank *ofl, unsigned int first, unsigned int last)
{
	struct ofl_bracket *bracket = &ofl->bracket;

	if (!num_pending(ofl)) {
		free(bracket->pending);
		bracket->num_pending = 0;
		bracket->pending = calloc(ofl->bank->num_sectors, sizeof(*bracket->pending));
		if (!bracket->pending) {
			LOG_ERROR("ofl: out of memory");
			return ERROR_FAIL;
		}
		bracket->num_pending = ofl->bank->num_sectors;
	}
	for (unsigned int n = first; n <= last && n < num_pending(ofl); n++)
		bracket->pending[n] = true;
	return ERROR_OK;
}

static bool is_touched(const struct ofl_bank *ofl, unsigned int n, uint64_t offset, uint64_t length)
{
	const struct flash_sector *sector = &ofl->bank->sectors[n];

	return ofl->bracket.pending[n] && sector->offset < offset + length &&
		(uint64_t)sector->offset + sector->size > offset;
}

int ofl_bracket_widen(struct ofl_bank *ofl, struct ofl_wide *wide, uint64_t offset, const uint8_t *data,
		uint32_t length)
{
	uint64_t start = offset, end = offset + length;

	*wide = (struct ofl_wide) {.offset = offset, .data = data, .length = length};
	ofl->bracket.replaces = false;
	for (unsigned int n = 0; n < num_pending(ofl); n++) {
		const struct flash_sector *sector = &ofl->bank->sectors[n];
		if (!is_touched(ofl, n, offset, length))
			continue;
		ofl->bracket.replaces = true;
		start = MIN(start, sector->offset);
		end = MAX(end, (uint64_t)sector->offset + sector->size);
	}
	if (start == offset && end == offset + length)
		return ERROR_OK;
	wide->owned = malloc(end - start);
	if (!wide->owned) {
		LOG_ERROR("ofl: out of memory");
		return ERROR_FAIL;
	}
	memset(wide->owned, ofl->erased_byte, end - start);
	memcpy(wide->owned + (offset - start), data, length);
	wide->offset = start;
	wide->length = end - start;
	wide->data = wide->owned;
	return ERROR_OK;
}

void ofl_bracket_written(struct ofl_bank *ofl, uint64_t offset, uint64_t length)
{
	for (unsigned int n = 0; n < num_pending(ofl); n++) {
		if (is_touched(ofl, n, offset, length))
			ofl->bracket.pending[n] = false;
	}
}

bool ofl_bracket_keeps(struct ofl_bank *ofl, int retval)
{
	struct ofl_bracket *bracket = &ofl->bracket;

	if (!bracket->open)
		return false;
	bracket->dead |= ofl->session.lost || (ofl->foreign && ofl->foreign->dead);
	bracket->kept = bracket->keep && retval == ERROR_OK && ofl->session.open && !bracket->dead;
	return bracket->kept;
}

/* What nobody wrote to. */
static int erase_pending(struct ofl_bank *ofl)
{
	struct ofl_bracket *bracket = &ofl->bracket;
	struct flash_bank *bank = ofl->bank;
	int retval = ERROR_OK;
	bool begun = false;

	for (unsigned int n = 0; n < num_pending(ofl); n++) {
		unsigned int count = 0;
		while (n + count < num_pending(ofl) && bracket->pending[n + count])
			bracket->pending[n + count++] = false;
		if (!count)
			continue;
		const struct flash_sector *first = &bank->sectors[n], *last = &bank->sectors[n + count - 1];
		if (bracket->dead || retval != ERROR_OK) {
			LOG_ERROR("ofl: %s: sectors %u to %u were to be erased and were not: the loader failed; what they hold "
				"is not known", bank->name, n, n + count - 1);
			retval = ERROR_FLASH_OPERATION_FAILED;
			continue;
		}
		LOG_INFO("ofl: %s: erasing sectors %u to %u, to which nothing was written", bank->name, n, n + count - 1);
		if (!begun)
			retval = ofl_begin(bank);
		begun |= retval == ERROR_OK;
		if (retval == ERROR_OK)
			retval = ofl->backend->erase(ofl, first->offset, (uint64_t)last->offset + last->size - first->offset);
		for (unsigned int k = 0; retval == ERROR_OK && k < count; k++)
			bank->sectors[n + k].is_erased = 1;
		if (retval != ERROR_OK)
			LOG_ERROR("ofl: %s: sectors %u to %u could not be erased; what they hold is not known", bank->name, n,
				n + count - 1);
		n += count - 1;
	}
	return begun ? ofl_end(bank, retval) : retval;
}

int ofl_bracket_release(struct ofl_bank *ofl)
{
	if (!ofl->bracket.kept)
		return ERROR_OK;
	ofl->bracket.kept = false;
	return ofl_session_close(ofl, ofl->backend->leave(ofl, ERROR_OK));
}

int ofl_bracket_release_others(const struct ofl_bank *ofl)
{
	for (struct flash_bank *other = flash_bank_list(); other; other = other->next) {
		if (!ofl_is_ours(other) || other == ofl->bank || other->target != ofl->bank->target)
			continue;
		int retval = ofl_bracket_release(ofl_from_bank(other));
		if (retval != ERROR_OK)
			return retval;
	}
	return ERROR_OK;
}

int ofl_bracket_close(struct ofl_bank *ofl, int retval)
{
	struct ofl_bracket *bracket = &ofl->bracket;

	if (!bracket->open)
		return retval;
	int erased = erase_pending(ofl);
	int released = ofl_bracket_release(ofl);
	free(bracket->pending);
	memset(bracket, 0, sizeof(*bracket));
	if (retval != ERROR_OK)
		return retval;
	return erased != ERROR_OK ? erased : released;
}

/* ---------------------------------------------------------------- around a command */

static int evaluate(struct command_invocation *cmd)
{
	Jim_Interp *interp = CMD_CTX->interp;
	Jim_Obj **words = calloc(CMD_ARGC, sizeof(*words));
	if (!words) {
		LOG_ERROR("ofl: out of memory");
		return ERROR_FAIL;
	}
	for (unsigned int n = 0; n < CMD_ARGC; n++) {
		words[n] = Jim_NewStringObj(interp, CMD_ARGV[n], -1);
		Jim_IncrRefCount(words[n]);
	}
	int code = Jim_EvalObjVector(interp, CMD_ARGC, words);
	for (unsigned int n = 0; n < CMD_ARGC; n++)
		Jim_DecrRefCount(interp, words[n]);
	free(words);
	const char *result = Jim_String(Jim_GetResult(interp));
	if (result[0])
		command_print_sameline(cmd, "%s", result);
	return code == JIM_OK ? ERROR_OK : ERROR_FAIL;
}

/*
 * [-keep BANK] COMMAND ...: what the wrapper of `flash write_image` is made of. BANK: nothing but this one is used by
 * the command, so its session may stay open until the command's end.
 */
COMMAND_HANDLER(ofl_handle_bracket)
{
	struct target *target = get_current_target_or_null(CMD_CTX);
	struct flash_bank *keep = NULL;

	if (CMD_ARGC > 1 && strcmp(CMD_ARGV[0], "-keep") == 0) {
		int retval = ofl_find_bank(CMD_ARGV[1], &keep);
		if (retval != ERROR_OK)
			return retval;
		CMD_ARGC -= 2;
		CMD_ARGV += 2;
	}
	if (!CMD_ARGC)
		return ERROR_COMMAND_SYNTAX_ERROR;
	for (struct flash_bank *bank = flash_bank_list(); bank; bank = bank->next) {
		struct ofl_bank *ofl = bank->target == target && ofl_is_ours(bank) ? ofl_from_bank(bank) : NULL;
		if (!ofl || !ofl_bracket_open(ofl))
			continue;
		ofl->bracket.of_command = true;
		ofl->bracket.keep = bank == keep;
	}
	int retval = evaluate(CMD);
	for (struct flash_bank *bank = flash_bank_list(); bank; bank = bank->next) {
		struct ofl_bank *ofl = bank->target == target && ofl_is_ours(bank) ? ofl_from_bank(bank) : NULL;
		if (ofl && ofl->bracket.of_command)
			retval = ofl_bracket_close(ofl, retval);
	}
	return retval;
}

const struct command_registration ofl_bracket_handlers[] = {
	{
		.name = "bracket",
		.handler = ofl_handle_bracket,
		.mode = COMMAND_EXEC,
		.usage = "['-keep' bank_id] command [argument ...]",
		.help = "Run a command that erases and writes: loaders that replace what is there when they program erase "
			"only what was not written",
	},
	COMMAND_REGISTRATION_DONE
};
