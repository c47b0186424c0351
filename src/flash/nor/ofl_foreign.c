// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * A loader file on the target: where its parts go, its life cycle (Init, operation, UnInit), and its functions as runs
 * of the stub. What a file says is in ofl_loader.c and beside it; what is done with its calls, in ofl_foreign_ops.c.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <helper/configuration.h>
#include <helper/time_support.h>

#include "ofl_foreign.h"
#include "ofl_crc.h"

#define MAX_FILE_BYTES		(64 * 1024 * 1024)
/* Less than that is read back, more is judged by a CRC on the target: a run costs as much as about 2 KiB. */
#define READ_BACK_BYTES		2048
/* Clocks, PLL, pins, flash reset: others wait 2 to 10 s (facts 1.1, 1.3). */
#define INIT_MS			10000
/* However long a file says. */
#define FLUSH_CEILING_MS	900000

int ofl_foreign_read_file(const char *name, uint8_t **bytes, size_t *length)
{
	char *path = find_file(name);
	FILE *file = path ? fopen(path, "rb") : NULL;
	free(path);
	if (!file) {
		LOG_ERROR("ofl: loader file %s: %s", name, strerror(errno));
		return ERROR_FAIL;
	}
	*length = 0;
	*bytes = NULL;
	/* In steps: what is no regular file has no size. */
	for (size_t room = 0;;) {
		if (*length == room) {
			room = room ? 2 * room : 65536;
			uint8_t *larger = room > MAX_FILE_BYTES ? NULL : realloc(*bytes, room);
			if (!larger) {
				LOG_ERROR("ofl: loader file %s: larger than %d MiB, or out of memory", name,
					MAX_FILE_BYTES / (1024 * 1024));
				break;
			}
			*bytes = larger;
		}
		size_t n = fread(*bytes + *length, 1, room - *length, file);
		*length += n;
		if (n)
			continue;
		if (ferror(file)) {
			LOG_ERROR("ofl: loader file %s: %s", name, strerror(errno));
			break;
		}
		fclose(file);
		return ERROR_OK;
	}
	fclose(file);
	free(*bytes);
	*bytes = NULL;
	return ERROR_FAIL;
}

static void log_unbound(void *context, const char *name, const char *why)
{
	const struct ofl_options *options = context;
	LOG_ERROR("ofl: %s: import %s: %s%s%s", options->path, name, why, options->symbols ? " " : "",
		options->symbols ? options->symbols : "");
}

/* What a module calls in the firmware; all that is missing is said at once. */
static int bind_imports(struct ofl_bank *ofl, struct ofl_loader *loader, struct ofl_firmware *known)
{
	struct ofl_options *options = &ofl->options;
	struct ofl_elf firmware;
	struct ofl_file_error error = {0};
	uint8_t *bytes = NULL;
	size_t length;

	if (options->symbols) {
		if (loader->format != OFL_FORMAT_NXFLAT) {
			LOG_ERROR("ofl: -symbols is for an NXFLAT module; %s is a %s", options->path,
				ofl_format_text(loader->format));
			return ERROR_COMMAND_ARGUMENT_INVALID;
		}
		int retval = ofl_foreign_read_file(options->symbols, &bytes, &length);
		if (retval != ERROR_OK)
			return retval;
		if (!ofl_elf_open(&firmware, bytes, length, &error)) {
			LOG_ERROR("ofl: -symbols %s: at file offset 0x%zx: %s", options->symbols, error.offset, error.text);
			free(bytes);
			return ERROR_COMMAND_ARGUMENT_INVALID;
		}
	}
	unsigned int num_unbound = ofl_loader_bind(loader, bytes ? &firmware : NULL, log_unbound, options);
	int retval = bytes ? ofl_firmware_take(ofl, &firmware, known) : ERROR_OK;
	free(bytes);
	if (!num_unbound)
		return retval;
	LOG_ERROR("ofl: %s: %u functions of the firmware are missing; -symbols FILE names the ELF file of what runs on the "
		"target", options->path, num_unbound);
	return ERROR_COMMAND_ARGUMENT_INVALID;
}

