// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * One stay on the target: work area laid out, stub uploaded and read back, core prepared, stub run, everything
 * restored. The only file that touches the target (with ofl_cortexm.c, which it calls).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <helper/time_support.h>

#include "ofl.h"

/* How much the ring takes at most: beyond it the link does not get faster, and with backup each byte is moved twice. */
#define RING_MAX_BYTES		0x8000
#define RING_MAX_BACKED_BYTES	0x1000

/* Of a loader file's stack, unless -stack says otherwise: what STM32CubeProgrammer gives (facts 1.3). */
#define LOADER_STACK_BYTES	1024
/* When that does not fit: what SEGGER asks loaders to do with (facts 1.2). */
#define LOADER_SMALL_STACK_BYTES	512
/* The frame of a fault in a loader with FPU: 26 words (ARMv7-M ARM DDI 0403E, B1.5.6). */
#define LOADER_FAULT_FRAME_BYTES	104

static const uint8_t foreign_blob[] = {
#include "../../../contrib/loaders/flash/ofl/images/foreign.inc"
};

/*
 * Waits of the stub, in its loops of about 10 cycles: a slow core takes longer, a fast one still has seconds for the
 * host.
 */
#define HOST_WAIT_LOOPS		100000000
/*
 * A frame on the wire: 32 bits at a 16 MHz core and a divider of 256 are below 10000 cycles; what a FIFO of 32 bytes
 * still holds is below 70000.
 */
#define CONTROLLER_WAIT_LOOPS	20000

int ofl_session_write(struct ofl_bank *ofl, uint32_t address, const uint8_t *bytes, uint32_t length)
{
	ofl->stats.transfers++;
	int retval = target_write_buffer(ofl->bank->target, address, length, bytes);
	if (retval != ERROR_OK)
		LOG_ERROR("ofl: cannot write %" PRIu32 " bytes of work area at 0x%8.8" PRIx32, length, address);
	return retval;
}

int ofl_session_read(struct ofl_bank *ofl, uint32_t address, uint8_t *bytes, uint32_t length)
{
	ofl->stats.transfers++;
	int retval = target_read_buffer(ofl->bank->target, address, length, bytes);
	if (retval != ERROR_OK)
		LOG_ERROR("ofl: cannot read %" PRIu32 " bytes of work area at 0x%8.8" PRIx32, length, address);
	return retval;
}

int ofl_session_read_mapped(struct ofl_bank *ofl, uint32_t address, uint8_t *bytes, uint32_t length)
{
	ofl->stats.transfers++;
	return target_read_buffer(ofl->bank->target, address, length, bytes);
}

int ofl_session_write_words(struct ofl_bank *ofl, uint32_t address, const uint32_t *words, uint32_t count)
{
	uint8_t *bytes = malloc(4 * count);
	if (!bytes) {
		LOG_ERROR("ofl: out of memory");
		return ERROR_FAIL;
	}
	target_buffer_set_u32_array(ofl->bank->target, bytes, count, words);
	int retval = ofl_session_write(ofl, address, bytes, 4 * count);
	free(bytes);
	return retval;
}

int ofl_session_read_words(struct ofl_bank *ofl, uint32_t address, uint32_t *words, uint32_t count)
{
	uint8_t *bytes = malloc(4 * count);
	if (!bytes) {
		LOG_ERROR("ofl: out of memory");
		return ERROR_FAIL;
	}
	int retval = ofl_session_read(ofl, address, bytes, 4 * count);
	if (retval == ERROR_OK)
		target_buffer_get_u32_array(ofl->bank->target, bytes, count, words);
	free(bytes);
	return retval;
}

uint32_t ofl_session_polls(const struct ofl_bank *ofl, uint64_t time_us)
{
	uint64_t polls = time_us * 1000 / ofl->options.controller->min_poll_ns + 1;
	return polls > UINT32_MAX ? UINT32_MAX : polls;
}

static const uint8_t *stub_blob(const struct ofl_bank *ofl, uint32_t *blob_bytes)
{
	const struct ofl_controller *controller = ofl->options.controller;
	*blob_bytes = controller ? controller->blob_bytes : sizeof(foreign_blob);
	return controller ? controller->blob : foreign_blob;
}

