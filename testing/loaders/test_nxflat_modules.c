// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Modules that bin/nxflat made of what the compiler gives, read by the driver's reader, bound to a firmware, and run
 * on the simulated cores with code and data at several places. Argument, or LOADERS_DIR of the environment: where they
 * are.
 */

#include "../unit/nxflat_builder.h"
#include "../unit/vb_core_fixture.h"

#include "nxflat_module.h"
#include "ofl_nxflat.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

#define ENTRY_BKPT	CODE
#define FIRMWARE	0x20006000u
#define NAME_BYTES	300
#define MAX_IMPORTS	16
#define PT_LOAD		1u

static const char *directory;

struct file {
	uint8_t *bytes;
	size_t length;
};

/* A module at a place. */
struct loaded {
	struct file file;
	struct ofl_nxflat nxflat;
	uint32_t text, data;
	int calls;	/* of its main, so far */
};

struct place {
	uint32_t text, data;
};

/* Far apart, near, data before code, only a multiple of 8. */
static const struct place places[] = {
	{ 0x20001000, 0x20003000 }, { 0x20002ff8, 0x20000c08 }, { 0x20001008, 0x20001800 }, { 0x20004400, 0x20005000 },
};

static void read_file(struct file *file, const char *name)
{
	char path[NAME_BYTES];

	assert_in_range(snprintf(path, sizeof(path), "%s/%s", directory, name), 1, sizeof(path) - 1);

	FILE *stream = fopen(path, "rb");

	if (!stream)
		fail_msg("cannot open %s", path);
	assert_int_equal(fseek(stream, 0, SEEK_END), 0);

	const long length = ftell(stream);

	assert_in_range(length, 1, 1 << 20);
	rewind(stream);
	file->length = (size_t)length;
	file->bytes = malloc(file->length);
	assert_non_null(file->bytes);
	assert_int_equal(fread(file->bytes, 1, file->length, stream), file->length);
	fclose(stream);
}

static void write_ram(struct machine *m, uint32_t address, const uint8_t *bytes, uint32_t length)
{
	if (length == 0)
		return;
	memcpy(bus_ram_pointer(&m->bus, address, length), bytes, length);
	bus_note_ram_written(&m->bus, address, length);
}

static void load_firmware(struct machine *m, const struct ofl_elf *elf)
{
	struct ofl_elf_segment segment;

	for (unsigned int n = 0; ofl_elf_segment(elf, n, &segment); n++)
		if (segment.type == PT_LOAD)
			write_ram(m, segment.address, elf->bytes + segment.offset, segment.file_size);
}

static void note_unbound(void *context, const char *name, const char *why)
{
	(void)context;
	print_message("# import %s: %s\n", name, why);
}

static void load(struct machine *m, struct loaded *module, const char *name, const struct place *place,
		const struct ofl_elf *firmware)
{
	uint32_t address[MAX_IMPORTS];
	struct ofl_file_error error = { 0 };

	memset(module, 0, sizeof(*module));
	read_file(&module->file, name);
	if (!ofl_nxflat_open(&module->nxflat, module->file.bytes, module->file.length, &error))
		fail_msg("%s: refused at 0x%zx: %s", name, error.offset, error.text);

	const struct ofl_nxflat *nxflat = &module->nxflat;

	assert_true(nxflat->num_imports <= MAX_IMPORTS);
	assert_int_equal(ofl_nxflat_bind(nxflat, firmware, address, note_unbound, NULL), 0);
	if (!ofl_nxflat_check_place(nxflat, place->text, place->data, &error))
		fail_msg("%s: %s", name, error.text);
	module->text = place->text;
	module->data = place->data;

	const uint32_t data_bytes = nxflat->data_bytes + nxflat->bss_bytes;
	uint8_t *data = calloc(1, data_bytes + 1);

	assert_non_null(data);
	ofl_nxflat_data(nxflat, place->text, place->data, address, data);
	write_ram(m, place->text, ofl_nxflat_text(nxflat), nxflat->text_bytes);
	write_ram(m, place->data, data, data_bytes);
	free(data);
}

