// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * usage: loader_seeds DIRECTORY
 *
 * Writes one small file of each format, laid out as the linkers in use lay them out, for the fuzzer to begin with.
 */

#include <stdio.h>
#include <string.h>

#include "elf_builder.h"

#define FLASH_DEVICE_BYTES	160u
#define STORAGE_INFO_BYTES	200u
#define END			0xffffffffu
/* "ELF for the Arm Architecture", IHI 0044, relocation codes */
#define THM_MOVW_ABS_NC		47
#define THM_MOVT_ABS		48

/* CMSIS-Pack, "Flash Programming Algorithms", struct FlashDevice, the sector pairs of its template. */
static uint32_t put_flash_device(uint8_t *bytes, uint32_t base, uint32_t size, uint32_t page)
{
	const uint32_t pairs[] = { 0x2000, 0, 0x10000, 0x10000, 0x2000, 0x30000, END, END };

	eb_put16(bytes, 0, 0x0101);
	strcpy((char *)bytes + 2, "fuzzed");
	eb_put16(bytes, 130, 5);
	eb_put32(bytes, 132, base);
	eb_put32(bytes, 136, size);
	eb_put32(bytes, 140, page);
	bytes[148] = 0xff;
	eb_put32(bytes, 152, 300);
	eb_put32(bytes, 156, 3000);
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		eb_put32(bytes, FLASH_DEVICE_BYTES + 4 * i, pairs[i]);
	return FLASH_DEVICE_BYTES + sizeof(pairs);
}

static void add_functions(struct elf_builder *builder, unsigned int section, const char *const *names)
{
	for (unsigned int i = 0; names[i]; i++)
		eb_function(builder, names[i], section, 4 * i);
}

static const char *const flm_functions[] = {
	"Init", "UnInit", "EraseSector", "EraseChip", "ProgramPage", "Verify", "BlankCheck", NULL
};

/* armlink: position independent, DevDscr "executable" and at the address of zero-initialised data in no segment. */
static void build_flm(struct elf_builder *builder)
{
	uint8_t device[256] = { 0 };
	const uint32_t device_bytes = put_flash_device(device, 0x08000000, 0x40000, 256);
	const unsigned int code = eb_section(builder, "PrgCode", EB_PROGBITS, EB_ALLOC | EB_EXECINSTR, 0, NULL, 64, 4);
	const unsigned int data = eb_section(builder, "PrgData", EB_PROGBITS, EB_ALLOC | EB_WRITE, 64, "data", 4, 4);

	eb_section(builder, "PrgData", EB_NOBITS, EB_ALLOC | EB_WRITE, 68, NULL, 256, 4);

	const unsigned int descriptor = eb_section(builder, "DevDscr", EB_PROGBITS, EB_ALLOC | EB_EXECINSTR, 68, device,
			device_bytes, 4);

	add_functions(builder, code, flm_functions);
	eb_object(builder, "FlashDevice", descriptor, 0, 4256);
	eb_segment(builder, EB_PT_LOAD, 7, code, data);
	eb_segment(builder, EB_PT_LOAD, 4, descriptor, descriptor);
}

/* Linked at an address of RAM, with the relocations kept. */
static void build_open_flash_loader(struct elf_builder *builder)
{
	static const char *const more[] = {
		"SEGGER_OPEN_Read", "SEGGER_OPEN_Program", "SEGGER_OPEN_Erase", "SEGGER_OPEN_CalcCRC", NULL
	};
	/* movw r0, #0x0011; movt r0, #0x2000 */
	static const uint8_t init_to_r0[] = { 0x40, 0xf2, 0x11, 0x00, 0xc2, 0xf2, 0x00, 0x00 };
	uint8_t device[256] = { 0 };
	const uint32_t device_bytes = put_flash_device(device, 0x60000000, 0x40000, 512);
	const unsigned int table = eb_section(builder, "PrgCode", EB_PROGBITS, EB_ALLOC, 0x20000000, NULL, 16, 4);
	const unsigned int code = eb_section(builder, ".text", EB_PROGBITS, EB_ALLOC | EB_EXECINSTR, 0x20000010, NULL, 64,
			4);

	eb_section(builder, "PrgData", EB_PROGBITS, EB_ALLOC | EB_WRITE, 0x20000050, NULL, 8, 4);

	const unsigned int descriptor = eb_section(builder, "DevDscr", EB_PROGBITS, EB_ALLOC, 0x20000058, device,
			device_bytes, 4);
	const unsigned int init = eb_function(builder, "Init", code, 0);

	add_functions(builder, code, flm_functions + 1);
	add_functions(builder, code, more);
	eb_object(builder, "FlashDevice", descriptor, 0, device_bytes);
	eb_segment(builder, EB_PT_LOAD, 7, table, descriptor);
	eb_put32(builder->section[table].bytes, 4, 0x20000011);
	eb_relocation(builder, table, 0x20000004, EB_ABS32, init, 0);
	eb_relocation(builder, code, 0x20000020, EB_THM_CALL, init, 0);
	memcpy(builder->section[code].bytes + 0x20, init_to_r0, sizeof(init_to_r0));
	eb_relocation(builder, code, 0x20000030, THM_MOVW_ABS_NC, init, 0);
	eb_relocation(builder, code, 0x20000034, THM_MOVT_ABS, init, 0);
	eb_attributes(builder, 12, 0);
}