/* `size` bytes of OpenOCD's work area, or what there is; says why there is none. */
static int get_work_area(struct ofl_bank *ofl, uint32_t wanted, struct ofl_range *area)
{
	struct ofl_session *session = &ofl->session;
	struct target *target = ofl->bank->target;
	uint32_t available = target_get_working_area_avail(target);

	if (!available) {
		LOG_ERROR("ofl: target %s has no work area (or all of it is in use); add to the target's configuration: "
			"%s configure -work-area-phys ADDRESS -work-area-size 0x1000 -work-area-backup 0",
			target_name(target), target_name(target));
		return ERROR_TARGET_RESOURCE_NOT_AVAILABLE;
	}
	uint32_t size = MIN(wanted, available) & ~3u;
	int retval = target_alloc_working_area_try(target, size, &session->area);
	if (retval == ERROR_TARGET_RESOURCE_NOT_AVAILABLE &&
			!(target->working_area_phys_spec || target->working_area_virt_spec)) {
		LOG_ERROR("ofl: the work area of target %s has a size but no address; add -work-area-phys ADDRESS",
			target_name(target));
		return retval;
	}
	if (retval != ERROR_OK) {
		LOG_ERROR("ofl: cannot get %" PRIu32 " bytes of work area of target %s (with -work-area-backup 1 its content "
			"is read first)", size, target_name(target));
		return retval;
	}
	area->address = session->area->address;
	area->bytes = size;
	if (area->address & 3) {
		LOG_ERROR("ofl: the work area at 0x%8.8" PRIx32 " is not on a word boundary", area->address);
		return ERROR_TARGET_UNALIGNED_ACCESS;
	}
	return ERROR_OK;
}

static bool target_backs_up(const struct ofl_bank *ofl)
{
	return ofl->bank->target->backup_working_area;
}

static int allocate_built_in(struct ofl_bank *ofl)
{
	struct target *target = ofl->bank->target;
	uint32_t blob_bytes = ofl->options.controller->blob_bytes;
	uint32_t stack_bytes = OFL_STACK_BUDGET_BYTES + OFL_FAULT_FRAME_BYTES;
	uint32_t wanted = blob_bytes + stack_bytes + sizeof(struct ofl_params) + 16 +
		(target_backs_up(ofl) ? RING_MAX_BACKED_BYTES : RING_MAX_BYTES);
	uint32_t missing = 0;
	struct ofl_slots slots;
	struct ofl_range area;

	int retval = get_work_area(ofl, wanted, &area);
	if (retval != ERROR_OK)
		return retval;
	if (!ofl_layout(area.address, area.bytes, blob_bytes, stack_bytes, &ofl->session.layout, &missing) ||
			!ofl_plan_slots(ofl->session.layout.ring_bytes, 256, &slots, &missing)) {
		LOG_ERROR("ofl: the work area of target %s is too small: %" PRIu32 " bytes free, at least %" PRIu32 " more "
			"needed (stub %" PRIu32 ", stack %" PRIu32 ", parameters %zu, the rest is buffer; 2048 serve well)",
			target_name(target), area.bytes, missing, blob_bytes, stack_bytes, sizeof(struct ofl_params));
		return ERROR_TARGET_RESOURCE_NOT_AVAILABLE;
	}
	return ERROR_OK;
}

/* Keeps what is in RAM that is not of OpenOCD's work area, when the target's configuration wants RAM kept. */
static int save_ram(struct ofl_bank *ofl, const struct ofl_range *range)
{
	struct ofl_session *session = &ofl->session;
	const struct working_area *area = session->area;

	if (!target_backs_up(ofl))
		return ERROR_OK;
	/* Within the work area OpenOCD does it. */
	if (area && range->address >= area->address && range->bytes <= area->size &&
			range->address - area->address <= area->size - range->bytes)
		return ERROR_OK;
	uint8_t *bytes = session->num_saved < ARRAY_SIZE(session->saved) ? malloc(range->bytes) : NULL;
	if (!bytes) {
		LOG_ERROR("ofl: out of memory");
		return ERROR_FAIL;
	}
	int retval = ofl_session_read(ofl, range->address, bytes, range->bytes);
	if (retval != ERROR_OK) {
		free(bytes);
		return retval;
	}
	session->saved[session->num_saved].range = *range;
	session->saved[session->num_saved++].bytes = bytes;
	return ERROR_OK;
}

