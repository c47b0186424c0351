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

/*
 * Waits of the stub, in its loops of about 10 cycles: a slow core takes longer, a fast one still has seconds for the
 * host.
 */
#define HOST_WAIT_LOOPS		100000000
/* A frame on the wire: 32 bits at a 16 MHz core and a divider of 256 are below 10000 cycles. */
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

static int allocate(struct ofl_bank *ofl)
{
	struct ofl_session *session = &ofl->session;
	struct target *target = ofl->bank->target;
	const struct ofl_controller *controller = ofl->options.controller;
	uint32_t available = target_get_working_area_avail(target);
	uint32_t stack_bytes = OFL_STACK_BUDGET_BYTES + OFL_FAULT_FRAME_BYTES;
	uint32_t wanted = controller->blob_bytes + stack_bytes + sizeof(struct ofl_params) + 16 +
		(target->backup_working_area ? RING_MAX_BACKED_BYTES : RING_MAX_BYTES);
	uint32_t missing = 0;
	struct ofl_slots slots;

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
		LOG_ERROR("ofl: cannot get %" PRIu32
				" bytes of work area of target %s (with -work-area-backup 1 its content is "
				"read first)",
				size, target_name(target));
		return retval;
	}
	uint32_t address = session->area->address;
	if (address & 3) {
		LOG_ERROR("ofl: the work area at 0x%8.8" PRIx32 " is not on a word boundary", address);
		return ERROR_TARGET_UNALIGNED_ACCESS;
	}
	if (!ofl_layout(address, size, controller->blob_bytes, stack_bytes, &session->layout, &missing) ||
			!ofl_plan_slots(session->layout.ring_bytes, 256, &slots, &missing)) {
		LOG_ERROR("ofl: the work area of target %s is too small: %" PRIu32 " bytes free, at least %" PRIu32
				" more needed "
				"(stub %" PRIu32 ", stack %" PRIu32 ", parameters %zu, the rest is buffer; 2048 serve well)",
				target_name(target), available, missing, controller->blob_bytes, stack_bytes,
				sizeof(struct ofl_params));
		return ERROR_TARGET_RESOURCE_NOT_AVAILABLE;
	}
	return ERROR_OK;
}

