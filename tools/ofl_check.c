// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * ofl-check FILE...: what a file is, what it says about a flash, and everything that is wrong with it, as "key: value"
 * lines.
 *
 * A format is recognised by content, never by name: one entry of `formats` each.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ofl_loader.h"
#include "ofl_sfdp.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION		"of an unnamed build"
#endif

#define EXIT_USABLE		0
#define EXIT_NOT_USABLE		1
#define EXIT_USAGE		2

#define MAX_FILE_BYTES		(64u * 1024 * 1024)	/* loaders are some 100 KiB, dumps less: more is a mistake */

struct check_options {
	bool has_jedec_id;
	uint8_t jedec_id[3];
	struct ofl_report_options loader;
};

struct check_file {
	const char *name;
	uint8_t *bytes;
	size_t length;
};

struct check_format {
	const char *name;	/* NULL: the check prints a better one */
	bool (*recognises)(const struct check_file *file);
	/* Prints all there is to say and returns whether the file can be used. */
	bool (*check)(const struct check_file *file, const struct check_options *options);
};

/* A value may hold bytes of the file or its name: one line remains one line. */
__attribute__((format(printf, 2, 3)))
static void print_value(const char *key, const char *format, ...)
{
	char value[512];
	va_list args;

	va_start(args, format);
	vsnprintf(value, sizeof(value), format, args);
	va_end(args);
	for (char *p = value; *p; p++)
		if (iscntrl((unsigned char)*p))
			*p = '?';
	printf("%s: %s\n", key, value);
}

static bool begins_with(const struct check_file *file, const char *magic, size_t length)
{
	return file->length >= length && memcmp(file->bytes, magic, length) == 0;
}

/* SFDP dump */

static bool recognises_sfdp(const struct check_file *file)
{
	return begins_with(file, "SFDP", 4);
}

static void print_times(const char *key, const char *unit, uint32_t typical, uint32_t max)
{
	if (typical == 0)
		print_value(key, "not said");
	else
		print_value(key, "typical=%u%s max=%u%s", typical, unit, max, unit);
}

static void print_erase_types(const struct ofl_sfdp *sfdp)
{
	for (unsigned int i = 0; i < OFL_SFDP_MAX_ERASE_TYPES; i++) {
		const struct ofl_sfdp_erase_type *type = &sfdp->erase[i];
		char four_byte[24] = "", step[32] = "", times[48] = " times=not-said";

		if (type->size_bytes == 0)
			continue;
		if (type->opcode_4byte != 0)
			snprintf(four_byte, sizeof(four_byte), " opcode-4byte=%02x", type->opcode_4byte);
		if (type->step_bytes != 0)
			snprintf(step, sizeof(step), " step=%u", type->step_bytes);
		if (type->typical_ms != 0)
			snprintf(times, sizeof(times), " typical=%ums max=%ums", type->typical_ms, type->max_ms);
		printf("erase-type-%u: size=%u opcode=%02x%s%s%s\n", i + 1, type->size_bytes, type->opcode, four_byte, step,
				times);
	}
}

static void print_regions(const char *key, const struct ofl_sfdp *sfdp)
{
	for (unsigned int i = 0; i < sfdp->num_regions; i++) {
		const struct ofl_sfdp_region *region = &sfdp->region[i];
		char types[16] = "";

		for (unsigned int type = 0; type < OFL_SFDP_MAX_ERASE_TYPES; type++)
			if (region->erase_mask >> type & 1)
				snprintf(types + strlen(types), sizeof(types) - strlen(types), "%s%u", types[0] ? "," : "", type + 1);
		printf("%s: offset=0x%llx size=0x%llx erase-types=%s\n", key, (unsigned long long)region->offset_bytes,
				(unsigned long long)region->size_bytes, types);
	}
}

static void print_count_or_current(const char *key, uint8_t value)
{
	if (value == 0xff)
		printf(" %s=as-configured", key);
	else
		printf(" %s=%u", key, value);
}