/* `keep`: what is there now is left alone. */
static int restore_ram(struct ofl_bank *ofl, bool keep)
{
	struct ofl_session *session = &ofl->session;
	int result = ERROR_OK;
	for (unsigned int n = 0; n < session->num_saved; n++) {
		int retval = keep ? ERROR_OK : ofl_session_write(ofl, session->saved[n].range.address,
				session->saved[n].bytes, session->saved[n].range.bytes);
		if (result == ERROR_OK)
			result = retval;
		free(session->saved[n].bytes);
	}
	session->num_saved = 0;
	return result;
}

/* The stack is filled with the canary, so that what it used can be told. */
static int fill_stack(struct ofl_bank *ofl)
{
	const struct ofl_layout *layout = &ofl->session.layout;
	uint32_t count = (layout->stack_high - layout->stack_low) / 4;
	uint32_t *words = malloc(4 * count);
	if (!words) {
		LOG_ERROR("ofl: out of memory");
		return ERROR_FAIL;
	}
	for (uint32_t n = 0; n < count; n++)
		words[n] = OFL_STACK_CANARY;
	int retval = ofl_session_write_words(ofl, layout->stack_low, words, count);
	free(words);
	return retval;
}

static int allocate_foreign(struct ofl_bank *ofl)
{
	const struct ofl_options *options = &ofl->options;
	struct ofl_range area = options->ram;
	struct ofl_layout_request request = {0};
	char map[3072];

	if (!area.bytes)
		ofl_foreign_room(ofl, &area);
	ofl->session.own_ram = area.bytes;
	/* With backup each byte is moved twice: no more than serves. A loader of fixed address may lie anywhere in it. */
	uint32_t wanted = UINT32_MAX;
	if (target_backs_up(ofl) && ofl_foreign_loader(ofl)->position_independent) {
		uint64_t parts = (uint64_t)ofl_foreign_loader(ofl)->high - ofl_foreign_loader(ofl)->low +
			sizeof(foreign_blob) + LOADER_STACK_BYTES + options->stack_bytes + 1024 +
			MAX(3ull * ofl_foreign_page_bytes(ofl) + 64, RING_MAX_BACKED_BYTES);
		wanted = MIN(parts, UINT32_MAX);
	}
	int retval = area.bytes ? ERROR_OK : get_work_area(ofl, wanted, &area);
	if (retval != ERROR_OK)
		return retval;
	request.stub_bytes = sizeof(foreign_blob);
	/* Modules say what they need. */
	const uint32_t said_bytes = options->stack_bytes ? options->stack_bytes : ofl_foreign_loader(ofl)->stack_bytes;
	request.stack_bytes = OFL_STACK_BUDGET_BYTES + LOADER_FAULT_FRAME_BYTES +
		(said_bytes ? said_bytes : LOADER_STACK_BYTES);
	retval = ofl_foreign_request(ofl, &area, &request);
	if (retval != ERROR_OK)
		return retval;
	/* Room to fill a page while another is programmed is worth more than a stack beyond what loaders are to do with. */
	const uint32_t ring_bytes = request.ring_min_bytes;
	const uint32_t less_stack = said_bytes ? 0 : LOADER_STACK_BYTES - LOADER_SMALL_STACK_BYTES;
	bool fits = false;
	for (unsigned int try = 0; !fits && try < 4; try++) {
		request.ring_min_bytes = try & 2 ? ring_bytes : MIN(3ull * ring_bytes, UINT32_MAX);
		request.stack_bytes -= try & 1 ? less_stack : 0;
		fits = ofl_layout_loader(&request, &ofl->session.layout, map, sizeof(map));
		request.stack_bytes += try == 1 ? less_stack : 0;
	}
	if (!fits && ofl_system_is_one(ofl) && !options->ram.bytes) {
		ofl_system_explain_room(ofl, request.stack_bytes, map);
		return ERROR_TARGET_RESOURCE_NOT_AVAILABLE;
	}
	if (!fits) {
		LOG_ERROR("ofl: %s: the RAM of target %s is too small for the loader; a larger work area (-work-area-size), "
			"other RAM (-ram {ADDRESS SIZE}) or a smaller stack (-stack BYTES) would help:\n%s", ofl->bank->name,
			target_name(ofl->bank->target), map);
		return ERROR_TARGET_RESOURCE_NOT_AVAILABLE;
	}
	if (options->ram.bytes)
		retval = save_ram(ofl, &options->ram);
	for (unsigned int n = 0; retval == ERROR_OK && n < request.num_taken; n++)
		retval = save_ram(ofl, &request.taken[n]);
	return retval;
}

