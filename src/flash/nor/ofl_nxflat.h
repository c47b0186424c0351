/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Reader of NXFLAT modules, NuttX's position independent format. Pure, allocates nothing, trusts nothing: every offset
 * and count is checked against the file in 64 bits, whatever the byte order of the host.
 *
 * apache/nuttx 4ebc8a7, include/nxflat.h (header, relocations, imports) and libs/libc/.../libnxflat_*.c (what its own
 * loader does with them). A module is two images: I-Space, which holds code and constants and is never changed, and
 * D-Space, which holds GOT, initialised data and zeros. Neither knows where the other is: the code reaches D-Space
 * through a register, so the two may be anywhere, and several modules may be in memory at once.
 */

#ifndef OPENOCD_FLASH_NOR_OFL_NXFLAT_H
#define OPENOCD_FLASH_NOR_OFL_NXFLAT_H

#include "ofl_elf.h"

#define OFL_NXFLAT_HEADER_BYTES		36u
#define OFL_NXFLAT_IMPORT_BYTES		8u
/* What both images must be aligned to: NuttX allocates them, and its allocator gives that much. */
#define OFL_NXFLAT_ALIGNMENT		8u

/* The register that holds the address of D-Space changed with apache/nuttx abbe0df (August 2026). */
enum ofl_nxflat_abi {
	OFL_NXFLAT_ABI_R10 = 1,	/* no marker */
	OFL_NXFLAT_ABI_R9 = 2,	/* imports __nxflat_abi_v2 */
};

enum ofl_nxflat_relocation_type {
	OFL_NXFLAT_REL32I = 0,	/* the word gets the address of I-Space added */
	OFL_NXFLAT_REL32D = 1,	/* of D-Space */
};

struct ofl_nxflat {
	const uint8_t *bytes;
	size_t length;
	enum ofl_nxflat_abi abi;
	/* I-Space without the header, as it goes to RAM */
	uint32_t text_bytes;
	uint32_t entry;			/* offset in I-Space, without Thumb bit */
	/* D-Space: `data_bytes` from the file, then zeros */
	uint32_t data_offset;		/* in the file */
	uint32_t data_bytes, bss_bytes;
	uint32_t stack_bytes;		/* that the module asks for */
	uint32_t relocation_offset;	/* in the file */
	unsigned int num_relocations;
	uint32_t import_offset;		/* in D-Space */
	unsigned int num_imports;
};

struct ofl_nxflat_relocation {
	enum ofl_nxflat_relocation_type type;
	uint32_t where;		/* offset in D-Space */
	size_t offset;		/* of the entry, in the file */
};

struct ofl_nxflat_import {
	const char *name;	/* printable, ends within I-Space */
	uint32_t where;		/* of the word for its address: offset in D-Space */
	bool is_marker;		/* of the ABI: nothing is called through it */
	size_t offset;		/* of the entry, in the file */
};

/* Does it begin as a module? */
bool ofl_nxflat_recognises(const uint8_t *bytes, size_t length);

/* Checks all of it. False with `error` filled when it cannot be used. `bytes` must stay as long as `nxflat` does. */
bool ofl_nxflat_open(struct ofl_nxflat *nxflat, const uint8_t *bytes, size_t length, struct ofl_file_error *error);

static inline const uint8_t *ofl_nxflat_text(const struct ofl_nxflat *nxflat)
{
	return nxflat->bytes + OFL_NXFLAT_HEADER_BYTES;
}

/* Entry `n`; false behind the last. */
bool ofl_nxflat_relocation(const struct ofl_nxflat *nxflat, unsigned int n, struct ofl_nxflat_relocation *relocation);
bool ofl_nxflat_import(const struct ofl_nxflat *nxflat, unsigned int n, struct ofl_nxflat_import *import);

/*
 * Looks up every import in the symbol table of the firmware that will be called; NULL: there is none. address[] takes
 * num_imports words, with the Thumb bit. What cannot be bound is handed to `unbound` with the reason, each one, so that
 * a user need not try as often as there are names. Returns how many that were.
 */
unsigned int ofl_nxflat_bind(const struct ofl_nxflat *nxflat, const struct ofl_elf *firmware, uint32_t *address,
		void (*unbound)(void *context, const char *name, const char *why), void *context);

/* Can the images be there? False with a reason in `error`, whose offset is 0. */
bool ofl_nxflat_check_place(const struct ofl_nxflat *nxflat, uint32_t text_address, uint32_t data_address,
		struct ofl_file_error *error);

/*
 * The initialised part of D-Space, `data_bytes`, as it must be in RAM with I-Space (without the header) and D-Space at
 * these addresses. address[]: of ofl_nxflat_bind(). The zeros behind it, and I-Space as it is, are the caller's.
 */
void ofl_nxflat_data(const struct ofl_nxflat *nxflat, uint32_t text_address, uint32_t data_address,
		const uint32_t *address, uint8_t *out);

#endif /* OPENOCD_FLASH_NOR_OFL_NXFLAT_H */
