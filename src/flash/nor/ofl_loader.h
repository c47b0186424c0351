/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * A loader file of another tool, read into one description whatever its format: ofl_flm.c, ofl_stldr.c and
 * ofl_nxflat_loader.c fill it,
 * ofl_loader.c tells the formats apart and knows what they share, ofl_loader_move.c moves it, ofl_loader_report.c tells
 * people. Pure: no OpenOCD, no target.
 */

#ifndef OPENOCD_FLASH_NOR_OFL_LOADER_H
#define OPENOCD_FLASH_NOR_OFL_LOADER_H

#include "ofl_elf.h"
#include "ofl_nxflat.h"
#include "../../../contrib/loaders/flash/ofl/ofl_abi.h"

enum ofl_format {
	OFL_FORMAT_FLM,			/* CMSIS-Pack flash algorithm */
	OFL_FORMAT_OPEN_FLASH_LOADER,	/* SEGGER Open Flash Loader: FLM's functions and SEGGER_OPEN_... */
	OFL_FORMAT_SEGGER_FLASH_LOADER,	/* SEGGER_FL_... */
	OFL_FORMAT_STLDR,		/* STM32CubeProgrammer external loader */
	OFL_FORMAT_NXFLAT,		/* NXFLAT module by the convention of nxflat_loader.h */
};

enum ofl_function_id {
	OFL_FN_INIT,		/* Init, SEGGER_FL_Prepare */
	OFL_FN_UNINIT,		/* UnInit, SEGGER_FL_Restore */
	OFL_FN_ERASE_SECTOR,	/* EraseSector, SEGGER_OPEN_Erase, SEGGER_FL_Erase, SectorErase */
	OFL_FN_ERASE_CHIP,	/* EraseChip, SEGGER_FL_EraseChip, MassErase */
	OFL_FN_PROGRAM,		/* ProgramPage, SEGGER_OPEN_Program, SEGGER_FL_Program, Write */
	OFL_FN_VERIFY,		/* Verify, SEGGER_FL_Verify */
	OFL_FN_BLANK_CHECK,	/* BlankCheck, SEGGER_FL_CheckBlank */
	OFL_FN_READ,		/* SEGGER_OPEN_Read, SEGGER_FL_Read, Read */
	OFL_FN_CRC,		/* SEGGER_OPEN_CalcCRC, SEGGER_FL_CalcCRC */
	OFL_FN_FLASH_INFO,	/* SEGGER_OPEN_GetFlashInfo, SEGGER_FL_GetFlashInfo */
	OFL_FN_CHECKSUM,	/* CheckSum */
	OFL_NUM_FUNCTIONS
};

struct ofl_function {
	const char *name;	/* the symbol that was found; NULL: there is none, and the rest is 0 */
	uint32_t address;	/* as linked, with the Thumb bit */
	/* enum ofl_args (and OFL_ARGS_OP), enum ofl_result of ofl_abi.h: how it is called, what means success */
	uint32_t args, result;
};

/*
 * `count` sectors of `sector_bytes` from `offset_bytes`; sorted, without gaps, from 0. With `geometry_unknown` the last
 * one has count 0: as many as the bank line's size has room for.
 */
struct ofl_loader_region {
	uint64_t offset_bytes;
	uint32_t sector_bytes;
	uint32_t count;
};

/* What goes to RAM: one allocatable section, never the descriptor. */
struct ofl_loader_segment {
	const char *name;	/* of the section */
	uint32_t address;	/* as linked */
	uint32_t length_bytes;
	unsigned int section;	/* index in the file */
	const uint8_t *bytes;	/* in the file; NULL: zeros */
	bool writable;		/* the loader may change it */
	bool executable;
};

#define OFL_LOADER_MAX_NOTES	24