int ofl_foreign_new(struct ofl_bank *ofl)
{
	const char *name = ofl->options.path;
	struct ofl_file_error error = {0};

	struct ofl_foreign *foreign = calloc(1, sizeof(*foreign));
	if (!foreign) {
		LOG_ERROR("ofl: out of memory");
		return ERROR_FAIL;
	}
	int retval = ofl_foreign_read_file(name, &foreign->file, &foreign->file_bytes);
	if (retval != ERROR_OK) {
		free(foreign);
		return retval;
	}
	if (!ofl_loader_read(&foreign->loader, foreign->file, foreign->file_bytes, &error)) {
		LOG_ERROR("ofl: loader file %s cannot be used: at file offset 0x%zx: %s; 'ofl-check %s' says more", name,
			error.offset, error.text, name);
		free(foreign->file);
		free(foreign);
		return ERROR_COMMAND_ARGUMENT_INVALID;
	}
	retval = bind_imports(ofl, &foreign->loader, &foreign->firmware);
	if (retval != ERROR_OK) {
		ofl_loader_free(&foreign->loader);
		free(foreign->file);
		free(foreign);
		return retval;
	}
	ofl->foreign = foreign;
	return ERROR_OK;
}

void ofl_foreign_free(struct ofl_bank *ofl)
{
	if (!ofl->foreign)
		return;
	ofl_loader_free(&ofl->foreign->loader);
	free(ofl->foreign->file);
	free(ofl->foreign);
	ofl->foreign = NULL;
}

const struct ofl_loader *ofl_foreign_loader(const struct ofl_bank *ofl)
{
	return &ofl->foreign->loader;
}

const char *ofl_foreign_symbol(const struct ofl_bank *ofl, uint32_t address, uint32_t *offset)
{
	return ofl_loader_symbol(&ofl->foreign->loader, address - ofl->foreign->delta, offset);
}

struct flash_sector *ofl_foreign_sectors(const struct ofl_bank *ofl, uint64_t covered_bytes, uint32_t *count)
{
	const struct ofl_loader *loader = &ofl->foreign->loader;
	struct flash_sector *sectors = NULL;

	/* Counted first, then filled. */
	for (unsigned int pass = 0; pass < 2; pass++) {
		*count = 0;
		for (unsigned int n = 0; n < loader->num_regions; n++) {
			const struct ofl_loader_region *region = &loader->region[n];
			for (uint32_t k = 0; k < region->count; k++) {
				uint64_t at = region->offset_bytes + (uint64_t)k * region->sector_bytes;
				if (at + region->sector_bytes > covered_bytes)
					break;
				if (sectors) {
					sectors[*count].offset = at;
					sectors[*count].size = region->sector_bytes;
					sectors[*count].is_protected = 0;
				}
				(*count)++;
			}
		}
		if (!pass && *count)
			sectors = alloc_block_array(0, 0, *count);
		if (!sectors)
			return NULL;
	}
	return sectors;
}

/* ---------------------------------------------------------------- where it goes */

static bool is_inside(const struct ofl_range *area, uint32_t address, uint32_t bytes)
{
	return address >= area->address && bytes <= area->bytes && address - area->address <= area->bytes - bytes;
}

static void take_range(struct ofl_layout_request *request, uint64_t start, uint64_t end)
{
	struct ofl_range *last = request->num_taken ? &request->taken[request->num_taken - 1] : NULL;

	if (start == end)
		return;
	/* Sorted by address; a gap of a few bytes is of no use. When there are too many, all the rest is one. */
	if (last && (start - last->address < last->bytes + 64ull || request->num_taken == OFL_LAYOUT_MAX_RANGES)) {
		last->bytes = MAX(end - last->address, last->bytes);
		return;
	}
	request->taken[request->num_taken].address = start;
	request->taken[request->num_taken++].bytes = end - start;
}