static int call(struct machine *m, struct loaded *module, int op, int a, int b, int c)
{
	const int arguments[] = { op, a, b, c };

	module->calls++;
	for (unsigned int reg = 0; reg < CORE_SP; reg++)
		core_reg_set(m->core, reg, reg < 4 ? (uint32_t)arguments[reg] : 0xdead0000 + reg);
	core_reg_set(m->core, module->nxflat.abi == OFL_NXFLAT_ABI_R9 ? 9 : 10, module->data);
	core_reg_set(m->core, CORE_SP, STACK);
	core_reg_set(m->core, CORE_LR, ENTRY_BKPT | 1);
	core_reg_set(m->core, CORE_XPSR, 0x01000000);
	core_reg_set(m->core, CORE_PC, module->text + module->nxflat.entry);
	run(m);
	assert_halted_at(m, ENTRY_BKPT);
	/* Thunks borrow a register and a word of the stack. */
	assert_int_equal(core_reg_get(m->core, CORE_SP), STACK);
	for (unsigned int reg = 4; reg < 9; reg++)
		assert_int_equal(core_reg_get(m->core, reg), 0xdead0000 + reg);
	return (int)core_reg_get(m->core, CORE_R0);
}

static void check_code_is_intact(struct machine *m, const struct loaded *module)
{
	assert_memory_equal(bus_ram_pointer(&m->bus, module->text, module->nxflat.text_bytes),
			ofl_nxflat_text(&module->nxflat), module->nxflat.text_bytes);
}

static void check_data(struct machine *m, struct loaded *module)
{
	assert_int_equal(call(m, module, MODULE_ZERO, 3, 4, 0), 304);
	assert_int_equal(call(m, module, MODULE_ZERO, 1, 2, 0), 406);
	assert_int_equal(call(m, module, MODULE_DATA, 0, 0, 0), 507);
	assert_int_equal(call(m, module, MODULE_DATA, 0, 0, 0), 607);
	assert_int_equal(call(m, module, MODULE_POINTERS, 0, 0, 0), 706);
	assert_int_equal(call(m, module, MODULE_STRING, 0, 2, 0), 'e');
	assert_int_equal(call(m, module, MODULE_STRING, 1, 1, 0), 'h');
	assert_int_equal(call(m, module, MODULE_STRING, 2, 9, 0), 's');
	assert_int_equal(call(m, module, MODULE_CONSTANT, 14, 0, 0), 'g');
	assert_int_equal(call(m, module, MODULE_CONSTANT, 15, 0, 0), 0);
}

static void check_functions(struct machine *m, struct loaded *module)
{
	assert_int_equal(call(m, module, MODULE_STATIC_FUNCTION, 39, 0, 0), 42);
	assert_int_equal(call(m, module, MODULE_GLOBAL_FUNCTION, 21, 0, 0), 42);
	assert_int_equal(call(m, module, MODULE_TABLE, 0, 1, 0), 4);
	assert_int_equal(call(m, module, MODULE_TABLE, 1, 4, 0), 8);
	assert_int_equal(call(m, module, MODULE_TABLE, 2, 5, 0), 15);
	/* Tentative definitions, in the other object: two calls of module_double, one of module_triple. */
	assert_int_equal(call(m, module, MODULE_ZERO, 0, 0, 1), 406 + 2);
	assert_int_equal(call(m, module, MODULE_ZERO, 0, 0, 2), 406 + 1);
	assert_int_equal(call(m, module, MODULE_DIVIDE, -100, 7, 1), -13);
	assert_int_equal(call(m, module, 99, 0, 0, 0), -1);
}

static void check_imports(struct machine *m, struct loaded *module)
{
	const int calls = module->calls + 1;

	assert_int_equal(call(m, module, MODULE_IMPORT, 1, 2, 3), 1 + 20 + 300 + 1000 * calls + 5);
	assert_int_equal(call(m, module, MODULE_IMPORT_POINTER, 0, 0, 0), 15);
	assert_int_equal(call(m, module, MODULE_CALLBACK, 10, 20, 0), 10 + 3 + 1 + 3 * 20 + 1);
}

static void check_calls(struct machine *m, struct loaded *module)
{
	const int calls = call(m, module, MODULE_CALLS, 0, 0, 0);

	assert_int_equal(calls, module->calls);
}

static void module_name(char *name, const char *core, const char *base, const char *rest)
{
	snprintf(name, NAME_BYTES, "module-%s-%s%s.nxf", core, base, rest);
}

static struct machine *machine_with_firmware(enum core_type type, struct file *file, struct ofl_elf *firmware)
{
	static const uint16_t bkpt[] = { 0xbe00 };
	struct machine *m = MACHINE(type, bkpt);
	struct ofl_file_error error;

	/* A fault is caught where it happens. */
	poke(m, DEMCR, 1u << 10);
	read_file(file, "nxflat-firmware.elf");
	assert_true(ofl_elf_open(firmware, file->bytes, file->length, &error));
	load_firmware(m, firmware);
	assert_int_not_equal(word_at(m, FIRMWARE), 0);
	return m;
}