/* The stub that an earlier command left there is used again only when every byte of it is still right. */
static int ensure_stub(struct ofl_bank *ofl)
{
	uint32_t blob_bytes;
	const uint8_t *blob = stub_blob(ofl, &blob_bytes);
	uint32_t address = ofl->session.layout.stub;
	uint8_t *found = malloc(blob_bytes);
	if (!found) {
		LOG_ERROR("ofl: out of memory");
		return ERROR_FAIL;
	}
	int retval = ofl_session_read(ofl, address, found, blob_bytes);
	if (retval == ERROR_OK && memcmp(found, blob, blob_bytes) != 0) {
		ofl->stats.uploads++;
		retval = ofl_session_write(ofl, address, blob, blob_bytes);
		if (retval == ERROR_OK)
			retval = ofl_session_read(ofl, address, found, blob_bytes);
		if (retval == ERROR_OK && memcmp(found, blob, blob_bytes) != 0) {
			uint32_t n = 0;
			while (found[n] == blob[n])
				n++;
			LOG_ERROR("ofl: the work area does not keep what is written: 0x%8.8" PRIx32 " holds 0x%2.2x instead of "
				"0x%2.2x; is there RAM at that address? (-work-area-phys, -work-area-size)", address + n, found[n],
				blob[n]);
			retval = ERROR_FAIL;
		}
	}
	free(found);
	return retval;
}

int ofl_session_open(struct ofl_bank *ofl)
{
	struct ofl_session *session = &ofl->session;
	struct target *target = ofl->bank->target;

	int retval = ofl_cortexm_check(target);
	if (retval != ERROR_OK)
		return retval;
	retval = ofl_bracket_release_others(ofl);
	if (retval != ERROR_OK)
		return retval;
	memset(session, 0, sizeof(*session));
	session->open = true;
	session->core.foreign = ofl->foreign != NULL;
	retval = ofl_cortexm_identify(target, &session->core);
	/* Before any RAM is asked for: where the core cannot execute it, its place does not matter. */
	if (retval == ERROR_OK && ofl->foreign)
		retval = ofl_foreign_check_core(ofl);
	if (retval == ERROR_OK)
		retval = ofl->foreign ? allocate_foreign(ofl) : allocate_built_in(ofl);
	if (retval == ERROR_OK)
		retval = ofl_cortexm_prepare(target, &session->core);
	if (retval == ERROR_OK)
		retval = ensure_stub(ofl);
	if (retval == ERROR_OK && ofl->foreign)
		retval = fill_stack(ofl);
	if (retval == ERROR_OK && ofl->foreign)
		retval = ofl_foreign_upload(ofl);
	if (retval != ERROR_OK)
		return ofl_session_close(ofl, retval);
	return ERROR_OK;
}

int ofl_session_close(struct ofl_bank *ofl, int retval)
{
	struct ofl_session *session = &ofl->session;
	struct target *target = ofl->bank->target;

	if (!session->open)
		return retval;
	session->open = false;
	/* Then the application has run since, and the RAM is its own; nothing is left of the core to restore. */
	bool was_reset = session->lost && !session->core.prepared;
	int result = ofl_cortexm_restore(target, &session->core);
	int restored = restore_ram(ofl, was_reset);
	if (session->area) {
		int freed = target_free_working_area(target, session->area);
		if (restored == ERROR_OK)
			restored = freed;
		session->area = NULL;
	}
	if (restored != ERROR_OK)
		LOG_ERROR("ofl: the content of the RAM that was used (stub at 0x%8.8" PRIx32 ") could not be restored",
			session->layout.stub);
	if (result == ERROR_OK)
		result = restored;
	if (session->stopped && result == ERROR_OK && !session->lost)
		LOG_WARNING("ofl: %s: stopped; target %s is halted, its registers and the controller are as they were before",
			ofl->bank->name, target_name(target));
	return retval != ERROR_OK ? retval : result;
}

void ofl_session_where(struct ofl_bank *ofl, uint32_t address, char *text, size_t text_size)
{
	const struct ofl_layout *layout = &ofl->session.layout;
	uint32_t offset;
	text[0] = 0;
	if (address >= layout->stub && address - layout->stub < layout->stub_bytes) {
		snprintf(text, text_size, " (stub+0x%" PRIx32 ")", address - layout->stub);
		return;
	}
	const char *symbol = ofl->foreign ? ofl_foreign_symbol(ofl, address, &offset) : NULL;
	if (symbol)
		snprintf(text, text_size, " (%s+0x%" PRIx32 ")", symbol, offset);
}