/* The loader's own ranges, neighbours taken together; not the room that it leaves. */
static void take(const struct ofl_loader *loader, struct ofl_layout_request *request)
{
	uint64_t room = loader->room_address, room_end = room + loader->room_bytes;

	for (unsigned int n = 0; n < loader->num_segments; n++) {
		const struct ofl_loader_segment *segment = &loader->segment[n];
		uint64_t start = segment->address, end = start + segment->length_bytes;
		if (room_end > room && room >= start && room_end <= end) {
			take_range(request, start, room);
			start = room_end;
		}
		take_range(request, start, end);
	}
}

void ofl_foreign_room(const struct ofl_bank *ofl, struct ofl_range *room)
{
	room->address = ofl->foreign->loader.room_address;
	room->bytes = ofl->foreign->loader.room_bytes;
}

uint32_t ofl_foreign_page_bytes(const struct ofl_bank *ofl)
{
	uint32_t page_bytes = ofl->foreign->loader.page_bytes;
	/* A system takes any number of bytes; what it calls a page is the buffer that it would give J-Link. */
	if (ofl_system_is_one(ofl))
		return SYSTEM_PAGE_BYTES;
	return page_bytes ? page_bytes : 256;
}

int ofl_foreign_check_core(const struct ofl_bank *ofl)
{
	int cpu_arch = ofl->foreign->loader.cpu_arch;

	if (ofl_cortexm_can_run(&ofl->session.core, cpu_arch))
		return ERROR_OK;
	LOG_ERROR("ofl: %s: the loader is compiled for %s, which the core of target %s cannot execute; nothing was changed",
		ofl->options.path, ofl_cpu_arch_text(cpu_arch), target_name(ofl->bank->target));
	return ERROR_TARGET_INVALID;
}

int ofl_foreign_request(struct ofl_bank *ofl, const struct ofl_range *area, struct ofl_layout_request *request)
{
	struct ofl_foreign *foreign = ofl->foreign;
	const struct ofl_loader *loader = &foreign->loader;

	foreign->movable = loader->position_independent ||
		(loader->relocatable && !ofl_system_is_one(ofl) &&
			!is_inside(area, loader->low, loader->high - loader->low));
	request->num_areas = 1;
	request->area[0] = *area;
	if (foreign->movable) {
		request->loader_bytes = loader->high - loader->low;
		request->loader_alignment = MAX(loader->alignment, LOADER_ALIGNMENT);
	} else {
		take(loader, request);
	}
	/* Said here, because a sum with it could not be calculated in 32 bits. */
	if (ofl_foreign_page_bytes(ofl) > area->bytes) {
		LOG_ERROR("ofl: %s: the loader wants pages of %" PRIu32 " bytes in RAM, there are %" PRIu32 " bytes; a larger "
			"work area (-work-area-size) or other RAM (-ram {ADDRESS SIZE}) is needed", ofl->bank->name,
			ofl_foreign_page_bytes(ofl), area->bytes);
		return ERROR_TARGET_RESOURCE_NOT_AVAILABLE;
	}
	/* One page with its header, and something to check with. */
	request->ring_min_bytes = MAX(ofl_foreign_page_bytes(ofl) + OFL_SLOT_HEADER_BYTES, 512);
	return ERROR_OK;
}

/* ---------------------------------------------------------------- is it there? */

int ofl_foreign_ram_crc(struct ofl_bank *ofl, uint32_t address, uint32_t length, const char *what, uint32_t *crc)
{
	uint32_t table[OFL_CRC_TABLE_WORDS];
	ofl_crc_nibble_table(table);
	int retval = ofl_session_write_words(ofl, ofl->session.layout.ring, table, ARRAY_SIZE(table));
	if (retval != ERROR_OK)
		return retval;
	struct ofl_params *params = ofl_session_params(ofl, OFL_OP_CRC);
	params->call.function = 0;
	params->call.read = 0;
	params->call.map_offset = 0;
	params->address = address;
	params->unit_bytes = length;
	params->count = 1;
	retval = ofl_session_run(ofl, what, 10000, NULL, NULL);
	if (retval != ERROR_OK)
		return retval;
	return ofl_session_read_words(ofl, ofl->session.layout.ring + sizeof(table), crc, 1);
}