static void run_module(enum core_type type, const char *core, const char *base, const struct place *place,
		bool with_imports)
{
	struct file file;
	struct ofl_elf firmware;
	struct machine *m = machine_with_firmware(type, &file, &firmware);
	struct loaded module;
	char name[NAME_BYTES];

	module_name(name, core, base, with_imports ? "" : "-no-imports");
	load(m, &module, name, place, with_imports ? &firmware : NULL);
	assert_int_equal(module.nxflat.abi, strcmp(base, "r9") == 0 ? OFL_NXFLAT_ABI_R9 : OFL_NXFLAT_ABI_R10);
	check_data(m, &module);
	check_functions(m, &module);
	if (with_imports)
		check_imports(m, &module);
	check_calls(m, &module);
	check_code_is_intact(m, &module);
	free(module.file.bytes);
	free(file.bytes);
	free_machine(m);
}

struct run_case {
	enum core_type type;
	const char *core;
};

static const struct run_case cases[] = {
	{ CORE_M0, "m0" }, { CORE_M3, "m3" }, { CORE_M4, "m4" },
	/* What is compiled for the smallest core runs on all. */
	{ CORE_M4, "m0" },
};

static void run_everywhere(const char *base)
{
	for (size_t n = 0; n < COUNT(cases); n++)
		for (size_t place = 0; place < COUNT(places); place++)
			for (unsigned int with_imports = 0; with_imports < 2; with_imports++)
				run_module(cases[n].type, cases[n].core, base, &places[place], with_imports);
}

static void test_modules_with_r9(void **state)
{
	(void)state;
	run_everywhere("r9");
}

static void test_modules_with_r10(void **state)
{
	(void)state;
	run_everywhere("r10");
}

/* One of each generation, and the first one twice: each has its own data. */
static void test_several_modules_at_once(void **state)
{
	static const struct place at[] = {
		{ 0x20001000, 0x20001800 }, { 0x20002000, 0x20002800 }, { 0x20004400, 0x20005000 },
	};
	struct file file;
	struct ofl_elf firmware;
	struct machine *m = machine_with_firmware(CORE_M3, &file, &firmware);
	struct loaded module[COUNT(at)];

	(void)state;
	load(m, &module[0], "module-m3-r9.nxf", &at[0], &firmware);
	load(m, &module[1], "module-m3-r10.nxf", &at[1], &firmware);
	load(m, &module[2], "module-m3-r9.nxf", &at[2], &firmware);
	for (int n = 0; n < (int)COUNT(at); n++)
		assert_int_equal(call(m, &module[n], MODULE_ZERO, n, 0, 0), 100 * n);
	for (int n = 0; n < (int)COUNT(at); n++) {
		assert_int_equal(call(m, &module[n], MODULE_ZERO, 0, 0, 0), 100 * n);
		check_imports(m, &module[n]);
		check_calls(m, &module[n]);
	}
	for (size_t n = 0; n < COUNT(at); n++) {
		check_code_is_intact(m, &module[n]);
		free(module[n].file.bytes);
	}
	free(file.bytes);
	free_machine(m);
}

static void fail_unbound(void *context, const char *name, const char *why)
{
	(void)context;
	fail_msg("%s: %s", name, why);
}

/* A whole-system loader (rtos/README) is a firmware like any other: its functions, the Thumb bit kept. */
static void test_imports_of_an_ofloader_image(void **state)
{
	static const char *const names[] = { "SEGGER_FL_Read", "kernel_sleep", NULL };
	struct nb_module module;
	struct ofl_nxflat nxflat;
	struct ofl_elf image;
	struct ofl_file_error error = { 0 };
	struct file file;
	uint32_t address[COUNT(names)];

	(void)state;
	read_file(&file, "rtos.elf");
	assert_true(ofl_elf_open(&image, file.bytes, file.length, &error));
	nb_make(&module, names);
	assert_true(ofl_nxflat_open(&nxflat, module.bytes, module.length, &error));
	assert_int_equal(ofl_nxflat_bind(&nxflat, &image, address, fail_unbound, NULL), 0);
	for (size_t n = 0; names[n]; n++) {
		struct ofl_elf_symbol symbol;

		assert_true(ofl_elf_find_symbol(&image, names[n], &symbol));
		assert_int_equal(address[n], symbol.value);
		assert_int_equal(address[n] & 1, 1);
		assert_in_range(address[n], 0x20000001, 0x20010000);
	}
	free(file.bytes);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modules_with_r9),
		cmocka_unit_test(test_modules_with_r10),
		cmocka_unit_test(test_several_modules_at_once),
		cmocka_unit_test(test_imports_of_an_ofloader_image),
	};

	directory = argc > 1 ? argv[1] : getenv("LOADERS_DIR");
	if (!directory)
		directory = "testing/loaders/out";
	return cmocka_run_group_tests(tests, NULL, NULL);
}