struct ofl_params *ofl_session_params(struct ofl_bank *ofl, enum ofl_op op)
{
	struct ofl_params *params = &ofl->session.params;

	*params = (struct ofl_params) {
		.op = op,
		.status = OFL_STATUS_RUNNING,
		.ring = ofl->session.layout.ring,
		.max_wait = HOST_WAIT_LOOPS,
		.ctl_max_wait = CONTROLLER_WAIT_LOOPS,
	};
	ofl->backend->fill_params(ofl, params);
	return params;
}

int ofl_session_start(struct ofl_bank *ofl)
{
	struct ofl_session *session = &ofl->session;
	const struct ofl_params *params = &session->params;

	if (session->lost) {
		LOG_DEBUG("ofl: not started: the target was lost");
		return ERROR_FAIL;
	}
	if (!session->area && !session->own_ram) {
		LOG_ERROR("ofl: the work area was taken away between two steps (target reset?)");
		return ERROR_FAIL;
	}
	/* The struct is nothing but words (ofl_abi.h asserts its size), written in the target's byte order. */
	int retval = ofl_session_write_words(ofl, session->layout.params, (const uint32_t *)params,
			sizeof(*params) / 4);
	if (retval != ERROR_OK)
		return retval;
	ofl->stats.runs++;
	session->stop_sent = false;
	retval = ofl_cortexm_start(ofl->bank->target, &session->core, session->layout.stub, session->layout.stack_high,
			session->layout.params);
	session->started = retval == ERROR_OK;
	return retval;
}

/* Those that end after a unit when they are told to. */
static bool can_be_stopped(uint32_t op)
{
	return op == OFL_OP_PROGRAM || op == OFL_OP_ERASE || op == OFL_OP_READ || op == OFL_OP_CRC || op == OFL_OP_BLANK;
}

/* The stub is told once, and ends after the page, sector or unit that it is at. */
static int tell_to_stop(struct ofl_bank *ofl)
{
	const uint32_t abort = 1;
	struct ofl_session *session = &ofl->session;

	if (!session->started || session->stop_sent || session->hold_stop || !can_be_stopped(session->params.op) ||
			!ofl_stop_is_asked(ofl))
		return ERROR_OK;
	session->stop_sent = true;
	return ofl_session_write_words(ofl, session->layout.params + offsetof(struct ofl_params, abort), &abort, 1);
}

int ofl_session_look(struct ofl_bank *ofl, struct ofl_live *live)
{
	uint32_t words[4];
	keep_alive();
	int retval = tell_to_stop(ofl);
	if (retval == ERROR_OK)
		retval = ofl_session_read_words(ofl, ofl->session.layout.params + offsetof(struct ofl_params, status), words,
				4);
	if (retval != ERROR_OK)
		return retval;
	live->status = words[0];
	live->done = words[1];
	live->wp = words[2];
	live->rp = words[3];
	return ERROR_OK;
}

bool ofl_session_is_dead(struct ofl_bank *ofl)
{
	struct target *target = ofl->bank->target;
	return target_poll(target) != ERROR_OK || target->state != TARGET_DEBUG_RUNNING;
}

/*
 * After a run that was cut short: chip select up, the controller's registers back. Best effort, quiet: the cause is
 * told already.
 */
static void restore_controller(struct ofl_bank *ofl)
{
	struct ofl_session *session = &ofl->session;
	uint32_t params = session->layout.params;
	struct ofl_live live = {0};
	char text[256];

	if (target_write_u32(ofl->bank->target, params + offsetof(struct ofl_params, op), OFL_OP_RESTORE) != ERROR_OK ||
			target_write_u32(ofl->bank->target, params + OFL_PARAMS_STATUS, OFL_STATUS_RUNNING) != ERROR_OK)
		return;
	if (ofl_cortexm_start(ofl->bank->target, &session->core, session->layout.stub, session->layout.stack_high,
			params) != ERROR_OK)
		return;
	int64_t started_ms = timeval_ms();
	while (ofl_session_look(ofl, &live) == ERROR_OK && live.status == OFL_STATUS_RUNNING &&
			timeval_ms() - started_ms < 500 && !ofl_session_is_dead(ofl))
		;
	ofl_cortexm_finish(ofl, live.status != OFL_STATUS_RUNNING, text, sizeof(text));
	if (live.status == OFL_STATUS_RUNNING)
		LOG_WARNING("ofl: the SPI controller could not be put back to its state before; 'reset init' does");
}