/* *first: offset of the first byte that differs; it is only known when the content was read back. */
static int is_there(struct ofl_bank *ofl, uint32_t address, const uint8_t *bytes, uint32_t length, bool read_back,
		bool *same, uint32_t *first)
{
	*first = 0;
	if (length > READ_BACK_BYTES && !read_back) {
		uint32_t crc;
		int retval = ofl_foreign_ram_crc(ofl, address, length, "checking the loader in RAM", &crc);
		*same = retval == ERROR_OK && crc == ofl_crc(bytes, length);
		return retval;
	}
	uint8_t *found = malloc(length);
	if (!found) {
		LOG_ERROR("ofl: out of memory");
		return ERROR_FAIL;
	}
	int retval = ofl_session_read(ofl, address, found, length);
	if (retval == ERROR_OK) {
		while (*first < length && found[*first] == bytes[*first])
			(*first)++;
		*same = *first == length;
	}
	free(found);
	return retval;
}

/* Writes and compares `length` bytes of a segment that go to `address`. */
static int upload_bytes(struct ofl_bank *ofl, const struct ofl_loader_segment *segment, uint32_t address,
		const uint8_t *bytes, uint32_t length)
{
	bool same = false;
	uint32_t first = 0;
	int retval = ERROR_OK;

	if (!length)
		return ERROR_OK;
	/* What the loader may have changed is made new for each session: no state of the last one is relied on. */
	if (!segment->writable)
		retval = is_there(ofl, address, bytes, length, false, &same, &first);
	if (retval != ERROR_OK || same)
		return retval;
	ofl->stats.uploads++;
	retval = ofl_session_write(ofl, address, bytes, length);
	if (retval == ERROR_OK && segment->bytes)
		retval = is_there(ofl, address, bytes, length, false, &same, &first);
	if (retval == ERROR_OK && segment->bytes && !same) {
		LOG_ERROR("ofl: RAM does not keep the loader's section %s: what was written to 0x%8.8" PRIx32
			"-0x%8.8" PRIx32 " reads back differently; is there RAM, and is it switched on ('reset init')?",
			segment->name, address, address + length - 1);
		retval = ERROR_FAIL;
	}
	return retval;
}

static int upload_segment(struct ofl_bank *ofl, unsigned int index)
{
	const struct ofl_foreign *foreign = ofl->foreign;
	const struct ofl_loader_segment *segment = &foreign->loader.segment[index];
	uint32_t address = segment->address + foreign->delta;
	uint32_t length = segment->length_bytes;
	struct ofl_file_error error;
	int retval;

	uint8_t *bytes = malloc(length);
	if (!bytes) {
		LOG_ERROR("ofl: out of memory");
		return ERROR_FAIL;
	}
	if (!ofl_loader_content(&foreign->loader, index, foreign->delta, bytes, &error)) {
		LOG_ERROR("ofl: %s: section %s: at file offset 0x%zx: %s", ofl->options.path, segment->name, error.offset,
			error.text);
		free(bytes);
		return ERROR_FAIL;
	}
	/* Our own parts are in the room that the loader leaves, perhaps. */
	uint32_t room = foreign->loader.room_address - segment->address, room_bytes = foreign->loader.room_bytes;
	if (room_bytes && room < length && room_bytes <= length - room) {
		retval = upload_bytes(ofl, segment, address, bytes, room);
		if (retval == ERROR_OK)
			retval = upload_bytes(ofl, segment, address + room + room_bytes, bytes + room + room_bytes,
					length - room - room_bytes);
	} else {
		retval = upload_bytes(ofl, segment, address, bytes, length);
	}
	free(bytes);
	return retval;
}