/* Which map is in force only the chip knows; all that its registers can choose are shown. False: none is usable. */
static bool print_detection(const struct check_file *file, const struct ofl_sfdp *sfdp)
{
	bool any = false;
	char why[160] = "";

	for (unsigned int i = 0; i < sfdp->num_map_detect; i++) {
		printf("map-detect-%u: opcode=%02x address=0x%x", i + 1, sfdp->map_detect[i].opcode,
				sfdp->map_detect[i].address);
		print_count_or_current("address-bytes", sfdp->map_detect[i].address_bytes);
		print_count_or_current("dummy-bytes", sfdp->map_detect[i].dummy_bytes);
		printf(" mask=%02x\n", sfdp->map_detect[i].mask);
	}
	for (unsigned int id = 0; id < 1u << sfdp->num_map_detect; id++) {
		struct ofl_sfdp selected = *sfdp;
		char key[32];

		if ((id & sfdp->map_id_set_bits) != sfdp->map_id_set_bits)
			continue;
		if (ofl_sfdp_select_map(file->bytes, file->length, id, &selected, why, sizeof(why)) != OFL_SFDP_OK)
			continue;
		any = true;
		snprintf(key, sizeof(key), "map-%u-region", id);
		print_regions(key, &selected);
		for (unsigned int i = sfdp->num_notes; i < selected.num_notes; i++)
			print_value("note", "map %u: %s", id, selected.note[i]);
	}
	if (!any)
		print_value("error", "no configuration has a usable sector map: %s", why);
	return any;
}

static void print_address_routes(const struct ofl_sfdp *sfdp)
{
	static const struct {
		unsigned int route;
		const char *name;
	} routes[] = {
		{ OFL_SFDP_4B_OPCODES, "own-opcodes" },
		{ OFL_SFDP_4B_ENTER_B7, "b7" },
		{ OFL_SFDP_4B_ENTER_WREN_B7, "06-b7" },
		{ OFL_SFDP_4B_EXTENDED_REG, "extended-register-c5" },
		{ OFL_SFDP_4B_BANK_REG, "bank-register-17" },
		{ OFL_SFDP_4B_NV_CONFIG, "nonvolatile-configuration-b1" },
		{ OFL_SFDP_4B_ALWAYS, "always" },
	};

	print_value("address-bytes", "%s", sfdp->address_bytes == 34 ? "3 or 4" : sfdp->address_bytes == 4 ? "4" : "3");
	printf("address-4byte:");
	if (sfdp->routes_4byte == 0)
		printf(" none");
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (sfdp->routes_4byte & routes[i].route)
			printf(" %s", routes[i].name);
	printf("\n");
}

static void print_modes(const struct ofl_sfdp *sfdp)
{
	if (sfdp->quad_enable == 0xff)
		print_value("quad-enable", "not said");
	else
		print_value("quad-enable", "%u", sfdp->quad_enable);
	print_value("soft-reset", "%s", sfdp->soft_reset_66_99 ? "66 99" : "not said");
	print_value("busy", "%s", sfdp->busy_by_flag_status
			? "flag status register 70, bit 7" : "status register 05, bit 0");
	if (sfdp->deep_power_down)
		print_value("deep-power-down", "enter=%02x exit=%02x exit-time=%uns", sfdp->deep_power_down_enter,
				sfdp->deep_power_down_exit, sfdp->deep_power_down_exit_ns);
	if (sfdp->num_dies > 1)
		print_value("dies", "%u", sfdp->num_dies);
	if (sfdp->program_once_bytes != 0)
		print_value("program-once-bytes", "%u", sfdp->program_once_bytes);
}

static bool check_sfdp(const struct check_file *file, const struct check_options *options)
{
	struct ofl_sfdp sfdp;
	size_t need_bytes = 0;
	char why[200];
	bool usable = true;
	const enum ofl_sfdp_result result = ofl_sfdp_parse(file->bytes, file->length,
			options->has_jedec_id ? options->jedec_id : NULL, &sfdp, &need_bytes, why, sizeof(why));

	if (result == OFL_SFDP_NEED_MORE) {
		print_value("error", "the dump is cut short: %s; read %zu bytes from SFDP address 0", why, need_bytes);
		return false;
	}
	if (result != OFL_SFDP_OK) {
		print_value("error", "%s", why);
		return false;
	}

	print_value("revision", "%u.%u", sfdp.major, sfdp.minor);
	print_value("basic-table", "revision=1.%u dwords=%u", sfdp.bfpt_minor, sfdp.bfpt_dwords);
	print_value("size", "%llu", (unsigned long long)sfdp.size_bytes);
	if (sfdp.size_bytes != sfdp.density_bytes)
		print_value("density", "%llu", (unsigned long long)sfdp.density_bytes);
	if (sfdp.page_bytes == 0)
		print_value("page", "not said");
	else
		print_value("page", "%u", sfdp.page_bytes);
	print_times("page-program", "us", sfdp.page_program_typical_us, sfdp.page_program_max_us);
	print_erase_types(&sfdp);
	print_times("chip-erase", "ms", sfdp.chip_erase_typical_ms, sfdp.chip_erase_max_ms);
	print_regions("region", &sfdp);
	if (sfdp.num_map_detect != 0)
		usable = print_detection(file, &sfdp);
	print_address_routes(&sfdp);
	print_modes(&sfdp);
	if (!options->has_jedec_id)
		print_value("note", "without --jedec the corrections for parts known to be wrong are not applied");
	for (unsigned int i = 0; i < sfdp.num_notes; i++)
		print_value("note", "%s", sfdp.note[i]);
	return usable;
}

