/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Between the files of bin/nxflat: nxflat.c is the command line, nxflat_object.c reads objects and knows symbols,
 * nxflat_link.c makes one module of them, nxflat_dump.c shows one.
 *
 * ELF: System V ABI, Chapter 4; relocations: "ELF for the Arm Architecture", IHI 0044; NXFLAT:
 * src/flash/nor/ofl_nxflat.h.
 */

#ifndef TOOLS_NXFLAT_H
#define TOOLS_NXFLAT_H

#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NXFLAT_THUMB	1u

enum nxflat_space {
	NXFLAT_SPACE_NONE,	/* not linked */
	NXFLAT_SPACE_TEXT,	/* I-Space: offsets count from behind the header */
	NXFLAT_SPACE_DATA,	/* D-Space, initialised */
	NXFLAT_SPACE_ZERO,	/* D-Space, zeros; offsets count from the begin of D-Space as well */
};

struct nxflat_section {
	const char *name;
	const Elf32_Shdr *header;
	const uint8_t *bytes;		/* NULL: zeros */
	const Elf32_Rel *relocation;
	size_t num_relocations;
	enum nxflat_space space;
	uint32_t offset;
};

struct nxflat_object {
	struct nxflat_object *next;
	char *name;			/* file, or archive(member) */
	char *file;			/* its content, for elf */
	Elf *elf;
	struct nxflat_section *section;
	size_t num_sections;
	const Elf32_Sym *symbol;
	size_t num_symbols, names;	/* names: index of the section that has them */
};

/* A name that objects share. */
struct nxflat_global {
	struct nxflat_global *next;
	char *name;
	struct nxflat_object *object;	/* that defines it; NULL: none does */
	size_t symbol;			/* there */
	bool strong;			/* referenced, and not only weakly */
	bool imported;			/* from the firmware: there is no definition */
	uint32_t import;		/* its number */
	uint32_t common_bytes, common_alignment, common_offset;	/* of a tentative definition; 0: none */
};

struct nxflat_link {
	struct nxflat_object *objects, **last_object;
	struct nxflat_global *globals, **last_global;
	unsigned int num_errors;
	/* Options */
	const char *entry;
	uint32_t stack_bytes;
	unsigned int base_register;	/* 9 or 10 */
};

/* Where a symbol is: a definition in an object, a common one or an import (`global`), or nowhere (a weak one). */
struct nxflat_target {
	struct nxflat_object *object;
	size_t symbol;
	struct nxflat_global *global;
};

/* Prints and counts. `object` may be NULL. */
void nxflat_error(struct nxflat_link *link, const struct nxflat_object *object, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Objects and archives; of an archive, in a second step, the members that define what is missing. */
bool nxflat_add_file(struct nxflat_link *link, const char *path);
bool nxflat_add_members(struct nxflat_link *link, const char *path);
void nxflat_free_objects(struct nxflat_link *link);

const char *nxflat_symbol_name(const struct nxflat_object *object, size_t symbol);
struct nxflat_target nxflat_resolve(struct nxflat_link *link, struct nxflat_object *object, size_t symbol);
struct nxflat_global *nxflat_find_global(struct nxflat_link *link, const char *name);

/* Writes the module. Nothing is left at `path` when it fails. */
bool nxflat_link_module(struct nxflat_link *link, const char *path);

/* "key: value" lines of a module; `symbols`: ELF file for its imports, or NULL. */
bool nxflat_dump(const char *path, const char *symbols);

#endif /* TOOLS_NXFLAT_H */