int ofl_foreign_upload(struct ofl_bank *ofl)
{
	struct ofl_foreign *foreign = ofl->foreign;
	const struct ofl_loader *loader = &foreign->loader;

	foreign->delta = foreign->movable ? ofl->session.layout.loader - loader->low : 0;
	foreign->purpose = OFL_PURPOSE_NONE;
	foreign->changed = false;
	foreign->dead = false;
	int checked = ofl_firmware_check(ofl, &foreign->firmware);
	if (checked != ERROR_OK)
		return checked;
	for (unsigned int n = 0; n < loader->num_segments; n++) {
		int retval = upload_segment(ofl, n);
		if (retval != ERROR_OK)
			return retval;
	}
	/* The stub has run since the instruction cache was emptied, and new code has come. */
	return ofl_cortexm_forget_code(ofl->bank->target, &ofl->session.core);
}

/* ---------------------------------------------------------------- calls */

void ofl_foreign_fill_params(struct ofl_bank *ofl, struct ofl_params *params)
{
	const struct ofl_foreign *foreign = ofl->foreign;
	const struct ofl_loader *loader = &foreign->loader;
	const struct ofl_layout *layout = &ofl->session.layout;
	struct ofl_call *call = &params->call;
	bool mapped = loader->mapped_read || ofl->options.has_map;

	call->read = mapped ? 0 : ofl_loader_function(loader, OFL_FN_READ, foreign->delta);
	const struct ofl_function *read = &loader->function[OFL_FN_READ];
	call->read_result = read->result | OFL_ARGS_OP(OFL_ARGS_GET_OP(read->args));
	call->map_offset = ofl->options.has_map ? ofl->options.map - ofl->address_base : 0;
	bool irq_on = ofl->options.has_irq ? ofl->options.irq_on : ofl_system_is_one(ofl);
	call->flags = irq_on ? OFL_CALL_IRQ_ON : 0;
	uint32_t static_base = loader->static_base + foreign->delta;
	call->r9 = loader->static_base_in_r10 ? 0 : static_base;
	call->r10 = loader->static_base_in_r10 ? static_base : 0;
	call->stack_low = layout->stack_low;
	/* Results of checks are in the first half of the ring; see ofl_check.c. */
	call->scratch = layout->ring + ((layout->ring_bytes / 2) & ~7u);
	call->scratch_bytes = (layout->ring_bytes / 2) & ~7u;
	call->erased_byte = ofl->erased_byte;
}

void ofl_foreign_set_function(struct ofl_bank *ofl, enum ofl_function_id id)
{
	const struct ofl_foreign *foreign = ofl->foreign;
	const struct ofl_function *function = &foreign->loader.function[id];
	struct ofl_call *call = &ofl->session.params.call;
	call->function = ofl_loader_function(&foreign->loader, id, foreign->delta);
	call->args = function->args;
	call->result = function->result;
}

/* How many of the four argument registers mean something. */
static unsigned int num_args(const struct ofl_loader *loader, enum ofl_function_id id)
{
	const struct ofl_function *function = &loader->function[id];
	bool segger = loader->format == OFL_FORMAT_SEGGER_FLASH_LOADER;
	switch (id) {
	case OFL_FN_INIT:
		return loader->format == OFL_FORMAT_STLDR ? 0 : 3;
	case OFL_FN_UNINIT:
		return segger ? 3 : 1;
	case OFL_FN_ERASE_SECTOR:
		if (loader->format == OFL_FORMAT_NXFLAT)
			return 3;
		if (function->args == OFL_ARGS_FIRST_LAST)
			return 2;
		return strncmp(function->name, "SEGGER", 6) == 0 ? 3 : 1;
	case OFL_FN_ERASE_CHIP:
		return 0;
	case OFL_FN_FLASH_INFO:
		return 2;
	case OFL_FN_CRC:
		return loader->format == OFL_FORMAT_NXFLAT ? 3 : 4;
	default:
		return 3;
	}
}

/* Is that the call that is under way, or was the last? Functions of a module differ in their first argument only. */
static bool is_called(struct ofl_bank *ofl, unsigned int id, const struct ofl_call *call)
{
	const struct ofl_loader *loader = &ofl->foreign->loader;
	const struct ofl_function *function = &loader->function[id];
	uint32_t op = OFL_ARGS_GET_OP(function->args);
	return function->name && ofl_loader_function(loader, id, ofl->foreign->delta) == call->called &&
		(!op || op == call->called_arg[0]);
}