static const char *hint(uint32_t status)
{
	switch (status) {
	case OFL_STATUS_CTL_TIMEOUT:
		return "; are the controller's clock and pins set up ('reset init')?";
	case OFL_STATUS_WEL_NOT_SET:
	case OFL_STATUS_NOT_BLANK:
		return "; look at the protection bits: 'ofl info BANK', 'ofl spi BANK 1 0x05'";
	default:
		return "";
	}
}

int ofl_session_read_params(struct ofl_bank *ofl, struct ofl_params *params)
{
	return ofl_session_read_words(ofl, ofl->session.layout.params, (uint32_t *)params, sizeof(*params) / 4);
}

/* A run that ended because it was told to: how far it came. */
static int report_stop(struct ofl_bank *ofl, const char *what, const struct ofl_params *params)
{
	struct ofl_session *session = &ofl->session;
	const struct ofl_range *request = &session->programming;
	uint32_t offset = params->address - ofl->address_base;
	const char *state = "nothing was changed by it";

	session->stopped = true;
	if (params->op == OFL_OP_ERASE)
		state = "what was to be erased is erased before that offset, and not behind it";
	if (params->op == OFL_OP_PROGRAM && !session->expect_failure) {
		/* The address is that of the last page. */
		uint32_t piece_bytes = params->slot_bytes - OFL_SLOT_HEADER_BYTES;
		uint64_t page_end = ((uint64_t)offset / piece_bytes + 1) * piece_bytes;
		offset = params->done ? MIN(page_end, (uint64_t)request->address + request->bytes) : request->address;
		state = "what was to be written is programmed before that offset, but not verified, and not programmed "
			"behind it";
	}
	LOG_ERROR("ofl: %s: %s was stopped (%s) at flash offset 0x%8.8" PRIx32 ": %s", ofl->bank->name, what,
		session->stop_reason, offset, state);
	return ERROR_FAIL;
}

/* A run that ended without the stub's saying so. */
static int report_death(struct ofl_bank *ofl, const char *waited_for, int64_t waited_ms, const char *found)
{
	struct ofl_params params;
	char call[300] = "";

	if (ofl->backend->describe_call && ofl_session_read_params(ofl, &params) == ERROR_OK)
		ofl->backend->describe_call(ofl, &params, call, sizeof(call));
	if (call[0] && waited_ms >= 0)
		LOG_ERROR("ofl: %s: gave up %s after %" PRId64 " ms: the loader's %s did not return; the core was %s",
			ofl->bank->name, waited_for, waited_ms, call, found);
	else if (call[0])
		LOG_ERROR("ofl: %s: %s: the loader died in %s: %s", ofl->bank->name, waited_for, call, found);
	else if (waited_ms >= 0)
		LOG_ERROR("ofl: %s: gave up %s after %" PRId64
				" ms without progress (is the flash stuck busy?); the stub was %s",
				ofl->bank->name, waited_for, waited_ms, found);
	else
		LOG_ERROR("ofl: %s: the stub died while %s: %s", ofl->bank->name, waited_for, found);
	if (ofl->backend->autopsy)
		ofl->backend->autopsy(ofl, waited_ms >= 0);
	else
		restore_controller(ofl);
	return ERROR_TARGET_FAILURE;
}

