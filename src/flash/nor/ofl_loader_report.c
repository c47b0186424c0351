// SPDX-License-Identifier: GPL-2.0-or-later

/* What a loader file is, as "key: value" lines for people and scripts. */

#include "ofl_loader_system.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Tag_CPU_arch: "Addenda to, and Errata in, the ABI for the Arm Architecture", IHI 0045, "Build Attributes". */
#define CPU_ARCH_V6_M		11
#define CPU_ARCH_V6S_M		12
#define CPU_ARCH_V7		10
#define CPU_ARCH_V7E_M		13
#define CPU_ARCH_V8_M_BASE	16
#define CPU_ARCH_V8_M_MAIN	17
#define CPU_ARCH_V8_1_M_MAIN	21

const char *ofl_cpu_arch_text(int cpu_arch)
{
	switch (cpu_arch) {
	case -1:
		return "not said";
	case CPU_ARCH_V6_M:
	case CPU_ARCH_V6S_M:
		return "Cortex-M0/M0+/M1 (ARMv6-M)";
	case CPU_ARCH_V7:
		return "Cortex-M3 (ARMv7-M)";
	case CPU_ARCH_V7E_M:
		return "Cortex-M4/M7 (ARMv7E-M)";
	case CPU_ARCH_V8_M_BASE:
		return "Cortex-M23 (ARMv8-M Baseline)";
	case CPU_ARCH_V8_M_MAIN:
		return "Cortex-M33/M35P (ARMv8-M Mainline)";
	case CPU_ARCH_V8_1_M_MAIN:
		return "Cortex-M52/M55/M85 (ARMv8.1-M Mainline)";
	default:
		return "not a Cortex-M";
	}
}

bool ofl_cpu_arch_is_v6m(int cpu_arch)
{
	return cpu_arch == -1 || cpu_arch == CPU_ARCH_V6_M || cpu_arch == CPU_ARCH_V6S_M;
}

struct report {
	const struct ofl_loader *loader;
	void (*line)(void *context, const char *text);
	void *context;
};

/* Names from the file may be in it: one item stays one line. */
__attribute__((format(printf, 3, 4)))
static void say(const struct report *report, const char *key, const char *format, ...)
{
	char text[512];
	va_list arguments;
	const int length = snprintf(text, sizeof(text), "%s: ", key);

	va_start(arguments, format);
	vsnprintf(text + length, sizeof(text) - (size_t)length, format, arguments);
	va_end(arguments);
	for (char *c = text; *c != '\0'; c++)
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
	report->line(report->context, text);
}

static void say_ms(const struct report *report, const char *key, uint32_t ms)
{
	if (ms == 0)
		say(report, key, "not said");
	else
		say(report, key, "%" PRIu32, ms);
}

static void say_device(const struct report *report)
{
	const struct ofl_loader *loader = report->loader;

	say(report, "format", "%s", ofl_format_text(loader->format));
	say(report, "device", "%s", loader->device_name[0] != '\0' ? loader->device_name : "not said");
	say(report, "device-type", "%u (%s)", loader->device_type, loader->device_type_text);
	if (loader->geometry_unknown) {
		say(report, "base", "not said, give it in the bank line");
		say(report, "size-bytes", "not said, give it in the bank line");
	} else {
		say(report, "base", "0x%08" PRIx32, loader->base);
		say(report, "size-bytes", "%" PRIu64, loader->size_bytes);
		if (loader->declared_bytes != loader->size_bytes)
			say(report, "declared-bytes", "%" PRIu64, loader->declared_bytes);
	}
	say(report, "page-bytes", "%" PRIu32, loader->page_bytes);
	say(report, "program-unit-bytes", "%" PRIu32, loader->program_unit_bytes);
	say(report, "pages-per-call", "%s", loader->takes_many_pages ? "any" : "1");
	say(report, "erased-byte", "0x%02x", loader->erased_byte);
	say_ms(report, "program-ms", loader->program_ms);
	say_ms(report, "erase-ms", loader->erase_ms);
	for (unsigned int i = 0; i < loader->num_regions; i++) {
		const struct ofl_loader_region *region = &loader->region[i];

		if (region->count == 0)
			say(report, "sectors", "offset=0x%" PRIx64 " size=0x%" PRIx32 " count=not-said", region->offset_bytes,
					region->sector_bytes);
		else
			say(report, "sectors", "offset=0x%" PRIx64 " size=0x%" PRIx32 " count=%" PRIu32, region->offset_bytes,
					region->sector_bytes, region->count);
	}
}