/* How much of a call is said: the call, also what it returned, also what it should have. */
enum say { SAY_CALL, SAY_RESULT, SAY_RULE };

static void describe(struct ofl_bank *ofl, const struct ofl_call *call, enum say say, char *text, size_t text_size)
{
	const struct ofl_loader *loader = &ofl->foreign->loader;
	unsigned int id = 0;
	size_t used;

	text[0] = 0;
	if (!call->called)
		return;
	while (id < OFL_NUM_FUNCTIONS && !is_called(ofl, id, call))
		id++;
	if (id == OFL_NUM_FUNCTIONS) {
		snprintf(text, text_size, "call of 0x%8.8" PRIx32 " (the parameters were overwritten?)", call->called);
		return;
	}
	const uint32_t *arg = call->called_arg + (OFL_ARGS_GET_OP(loader->function[id].args) != 0);
	used = snprintf(text, text_size, "%s(", loader->function[id].name);
	for (unsigned int n = 0; n < num_args(loader, id) && used < text_size; n++)
		used += snprintf(text + used, text_size - used, "%s0x%" PRIx32, n ? ", " : "", arg[n]);
	if (used < text_size)
		used += snprintf(text + used, text_size - used, ")");
	if (say == SAY_CALL || used >= text_size)
		return;
	used += snprintf(text + used, text_size - used, " returned 0x%" PRIx32, call->called_result);
	if (say == SAY_RESULT || used >= text_size)
		return;
	switch (loader->function[id].result) {
	case OFL_RESULT_ZERO:
		snprintf(text + used, text_size - used, " (0 means success)");
		break;
	case OFL_RESULT_ONE:
		snprintf(text + used, text_size - used, " (1 means success)");
		break;
	case OFL_RESULT_END:
		snprintf(text + used, text_size - used, " (success is 0x%" PRIx32 ", anything else the address that differs)",
			arg[0] + arg[1]);
		break;
	case OFL_RESULT_NOT_NEGATIVE:
		snprintf(text + used, text_size - used, " (negative means failure)");
		break;
	}
}

void ofl_foreign_describe_call(struct ofl_bank *ofl, const struct ofl_params *params, char *text, size_t text_size)
{
	bool returned = params->status == OFL_STATUS_CALL_FAILED || params->status == OFL_STATUS_STACK;
	/* Only these come from a call; others would show an earlier, good one. */
	if (params->status == OFL_STATUS_RUNNING || returned)
		describe(ofl, &params->call, returned ? SAY_RULE : SAY_CALL, text, text_size);
}

void ofl_foreign_trace(struct ofl_bank *ofl, int64_t time_ms)
{
	struct ofl_params params;
	char text[300];

	if (ofl_session_read_params(ofl, &params) != ERROR_OK)
		return;
	describe(ofl, &params.call, SAY_RESULT, text, sizeof(text));
	LOG_USER("ofl trace: %s: %s, %" PRId64 " ms", ofl->bank->name, text, time_ms);
}

void ofl_foreign_trace_run(struct ofl_bank *ofl, const char *what)
{
	struct ofl_params params;
	char text[300];

	if (ofl_session_read_params(ofl, &params) != ERROR_OK)
		return;
	describe(ofl, &params.call, SAY_RULE, text, sizeof(text));
	if (text[0])
		LOG_USER("ofl trace: %s: %s: %" PRIu32 " units, last call %s", ofl->bank->name, what, params.done, text);
	else
		LOG_USER("ofl trace: %s: %s: %" PRIu32 " units, read from memory", ofl->bank->name, what, params.done);
}