/* Loader files */

static bool recognises_loader(const struct check_file *file)
{
	return ofl_loader_recognises(file->bytes, file->length);
}

static void print_line(void *context, const char *text)
{
	(void)context;
	printf("%s\n", text);
}

static bool check_loader(const struct check_file *file, const struct check_options *options)
{
	static struct ofl_loader loader;
	struct ofl_file_error error;

	if (!ofl_loader_read(&loader, file->bytes, file->length, &error)) {
		print_value("format", "%s", ofl_nxflat_recognises(file->bytes, file->length) ? "NXFLAT module" : "ELF");
		print_value("error", "%s (offset 0x%zx)", error.text, error.offset);
		return false;
	}

	const bool usable = ofl_loader_report(&loader, &options->loader, print_line, NULL);

	ofl_loader_free(&loader);
	return usable;
}

/* The first entry that recognises a file checks it. */
static const struct check_format formats[] = {
	{ "SFDP dump", recognises_sfdp, check_sfdp },
	{ NULL, recognises_loader, check_loader },
};

static void print_unknown(const struct check_file *file)
{
	char start[3 * 8 + 1] = "";
	size_t same = 0;

	print_value("format", "unknown");
	if (file->length == 0) {
		print_value("error", "the file is empty");
		return;
	}
	while (same < file->length && file->bytes[same] == file->bytes[0])
		same++;
	if (same == file->length && (file->bytes[0] == 0x00 || file->bytes[0] == 0xff)) {
		print_value("error", "all %zu bytes are %02X: a dump of a chip that did not answer, or has no SFDP",
				file->length, file->bytes[0]);
		return;
	}
	for (size_t i = 0; i < 8 && i < file->length; i++)
		snprintf(start + 3 * i, sizeof(start) - 3 * i, " %02x", file->bytes[i]);
	print_value("error", "neither an SFDP dump nor an ELF file nor an NXFLAT module; it starts with%s", start);
}

/* Fills in `file`; false: said why. */
static bool read_file(struct check_file *file)
{
	size_t room = 64 * 1024;
	FILE *stream = fopen(file->name, "rb");

	if (!stream) {
		print_value("error", "cannot be opened: %s", strerror(errno));
		return false;
	}
	file->bytes = malloc(room);
	while (file->bytes) {
		file->length += fread(file->bytes + file->length, 1, room - file->length, stream);
		if (file->length < room || room > MAX_FILE_BYTES)
			break;
		room *= 2;

		uint8_t *larger = realloc(file->bytes, room);
		if (!larger)
			free(file->bytes);
		file->bytes = larger;
	}

	const int read_error = ferror(stream) ? errno : 0;
	fclose(stream);
	if (!file->bytes)
		print_value("error", "out of memory");
	else if (read_error)
		print_value("error", "cannot be read: %s", strerror(read_error));
	else if (file->length > MAX_FILE_BYTES)
		print_value("error", "larger than %u MiB: neither a dump nor a loader", MAX_FILE_BYTES >> 20);
	else
		return true;
	return false;
}

static bool check_content(const struct check_file *file, const struct check_options *options)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (!formats[i].recognises(file))
			continue;
		if (formats[i].name)
			print_value("format", "%s", formats[i].name);
		print_value("bytes", "%zu", file->length);
		return formats[i].check(file, options);
	}
	print_unknown(file);
	return false;
}

static bool check_named_file(const char *name, const struct check_options *options)
{
	struct check_file file = { .name = name };

	print_value("file", "%s", name);
	const bool usable = read_file(&file) && check_content(&file, options);
	print_value("result", "%s", usable ? "usable" : "not usable");
	free(file.bytes);
	return usable;
}