/* The same with addends, which is what other linkers keep. */
static void build_with_addends(struct elf_builder *builder)
{
	build_open_flash_loader(builder);
	builder->rela = true;
}

/* As NuttX's: says nothing of the device, and leaves the host a room behind the descriptor, in its section. */
static void build_segger_flash_loader(struct elf_builder *builder)
{
	static const char *const names[] = {
		"SEGGER_FL_Prepare", "SEGGER_FL_Restore", "SEGGER_FL_Erase", "SEGGER_FL_EraseChip", "SEGGER_FL_Program",
		"SEGGER_FL_Read", "SEGGER_FL_Verify", "SEGGER_FL_CheckBlank", "SEGGER_FL_CalcCRC", "SEGGER_FL_GetFlashInfo",
		NULL
	};
	const unsigned int code = eb_section(builder, "PrgCode", EB_PROGBITS, EB_ALLOC | EB_EXECINSTR, 0, NULL, 64, 8);
	const unsigned int descriptor = eb_section(builder, "DevDscr", EB_PROGBITS, EB_ALLOC | EB_WRITE, 64, NULL, 512,
			8);

	put_flash_device(builder->section[descriptor].bytes, 0, END, 4096);
	eb_section(builder, ".bss", EB_NOBITS, EB_ALLOC | EB_WRITE, 576, NULL, 2048, 8);
	add_functions(builder, code, names);
	eb_object(builder, "FlashDevice", descriptor, 0, FLASH_DEVICE_BYTES + 32);
	eb_segment(builder, EB_PT_LOAD, 7, code, descriptor);
	eb_attributes(builder, 17, 8);
}

/* StorageInfo at address 0 with a size that is not its own; read-only data; .bss outside every segment. */
static void build_stldr(struct elf_builder *builder)
{
	static const char *const names[] = {
		"Init", "Write", "SectorErase", "MassErase", "Read", "CheckSum", "Verify", NULL
	};
	uint8_t info[STORAGE_INFO_BYTES] = "fuzzed";
	const unsigned int code = eb_section(builder, "P1-P2 ro", EB_PROGBITS, EB_ALLOC | EB_EXECINSTR, 0x20000004, NULL,
			64, 4);
	const unsigned int constants = eb_section(builder, ".rodata", EB_PROGBITS, EB_ALLOC, 0x20000044, "text", 4, 4);

	eb_put16(info, 100, 7);
	eb_put32(info, 104, 0x90000000);
	eb_put32(info, 108, 0x20000);
	eb_put32(info, 112, 256);
	info[116] = 0xff;
	eb_put32(info, 120, 16);
	eb_put32(info, 124, 0x1000);
	eb_put32(info, 128, 1);
	eb_put32(info, 132, 0x10000);

	const unsigned int descriptor = eb_section(builder, "P3", EB_PROGBITS, EB_ALLOC, 0, info, sizeof(info), 4);

	eb_section(builder, ".bss", EB_NOBITS, EB_ALLOC | EB_WRITE, 0x20000048, NULL, 64, 4);
	add_functions(builder, code, names);
	eb_object(builder, "StorageInfo", descriptor, 0, 136);
	eb_segment(builder, EB_PT_LOAD, 5, code, constants);
	eb_segment(builder, EB_PT_LOAD, 4, descriptor, descriptor);
	eb_attributes(builder, 13, -1);
}

static bool write_file(const char *directory, const char *name, const struct elf_file *file)
{
	char path[4096];
	FILE *out;
	bool written;

	if (snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path))
		return false;
	out = fopen(path, "wb");
	if (!out)
		return false;
	written = fwrite(file->bytes, 1, file->length, out) == file->length;
	return fclose(out) == 0 && written;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*build)(struct elf_builder *builder);
	} seeds[] = {
		{ "example", eb_example },
		{ "flm", build_flm },
		{ "open_flash_loader", build_open_flash_loader },
		{ "with_addends", build_with_addends },
		{ "segger_flash_loader", build_segger_flash_loader },
		{ "stldr", build_stldr },
	};

	if (argc != 2) {
		fprintf(stderr, "usage: loader_seeds DIRECTORY\n");
		return 2;
	}
	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		struct elf_builder builder;
		struct elf_file file;

		eb_start(&builder);
		seeds[i].build(&builder);
		eb_finish(&builder, &file);
		if (!write_file(argv[1], seeds[i].name, &file)) {
			fprintf(stderr, "loader_seeds: cannot write %s/%s\n", argv[1], seeds[i].name);
			return 1;
		}
		eb_free(&file);
	}
	return 0;
}