static const char *args_text(uint32_t args)
{
	switch (OFL_ARGS_STYLE(args)) {
	case OFL_ARGS_DATA:
		return "address,bytes,buffer";
	case OFL_ARGS_WORDS:
		return "address,buffer,words,0";
	case OFL_ARGS_SECTOR:
		return "address,sector,1";
	case OFL_ARGS_FIRST_LAST:
		return "first,last";
	case OFL_ARGS_BLANK:
		return "address,bytes,erased-byte";
	case OFL_ARGS_CRC:
		return "start-value,address,bytes,polynomial";
	default:
		return "its-own";
	}
}

static const char *result_text(uint32_t result)
{
	switch (result) {
	case OFL_RESULT_ZERO:
		return "0";
	case OFL_RESULT_ONE:
		return "1";
	case OFL_RESULT_END:
		return "end-address";
	case OFL_RESULT_NOT_NEGATIVE:
		return "not-negative";
	default:
		return "any";
	}
}

static const char *read_text(const struct ofl_loader *loader)
{
	if (loader->function[OFL_FN_READ].name)
		return "by its function";
	return loader->mapped_read ? "mapped, at the device's addresses" : "not at all, its Verify compares";
}

static void say_functions(const struct report *report)
{
	const struct ofl_loader *loader = report->loader;
	const struct ofl_function_rule *rule;
	struct ofl_elf_symbol symbol;

	for (unsigned int id = 0; id < OFL_NUM_FUNCTIONS; id++) {
		const struct ofl_function *function = &loader->function[id];

		char op[24] = "";

		if (!function->name)
			continue;
		if (OFL_ARGS_GET_OP(function->args) != 0)
			snprintf(op, sizeof(op), "%" PRIu32 ",", OFL_ARGS_GET_OP(function->args));
		say(report, "function", "%s address=0x%08" PRIx32 " args=%s%s success=%s", function->name, function->address,
				op, args_text(function->args), result_text(function->result));
	}
	for (unsigned int n = 0; (rule = ofl_loader_rule(n)); n++)
		if (rule->format == loader->format && !ofl_elf_find_symbol(&loader->elf, rule->name, &symbol))
			say(report, "missing", "%s", rule->name);
	say(report, "read", "%s", read_text(loader));
}

static const char *placement_text(const struct ofl_loader *loader)
{
	if (loader->position_independent)
		return "position independent";
	return loader->relocatable ? "relocatable" : "fixed";
}

static const char *fpu_text(unsigned int fpu)
{
	switch (fpu) {
	case 0:
		return "not used";
	case 3:
	case 4:
		return "may be used (VFPv3)";
	case 5:
	case 6:
		return "may be used (VFPv4)";
	case 7:
	case 8:
		return "may be used (ARMv8)";
	default:
		return "may be used";
	}
}

static uint32_t ram_needed_bytes(const struct ofl_loader *loader)
{
	uint32_t bytes = 0;

	/* What moves, moves as one piece, with its gaps. */
	if (loader->position_independent || loader->relocatable)
		return loader->high - loader->low;
	for (unsigned int i = 0; i < loader->num_segments; i++)
		bytes += loader->segment[i].length_bytes;
	return bytes;
}

static void say_module(const struct report *report)
{
	const struct ofl_loader *loader = report->loader;
	struct ofl_nxflat_import import;

	say(report, "base-register", "%s", loader->static_base_in_r10 ? "r10" : "r9");
	say(report, "stack-bytes", "%" PRIu32, loader->stack_bytes);
	for (unsigned int n = 0; ofl_nxflat_import(&loader->nxflat, n, &import); n++)
		if (!import.is_marker)
			say(report, "import", "%s", import.name);
}

static void say_ram(const struct report *report)
{
	const struct ofl_loader *loader = report->loader;

	for (unsigned int i = 0; i < loader->num_segments; i++) {
		const struct ofl_loader_segment *segment = &loader->segment[i];

		say(report, "ram", "0x%08" PRIx32 "-0x%08" PRIx32 " bytes=%" PRIu32 " section=%.64s access=r%s%s from=%s",
				segment->address, segment->address + segment->length_bytes - 1, segment->length_bytes,
				segment->name, segment->writable ? "w" : "", segment->executable ? "x" : "",
				segment->bytes ? "file" : "zeros");
	}
	say(report, "placement", "%s", placement_text(loader));
	say(report, "alignment", "%" PRIu32, loader->alignment);
	say(report, "ram-needed-bytes", "%" PRIu32, ram_needed_bytes(loader));
	say(report, "static-base", "0x%08" PRIx32, loader->static_base);
	if (loader->format == OFL_FORMAT_NXFLAT)
		say_module(report);
	/* As it was built: CONFIG_SYSTEM_OFLOADER_STACKSIZE and _BUFFERSIZE; the driver divides the whole by itself. */
	const uint32_t buffer_bytes = loader->page_bytes < loader->room_bytes ? loader->page_bytes : 0;

	if (loader->room_bytes != 0)
		say(report, "room", "0x%08" PRIx32 "-0x%08" PRIx32 " bytes=%" PRIu32 " stack=%" PRIu32 " buffer=%" PRIu32,
				loader->room_address, loader->room_address + loader->room_bytes - 1, loader->room_bytes,
				loader->room_bytes - buffer_bytes, buffer_bytes);
	say(report, "cpu", "%s", ofl_cpu_arch_text(loader->cpu_arch));
	say(report, "fpu", "%s", fpu_text(loader->fpu));
}