struct ofl_loader {
	enum ofl_format format;
	struct ofl_elf elf;	/* of the file's bytes, which the caller keeps as long as the loader */
	char device_name[129];	/* printable characters only */
	uint16_t device_type;	/* as the format numbers them */
	const char *device_type_text;
	uint32_t base;
	uint64_t size_bytes;	/* of the flash: what the sectors add up to; 0 with `geometry_unknown` */
	uint64_t declared_bytes;	/* what the descriptor says */
	uint32_t page_bytes;	/* most bytes of a call to program; 0: the loader takes any number (stldr) */
	/*
	 * Writes begin and end on multiples of it, filled up with `erased_byte`: a page for those that want whole pages.
	 */
	uint32_t program_unit_bytes;
	bool takes_many_pages;	/* a call may program several pages */
	uint8_t erased_byte;
	uint32_t program_ms, erase_ms;	/* of a page, of a sector; 0: the file does not say */
	unsigned int num_regions;
	struct ofl_loader_region *region;	/* owned */
	struct ofl_function function[OFL_NUM_FUNCTIONS];
	/* Content is read through the bus after Init, not by a function. Neither this nor OFL_FN_READ: only Verify. */
	bool mapped_read;
	/* The descriptor says nothing of the device (NuttX): base and size must come from the bank line. */
	bool geometry_unknown;

	unsigned int num_segments;
	struct ofl_loader_segment *segment;	/* owned; sorted by address, none overlaps another */
	/*
	 * As linked: first byte, first byte behind. `low` of a loader that can be moved is a multiple of `alignment`: it
	 * goes to any such address.
	 */
	uint32_t low, high;
	/*
	 * position_independent: runs wherever it is, with r9 = where `static_base` has gone.
	 * relocatable: may be moved, because the file keeps its relocations.
	 */
	bool position_independent, relocatable;
	uint32_t alignment;	/* power of two */
	uint32_t static_base;	/* as linked; for r9 */
	bool static_base_in_r10;	/* and not in r9: older NXFLAT modules */
	uint32_t stack_bytes;	/* that it asks for; 0: not said */
	/* A room inside the loader's own RAM for stack and transfer buffer, because it owns all other RAM; 0: none. */
	uint32_t room_address, room_bytes;

	/* Of a module */
	struct ofl_nxflat nxflat;
	uint32_t *import_address;	/* owned; 0 until ofl_loader_bind() */

	int cpu_arch;		/* Tag_CPU_arch, -1: not said */
	unsigned int fpu;	/* Tag_FP_arch, 0: none */
	/* Defects that other tools stumble over, and what was done about them; one line each. */
	unsigned int num_notes;
	char note[OFL_LOADER_MAX_NOTES][200];
};

/*
 * Reads a file of any of the formats. Returns false with `error` filled when it cannot be used; then nothing is owned.
 * `bytes` must stay as long as the loader does.
 */
bool ofl_loader_read(struct ofl_loader *loader, const uint8_t *bytes, size_t length, struct ofl_file_error *error);
void ofl_loader_free(struct ofl_loader *loader);
/*
 * A module's imports, by the symbols of the firmware that it is to call; NULL: there is none. Each one that cannot be
 * bound is handed to `unbound`. Returns how many that were; such a loader must not be run. 0 for all other formats.
 */
unsigned int ofl_loader_bind(struct ofl_loader *loader, const struct ofl_elf *firmware,
		void (*unbound)(void *context, const char *name, const char *why), void *context);
/* Is it an ELF file, or a module, at all? */
bool ofl_loader_recognises(const uint8_t *bytes, size_t length);

/*
 * Content of segment `index` as it must be in RAM when the loader is `delta` bytes (modulo 2^32) away from where it was
 * linked: copied, or zeros, with the relocations applied. `out` takes length_bytes. False when a relocation cannot be
 * applied.
 */
bool ofl_loader_content(const struct ofl_loader *loader, unsigned int index, uint32_t delta, uint8_t *out,
		struct ofl_file_error *error);

/* Address that a linked address has when the loader is moved by `delta`; the Thumb bit stays. */
uint32_t ofl_loader_function(const struct ofl_loader *loader, enum ofl_function_id id, uint32_t delta);