int ofl_foreign_call(struct ofl_bank *ofl, enum ofl_function_id id, const uint32_t arg[OFL_CALL_ARGS],
		int64_t deadline_ms)
{
	struct ofl_params *params = ofl_session_params(ofl, OFL_OP_CALL);

	params->address = ofl->address_base;
	ofl_foreign_set_function(ofl, id);
	params->call.args = OFL_ARGS_GIVEN | OFL_ARGS_OP(OFL_ARGS_GET_OP(params->call.args));
	memcpy(params->call.arg, arg, sizeof(params->call.arg));
	ofl->stats.calls++;
	int64_t started_ms = timeval_ms();
	int retval = ofl_session_run(ofl, ofl->foreign->loader.function[id].name, deadline_ms, NULL, NULL);
	int64_t took_ms = timeval_ms() - started_ms;
	ofl->stats.longest_call_ms = MAX(ofl->stats.longest_call_ms, took_ms);
	if (retval == ERROR_OK && ofl->trace)
		ofl_foreign_trace(ofl, took_ms);
	return retval;
}

/* ---------------------------------------------------------------- life cycle */

static bool init_each(const struct ofl_bank *ofl)
{
	if (ofl->options.init != OFL_WHEN_DEFAULT)
		return ofl->options.init == OFL_WHEN_EACH;
	/* J-Link pairs SEGGER_FL_Prepare and _Restore once around all that it does to a bank (facts 1.2). */
	return ofl->foreign->loader.format != OFL_FORMAT_SEGGER_FLASH_LOADER;
}

static int uninit(struct ofl_bank *ofl)
{
	struct ofl_foreign *foreign = ofl->foreign;
	bool segger = foreign->loader.format == OFL_FORMAT_SEGGER_FLASH_LOADER;
	uint32_t arg[OFL_CALL_ARGS] = {segger ? ofl->address_base : foreign->purpose};

	if (foreign->purpose == OFL_PURPOSE_NONE)
		return ERROR_OK;
	foreign->purpose = OFL_PURPOSE_NONE;
	if (!foreign->loader.function[OFL_FN_UNINIT].name)
		return ERROR_OK;
	int64_t deadline_ms = INIT_MS;
	if (ofl_system_is_one(ofl)) {
		int retval = ofl_system_before_restore(ofl);
		if (retval != ERROR_OK)
			return retval;
		/* It erases and programs what it kept, a block of any size. */
		deadline_ms = 3ll * (foreign->loader.erase_ms + (int64_t)foreign->loader.program_ms);
		deadline_ms = MIN(MAX(deadline_ms, INIT_MS), FLUSH_CEILING_MS);
	}
	return ofl_foreign_call(ofl, OFL_FN_UNINIT, arg, deadline_ms);
}

static int init(struct ofl_bank *ofl, enum ofl_purpose purpose)
{
	struct ofl_foreign *foreign = ofl->foreign;
	uint32_t arg[OFL_CALL_ARGS] = {0};

	if (foreign->loader.format == OFL_FORMAT_SEGGER_FLASH_LOADER) {
		arg[0] = ofl->address_base;
	} else if (foreign->loader.format == OFL_FORMAT_STLDR) {
		/* STM32CubeProgrammer enters with r0 = 1; no loader is known that looks. */
		arg[0] = 1;
	} else {
		arg[0] = ofl->address_base;
		arg[1] = ofl->options.clock_hz;
		arg[2] = purpose;
	}
	int retval = ofl_foreign_call(ofl, OFL_FN_INIT, arg, INIT_MS);
	ofl->stats.boots += ofl_system_is_one(ofl);
	if (retval == ERROR_OK) {
		foreign->purpose = purpose;
		foreign->changed = false;
	}
	return retval;
}