static bool parse_jedec_id(const char *text, struct check_options *options)
{
	const size_t length = strlen(text);

	/* More than three bytes may be given, as chips answer more; three choose the corrections. */
	if (length < 6 || length % 2 != 0 || strspn(text, "0123456789abcdefABCDEF") != length)
		return false;
	for (unsigned int i = 0; i < 3; i++) {
		const char digits[3] = { text[2 * i], text[2 * i + 1], '\0' };

		options->jedec_id[i] = strtoul(digits, NULL, 16);
	}
	options->has_jedec_id = true;
	return true;
}

/* ADDRESS,SIZE within the 32 bit address space */
static bool parse_work_area(const char *text, struct check_options *options)
{
	unsigned long long value[2];

	for (unsigned int i = 0; i < 2; i++) {
		char *end;

		errno = 0;
		value[i] = strtoull(text, &end, 0);
		if (!isdigit((unsigned char)*text) || errno != 0 || *end != (i == 0 ? ',' : '\0'))
			return false;
		text = end + 1;
	}
	if (value[0] > UINT32_MAX || value[1] == 0 || value[1] > UINT32_MAX - value[0] + 1 || value[1] > UINT32_MAX)
		return false;
	options->loader.work_area_address = value[0];
	options->loader.work_area_bytes = value[1];
	return true;
}

static bool parse_cpu(const char *text, struct check_options *options)
{
	options->loader.target_is_v6m = strcmp(text, "v6-m") == 0;
	return options->loader.target_is_v6m || strcmp(text, "v7-m") == 0;
}

static void print_help(FILE *stream)
{
	fprintf(stream,
		"usage: ofl-check [OPTION]... FILE...\n"
		"Says what each FILE is, what it says about a flash and what is wrong with it, one \"key: value\" per line.\n"
		"\n"
		"  --jedec HEX   the chip's answer to 9F, for example ef4018: applies what is known about that part\n"
		"  --work-area ADDRESS,SIZE\n"
		"                RAM of the target that OpenOCD may use: says whether a loader fits or lies in it\n"
		"  --cpu ARCH    v6-m: the target is a Cortex-M0, M0+ or M1; v7-m: any other Cortex-M (the default)\n"
		"  --help        this text\n"
		"  --version     the version\n"
		"\n"
		"FILE may be a flash loader, whatever its name: a CMSIS-Pack flash algorithm (FLM), a SEGGER Open Flash\n"
		"Loader or Flash Loader, an STM32CubeProgrammer external loader (stldr), an NXFLAT module; or an SFDP dump:\n"
		"raw bytes from SFDP address 0, as in Linux's sysfs file spi-nor/sfdp.\n"
		"Exit status: 0 every file can be used (notes are warnings), 1 one cannot, 2 wrong usage.\n");
}

int main(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "jedec", required_argument, NULL, 'j' },
		{ "work-area", required_argument, NULL, 'w' },
		{ "cpu", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	struct check_options options = { 0 };
	bool all_usable = true;
	int option;

	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		switch (option) {
		case 'j':
			if (parse_jedec_id(optarg, &options))
				break;
			fprintf(stderr, "ofl-check: --jedec wants at least 3 bytes in hex, for example ef4018, not '%s'\n", optarg);
			return EXIT_USAGE;
		case 'w':
			if (parse_work_area(optarg, &options))
				break;
			fprintf(stderr, "ofl-check: --work-area wants ADDRESS,SIZE, for example 0x20000000,0x8000, not '%s'\n",
				optarg);
			return EXIT_USAGE;
		case 'c':
			if (parse_cpu(optarg, &options))
				break;
			fprintf(stderr, "ofl-check: --cpu wants v6-m or v7-m, not '%s'\n", optarg);
			return EXIT_USAGE;
		case 'h':
			print_help(stdout);
			return EXIT_USABLE;
		case 'V':
			printf("ofl-check %s\n", PACKAGE_VERSION);
			return EXIT_USABLE;
		default:
			fprintf(stderr, "ofl-check: --help shows the usage\n");
			return EXIT_USAGE;
		}
	}
	if (optind == argc) {
		print_help(stderr);
		return EXIT_USAGE;
	}

	for (int i = optind; i < argc; i++) {
		if (i > optind)
			printf("\n");
		all_usable &= check_named_file(argv[i], &options);
	}
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "ofl-check: the output cannot be written: %s\n", strerror(errno));
		return EXIT_NOT_USABLE;
	}
	return all_usable ? EXIT_USABLE : EXIT_NOT_USABLE;
}