/* The stub that an earlier command left there is used again only when every byte of it is still right. */
static int ensure_stub(struct ofl_bank *ofl)
{
	const struct ofl_controller *controller = ofl->options.controller;
	uint32_t address = ofl->session.layout.stub;
	uint8_t *found = malloc(controller->blob_bytes);
	if (!found) {
		LOG_ERROR("ofl: out of memory");
		return ERROR_FAIL;
	}
	int retval = ofl_session_read(ofl, address, found, controller->blob_bytes);
	if (retval == ERROR_OK && memcmp(found, controller->blob, controller->blob_bytes) != 0) {
		ofl->stats.uploads++;
		retval = ofl_session_write(ofl, address, controller->blob, controller->blob_bytes);
		if (retval == ERROR_OK)
			retval = ofl_session_read(ofl, address, found, controller->blob_bytes);
		if (retval == ERROR_OK && memcmp(found, controller->blob, controller->blob_bytes) != 0) {
			uint32_t n = 0;
			while (found[n] == controller->blob[n])
				n++;
			LOG_ERROR("ofl: the work area does not keep what is written: 0x%8.8" PRIx32
					" holds 0x%2.2x instead of 0x%2.2x; "
					"is there RAM at that address? (-work-area-phys, -work-area-size)",
					address + n, found[n], controller->blob[n]);
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
	memset(session, 0, sizeof(*session));
	session->open = true;
	retval = allocate(ofl);
	if (retval == ERROR_OK)
		retval = ofl_cortexm_prepare(target, &session->core);
	if (retval == ERROR_OK)
		retval = ensure_stub(ofl);
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
	int result = ofl_cortexm_restore(target, &session->core);
	if (session->area) {
		int freed = target_free_working_area(target, session->area);
		if (freed != ERROR_OK)
			LOG_ERROR("ofl: the content of the work area at 0x%8.8" PRIx32 " could not be restored",
				session->layout.stub);
		if (result == ERROR_OK)
			result = freed;
		session->area = NULL;
	}
	return retval != ERROR_OK ? retval : result;
}

struct ofl_params *ofl_session_params(struct ofl_bank *ofl, enum ofl_op op)
{
	const struct ofl_chip *chip = &ofl->chip;
	struct ofl_params *params = &ofl->session.params;

	*params = (struct ofl_params) {
		.op = op,
		.status = OFL_STATUS_RUNNING,
		.ring = ofl->session.layout.ring,
		.max_wait = HOST_WAIT_LOOPS,
		.ctl_max_wait = CONTROLLER_WAIT_LOOPS,
		.command = chip->read_command,
		.write_enable = OFL_COMMAND(0x06, 0, 0),
		.latch_mask = 0x02,
		.status_command = chip->status_command,
		.busy_mask = chip->busy_mask,
		.busy_invert = chip->busy_invert,
		.error_command = chip->error_command,
		.error_mask = chip->error_mask,
	};
	memcpy(params->ctl, ofl->options.ctl, sizeof(params->ctl));
	return params;
}

int ofl_session_start(struct ofl_bank *ofl)
{
	struct ofl_session *session = &ofl->session;
	const struct ofl_params *params = &session->params;

	if (!session->area) {
		LOG_ERROR("ofl: the work area was taken away between two steps (target reset?)");
		return ERROR_FAIL;
	}
	/* The struct is nothing but words (ofl_abi.h asserts its size), written in the target's byte order. */
	int retval = ofl_session_write_words(ofl, session->layout.params, (const uint32_t *)params,
			sizeof(*params) / 4);
	if (retval != ERROR_OK)
		return retval;
	ofl->stats.runs++;
	retval = ofl_cortexm_start(ofl->bank->target, &session->core, session->layout.stub, session->layout.stack_high,
			session->layout.params);
	session->started = retval == ERROR_OK;
	return retval;
}

int ofl_session_look(struct ofl_bank *ofl, struct ofl_live *live)
{
	uint32_t words[4];
	keep_alive();
	int retval =
			ofl_session_read_words(ofl, ofl->session.layout.params + offsetof(struct ofl_params, status), words, 4);
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
	ofl_cortexm_finish(ofl->bank->target, &session->core, live.status != OFL_STATUS_RUNNING, &session->layout, text,
		sizeof(text));
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
		return "; look at the protection bits: 'ofl spi BANK 1 0x05'";
	default:
		return "";
	}
}

int ofl_session_finish(struct ofl_bank *ofl, const char *waited_for, int64_t waited_ms)
{
	struct ofl_session *session = &ofl->session;
	struct target *target = ofl->bank->target;
	uint32_t words[2] = {0, 0};
	struct ofl_live live;
	char text[400];

	if (!session->started)
		return ERROR_FAIL;
	session->started = false;

	bool known = ofl_session_look(ofl, &live) == ERROR_OK;
	bool ended = known && live.status != OFL_STATUS_RUNNING;
	int retval = ofl_cortexm_finish(target, &session->core, ended, &session->layout, text, sizeof(text));
	if (retval != ERROR_OK) {
		LOG_ERROR("ofl: %s: while %s: %s", ofl->bank->name, waited_for, text);
		return retval;
	}
	if (!ended) {
		if (waited_ms >= 0)
			LOG_ERROR("ofl: %s: gave up %s after %" PRId64
					" ms without progress (is the flash stuck busy?); the stub was %s",
					ofl->bank->name, waited_for, waited_ms, text);
		else
			LOG_ERROR("ofl: %s: the stub died while %s: %s", ofl->bank->name, waited_for, text);
		restore_controller(ofl);
		return ERROR_TARGET_FAILURE;
	}
	if (ofl->trace)
		LOG_USER("ofl trace: %s: %s: status %" PRIu32 ", %" PRIu32 " done", ofl->bank->name, waited_for, live.status,
			live.done);
	if (live.status == OFL_STATUS_OK)
		return ERROR_OK;

	retval = ofl_session_read_words(ofl, session->layout.params + offsetof(struct ofl_params, fail_value), words, 2);
	if (retval == ERROR_OK)
		LOG_ERROR("ofl: %s: %s failed at flash offset 0x%8.8" PRIx32 ": %s (register 0x%2.2" PRIx32 ")%s",
			ofl->bank->name, waited_for, words[1], ofl_status_text(live.status), words[0], hint(live.status));
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
			if (ofl_session_is_dead(ofl))
				return ofl_session_finish(ofl, what, -1);
		}
	}
}