static bool check_cpu(const struct report *report, const struct ofl_report_options *options)
{
	if (!options->target_is_v6m)
		return true;
	if (!ofl_cpu_arch_is_v6m(report->loader->cpu_arch)) {
		say(report, "error", "its code is for %s and does not run on an ARMv6-M core",
				ofl_cpu_arch_text(report->loader->cpu_arch));
		return false;
	}
	if (report->loader->fpu != 0) {
		say(report, "error", "its code may use a floating-point unit, which an ARMv6-M core has not");
		return false;
	}
	return true;
}

/* What moves must fit; what does not move takes room away, which the driver works around. */
static bool check_work_area(const struct report *report, const struct ofl_report_options *options)
{
	const struct ofl_loader *loader = report->loader;
	const uint64_t start = options->work_area_address, end = start + options->work_area_bytes;

	if (options->work_area_bytes == 0)
		return true;
	if (loader->position_independent || loader->relocatable) {
		if (ram_needed_bytes(loader) < options->work_area_bytes)
			return true;
		say(report, "error", "it needs %" PRIu32 " bytes of RAM, the work area has %" PRIu32 " for it, stack and data",
				ram_needed_bytes(loader), options->work_area_bytes);
		return false;
	}
	for (unsigned int i = 0; i < loader->num_segments; i++) {
		const struct ofl_loader_segment *segment = &loader->segment[i];

		if (segment->address < end && (uint64_t)segment->address + segment->length_bytes > start)
			say(report, "note", "section %.64s, 0x%08" PRIx32 "-0x%08" PRIx32 ", lies in the work area 0x%08" PRIx32
					"-0x%08" PRIx32 "; stub, stack and buffer go around it", segment->name, segment->address,
					segment->address + segment->length_bytes - 1, options->work_area_address, (uint32_t)(end - 1));
	}
	return true;
}

/* The system owns all RAM of the chip but the room: its heap is not in the file. */
static void say_system(const struct report *report)
{
	const struct ofl_loader *loader = report->loader;
	struct ofl_system system;

	if (!ofl_loader_system(loader, &system))
		return;
	say(report, "kind", "a whole operating system, which Prepare boots");
	say(report, "device-table", "%s", system.num_devices != 0 ? system.table : "not found, or without addresses");
	for (unsigned int i = 0; i < system.num_devices; i++) {
		const struct ofl_system_device *device = &system.device[i];

		if (device->has_size)
			say(report, "device-entry", "%s address=0x%08" PRIx32 " bytes=%" PRIu32, device->path, device->address,
					device->size_bytes);
		else if (device->has_address)
			say(report, "device-entry", "%s address=0x%08" PRIx32 " bytes=not-said", device->path, device->address);
		else
			say(report, "device-entry", "%s address=not-said bytes=not-said", device->path);
	}
	for (unsigned int i = 0; i < system.num_paths && system.num_devices == 0; i++)
		say(report, "device-path", "%s", system.path[i]);
	say(report, "warning", "it owns all RAM of the chip: what is not in the file is its heap; the host has the room "
			"only, for stub, stack and buffer, and RAM is not as before afterwards");
	if (system.maps_wrongly)
		say(report, "warning", "/dev/flash reaches beyond 0x0800ffff: NuttX's progmem driver takes all blocks for as "
				"large as the first, and on an STM32F4 programs what is beyond at wrong addresses; SIZE 0x10000 is "
				"safe there");
	if (system.wait_address != 0)
		say(report, "warning", "the loop at 0x%08" PRIx32 " waits for an answer without loading it again: it hangs "
				"when the driver sleeps; '-nuttx-wake on' helps, or volatile in segger.c", system.wait_address);
}

bool ofl_loader_report(const struct ofl_loader *loader, const struct ofl_report_options *options,
		void (*line)(void *context, const char *text), void *context)
{
	const struct report report = { .loader = loader, .line = line, .context = context };

	say_device(&report);
	say_functions(&report);
	say_ram(&report);
	say_system(&report);
	for (unsigned int i = 0; i < loader->num_notes; i++)
		say(&report, "note", "%s", loader->note[i]);

	const bool right_cpu = check_cpu(&report, options);
	const bool fits = check_work_area(&report, options);

	return right_cpu && fits;
}