int ofl_foreign_switch(struct ofl_bank *ofl, enum ofl_purpose purpose)
{
	struct ofl_foreign *foreign = ofl->foreign;

	if (ofl->session.lost)
		return ERROR_FAIL;
	if (foreign->dead) {
		LOG_ERROR("ofl: %s: the loader was stopped in the middle of a call", ofl->bank->name);
		return ERROR_FAIL;
	}
	/* A mapped flash is only mapped again by Init once something was changed (facts 1.3). */
	bool again = purpose == OFL_PURPOSE_VERIFY && foreign->changed && foreign->loader.format == OFL_FORMAT_STLDR &&
		foreign->loader.mapped_read;
	if (foreign->purpose == purpose || (foreign->purpose != OFL_PURPOSE_NONE && !init_each(ofl) && !again)) {
		foreign->changed |= purpose != OFL_PURPOSE_VERIFY;
		return ERROR_OK;
	}
	int retval = init_each(ofl) ? uninit(ofl) : ERROR_OK;
	if (retval == ERROR_OK)
		retval = init(ofl, purpose);
	foreign->changed = purpose != OFL_PURPOSE_VERIFY;
	return retval;
}

/* The deepest use of the stack: above the last word that still has the canary. */
static void measure_stack(struct ofl_bank *ofl)
{
	const struct ofl_layout *layout = &ofl->session.layout;
	uint32_t count = (layout->stack_high - layout->stack_low) / 4;
	uint32_t *words = malloc(4 * count);
	uint32_t free_words = 0;

	if (words && ofl_session_read_words(ofl, layout->stack_low, words, count) == ERROR_OK) {
		while (free_words < count && words[free_words] == OFL_STACK_CANARY)
			free_words++;
		uint32_t used = 4 * (count - free_words);
		ofl->stats.stack_used_bytes = MAX(ofl->stats.stack_used_bytes, used);
	}
	free(words);
}

int ofl_foreign_leave(struct ofl_bank *ofl, int retval)
{
	struct ofl_foreign *foreign = ofl->foreign;
	int left = ERROR_OK;

	if (foreign->dead || ofl->session.lost || !ofl->session.open || foreign->purpose == OFL_PURPOSE_NONE)
		return retval;
	if (foreign->loader.format == OFL_FORMAT_STLDR) {
		/* The application's code in the mapped flash must be readable again. */
		if (foreign->changed)
			left = init(ofl, OFL_PURPOSE_VERIFY);
	} else {
		left = uninit(ofl);
	}
	if (ofl->trace && !foreign->dead)
		measure_stack(ofl);
	return retval != ERROR_OK ? retval : left;
}

void ofl_foreign_autopsy(struct ofl_bank *ofl, bool timed_out)
{
	struct ofl_foreign *foreign = ofl->foreign;
	const struct ofl_loader *loader = &foreign->loader;
	uint32_t stack_low = ofl->session.layout.stack_low;
	uint32_t stack_bytes = ofl->session.layout.stack_high - stack_low;
	uint32_t canary;
	struct ofl_file_error error;

	foreign->dead = true;
	ofl_system_explain(ofl, timed_out);
	if (ofl_session_read_words(ofl, stack_low, &canary, 1) != ERROR_OK)
		return;
	if (canary != OFL_STACK_CANARY)
		LOG_ERROR("ofl: %s: the stack of %" PRIu32 " bytes (down to 0x%8.8" PRIx32 ") overflowed; -stack BYTES "
			"gives more", ofl->bank->name, stack_bytes, stack_low);
	for (unsigned int n = 0; n < loader->num_segments; n++) {
		const struct ofl_loader_segment *segment = &loader->segment[n];
		bool same = true;
		uint32_t first = 0;
		uint8_t *bytes = segment->writable ? NULL : malloc(segment->length_bytes);
		if (!bytes)
			continue;
		if (ofl_loader_content(loader, n, foreign->delta, bytes, &error) &&
				is_there(ofl, segment->address + foreign->delta, bytes, segment->length_bytes, true, &same,
				&first) == ERROR_OK && !same)
			LOG_ERROR("ofl: %s: the loader's section %s was overwritten while it ran, first at 0x%8.8" PRIx32
				" (%s+0x%" PRIx32 ")", ofl->bank->name, segment->name, segment->address + foreign->delta + first,
				segment->name, first);
		free(bytes);
	}
	LOG_WARNING("ofl: %s: the core is halted and its registers are restored; the loader may have left the flash and "
		"its controller in any state: 'reset init' before the next try is safest", ofl->bank->name);
}