int ofl_session_finish(struct ofl_bank *ofl, const char *waited_for, int64_t waited_ms)
{
	struct ofl_session *session = &ofl->session;
	struct ofl_params params;
	struct ofl_live live;
	char text[400];

	if (!session->started)
		return ERROR_FAIL;
	session->started = false;

	/* One failed transfer is not the end of a run. */
	bool known = ofl_session_look(ofl, &live) == ERROR_OK || ofl_session_look(ofl, &live) == ERROR_OK;
	session->call_failed = false;
	bool ended = known && live.status != OFL_STATUS_RUNNING;
	int retval = ofl_cortexm_finish(ofl, ended, text, sizeof(text));
	if (retval != ERROR_OK) {
		session->lost = true;
		LOG_ERROR("ofl: %s: while %s: %s", ofl->bank->name, waited_for, text);
		return retval;
	}
	if (!known) {
		session->lost = true;
		LOG_ERROR("ofl: %s: while %s: the debug connection to %s failed; the core was halted%s%s", ofl->bank->name,
			waited_for, target_name(ofl->bank->target), text[0] ? ", " : "", text);
		return ERROR_FAIL;
	}
	if (!ended)
		return report_death(ofl, waited_for, waited_ms, text);
	if (ofl->trace && ofl->foreign && (session->params.op == OFL_OP_READ || session->params.op == OFL_OP_CRC ||
			session->params.op == OFL_OP_BLANK))
		ofl_foreign_trace_run(ofl, waited_for);
	if (ofl->trace && !ofl->foreign)
		LOG_USER("ofl trace: %s: %s: status %" PRIu32 ", %" PRIu32 " done", ofl->bank->name, waited_for, live.status,
			live.done);
	/* Not a look at RAM, nor Init and UnInit. */
	session->served |= live.status == OFL_STATUS_OK && session->params.op != OFL_OP_CALL &&
		(session->params.call.function || session->params.call.read);
	if (live.status == OFL_STATUS_OK)
		return ERROR_OK;

	retval = ofl_session_read_params(ofl, &params);
	if (retval != ERROR_OK)
		return retval;
	if (session->stop_sent && live.status == OFL_STATUS_ABORTED)
		return report_stop(ofl, waited_for, &params);
	if (session->expect_failure && live.status == OFL_STATUS_CALL_FAILED) {
		session->call_failed = true;
		session->params.fail_value = params.fail_value;
		session->params.address = params.address;
		return ERROR_FLASH_OPERATION_FAILED;
	}
	text[0] = 0;
	if (ofl->backend->describe_call)
		ofl->backend->describe_call(ofl, &params, text, sizeof(text));
	uint32_t offset = params.address - ofl->address_base;
	char errors[160] = "";
	if (live.status == OFL_STATUS_FLASH_ERROR)
		ofl_chip_error_text(&ofl->chip, params.fail_value, errors, sizeof(errors));
	if (text[0] && params.op == OFL_OP_CALL)
		LOG_ERROR("ofl: %s: %s: %s", ofl->bank->name, ofl_status_text(live.status), text);
	else if (text[0])
		LOG_ERROR("ofl: %s: %s failed at flash offset 0x%8.8" PRIx32 ": %s: %s", ofl->bank->name, waited_for, offset,
			ofl_status_text(live.status), text);
	else
		LOG_ERROR("ofl: %s: %s failed at flash offset 0x%8.8" PRIx32 ": %s (register 0x%2.2" PRIx32 ")%s%s",
			ofl->bank->name, waited_for, offset, ofl_status_text(live.status), params.fail_value, hint(live.status),
			errors);
	if (live.status == OFL_STATUS_STACK)
		ofl->backend->autopsy(ofl, false);
	return ERROR_FLASH_OPERATION_FAILED;
}

int ofl_session_run(struct ofl_bank *ofl, const char *what, int64_t deadline_ms,
		void (*progress)(struct ofl_bank *ofl, const struct ofl_live *live, void *context), void *context)
{
	struct ofl_live live;
	uint32_t last_done = 0;
	int64_t moved_ms = timeval_ms();
	int64_t looked_ms = moved_ms;

	int retval = ofl_session_start(ofl);
	if (retval != ERROR_OK)
		return retval;
	for (;;) {
		retval = ofl_session_look(ofl, &live);
		int64_t now_ms = timeval_ms();
		if (retval != ERROR_OK || live.status != OFL_STATUS_RUNNING)
			return ofl_session_finish(ofl, what, -1);
		if (live.done != last_done) {
			last_done = live.done;
			moved_ms = now_ms;
		}
		if (progress)
			progress(ofl, &live, context);
		if (now_ms - moved_ms > deadline_ms)
			return ofl_session_finish(ofl, what, now_ms - moved_ms);
		if (now_ms - looked_ms > 100) {
			looked_ms = now_ms;
			if (ofl->backend->stalled && now_ms - moved_ms > 100)
				ofl->backend->stalled(ofl);
			if (ofl_session_is_dead(ofl))
				return ofl_session_finish(ofl, what, -1);
		}
	}
}