/* Nearest function or label at or below a linked address, for messages; NULL: outside the loader, or no symbols. */
const char *ofl_loader_symbol(const struct ofl_loader *loader, uint32_t address, uint32_t *offset);

const char *ofl_format_text(enum ofl_format format);
/* "Cortex-M0/M0+/M1 (ARMv6-M)" and so on, for Tag_CPU_arch; "not said". */
const char *ofl_cpu_arch_text(int cpu_arch);
/* Does code for `cpu_arch` run on an ARMv6-M core? True also when it is not known. */
bool ofl_cpu_arch_is_v6m(int cpu_arch);

/* RAM that the user gave to OpenOCD, for the report's collisions; bytes 0: not known. */
struct ofl_report_options {
	uint32_t work_area_address, work_area_bytes;
	bool target_is_v6m;
};

/*
 * "key: value" lines: format, functions found and missing, geometry, RAM needed and where, notes, warnings. Returns
 * false when the loader cannot be used with these options.
 */
bool ofl_loader_report(const struct ofl_loader *loader, const struct ofl_report_options *options,
		void (*line)(void *context, const char *text), void *context);

/* What follows is between ofl_loader.c, ofl_flm.c, ofl_stldr.c, ofl_loader_move.c and ofl_loader_report.c. */

/* A function that loaders of a format may have. */
struct ofl_function_rule {
	enum ofl_format format;
	enum ofl_function_id id;
	const char *name;
	uint32_t args, result;
	bool mandatory;		/* it, or an earlier one of the same id */
};

/* Where the descriptor is. Its symbol's size is wrong in many files: the section bounds it. */
struct ofl_descriptor {
	const uint8_t *bytes;
	size_t length;		/* to the end of its section */
	size_t offset;		/* in the file */
	uint32_t address;	/* as linked */
	uint32_t symbol_bytes;	/* what the symbol says */
	unsigned int section;
};

/* They find their descriptor and keep it out of the segments, which are filled already. */
bool ofl_flm_read(struct ofl_loader *loader, struct ofl_file_error *error);
bool ofl_stldr_read(struct ofl_loader *loader, struct ofl_file_error *error);
bool ofl_nxflat_loader_read(struct ofl_loader *loader, const uint8_t *bytes, size_t length,
		struct ofl_file_error *error);
void ofl_nxflat_loader_content(const struct ofl_loader *loader, unsigned int index, uint32_t delta, uint8_t *out);

bool ofl_loader_find_descriptor(const struct ofl_loader *loader, const char *name, struct ofl_descriptor *descriptor,
		struct ofl_file_error *error);
/*
 * Takes the descriptor's section out of the segments unless it holds more than that. `used_bytes` of it have a meaning,
 * its type has `max_bytes`. Returns whether the section is still loaded.
 */
bool ofl_loader_drop_descriptor(struct ofl_loader *loader, const struct ofl_descriptor *descriptor, size_t used_bytes,
		size_t max_bytes);
void ofl_loader_set_name(struct ofl_loader *loader, const uint8_t *name, size_t max_bytes);
/* One line; said once however often it is found. */
void ofl_loader_note(struct ofl_loader *loader, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Rule `n` of all formats, NULL at the end. */
const struct ofl_function_rule *ofl_loader_rule(unsigned int n);
/*
 * Looks `name` up as a function and enters it; returns whether it is there. A name outside the image is an error: then
 * `error` has a text, and is left alone otherwise.
 */
bool ofl_loader_enter(struct ofl_loader *loader, enum ofl_function_id id, const char *name, uint32_t args,
		uint32_t result, struct ofl_file_error *error);
/* The segment that has all of `length_bytes` from `address`, NULL: none. */
const struct ofl_loader_segment *ofl_loader_segment_at(const struct ofl_loader *loader, uint32_t address,
		uint32_t length_bytes);
/* Can it be moved, and how? Segments are sorted; enters what it finds. */
void ofl_loader_check_movable(struct ofl_loader *loader);

#endif /* OPENOCD_FLASH_NOR_OFL_LOADER_H */
