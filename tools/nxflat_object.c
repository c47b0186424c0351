// SPDX-License-Identifier: GPL-2.0-or-later

/* Objects and archives, by libelf; symbols that objects share; which space each section belongs to. */

#include "nxflat.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What both NuttX and the driver give both spaces. */
#define MAX_ALIGNMENT	8u

void nxflat_error(struct nxflat_link *link, const struct nxflat_object *object, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "nxflat: %s%s", object ? object->name : "", object ? ": " : "");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\n");
	link->num_errors++;
}

const char *nxflat_symbol_name(const struct nxflat_object *object, size_t symbol)
{
	const Elf32_Sym *entry = &object->symbol[symbol];
	const char *name = elf_strptr(object->elf, object->names, entry->st_name);

	/* A section's own symbol has no name. */
	if (ELF32_ST_TYPE(entry->st_info) == STT_SECTION && entry->st_shndx < object->num_sections)
		name = object->section[entry->st_shndx].name;
	return name ? name : "";
}

/* ---------------------------------------------------------------- globals */

struct nxflat_global *nxflat_find_global(struct nxflat_link *link, const char *name)
{
	struct nxflat_global *global = link->globals;

	while (global && strcmp(global->name, name) != 0)
		global = global->next;
	return global;
}

static struct nxflat_global *make_global(struct nxflat_link *link, const char *name)
{
	struct nxflat_global *global = nxflat_find_global(link, name);

	if (global)
		return global;
	global = calloc(1, sizeof(*global));
	if (global)
		global->name = strdup(name);
	if (!global || !global->name) {
		free(global);
		nxflat_error(link, NULL, "out of memory");
		return NULL;
	}
	*link->last_global = global;
	link->last_global = &global->next;
	return global;
}

static bool is_weak(const struct nxflat_object *object, size_t symbol)
{
	return ELF32_ST_BIND(object->symbol[symbol].st_info) == STB_WEAK;
}

static void define(struct nxflat_link *link, struct nxflat_global *global, struct nxflat_object *object, size_t symbol)
{
	if (!global->object || (is_weak(global->object, global->symbol) && !is_weak(object, symbol))) {
		global->object = object;
		global->symbol = symbol;
	} else if (!is_weak(object, symbol)) {
		nxflat_error(link, object, "%s is defined here and in %s", global->name, global->object->name);
	}
}

static void enter_symbols(struct nxflat_link *link, struct nxflat_object *object)
{
	for (size_t n = 1; n < object->num_symbols; n++) {
		const Elf32_Sym *symbol = &object->symbol[n];

		if (ELF32_ST_BIND(symbol->st_info) == STB_LOCAL)
			continue;

		struct nxflat_global *global = make_global(link, nxflat_symbol_name(object, n));

		if (!global)
			return;
		if (symbol->st_shndx == SHN_UNDEF) {
			global->strong |= !is_weak(object, n);
		} else if (symbol->st_shndx == SHN_COMMON) {
			if (symbol->st_size > global->common_bytes)
				global->common_bytes = symbol->st_size;
			if (symbol->st_value > global->common_alignment)
				global->common_alignment = symbol->st_value;
		} else {
			define(link, global, object, n);
		}
	}
}

struct nxflat_target nxflat_resolve(struct nxflat_link *link, struct nxflat_object *object, size_t symbol)
{
	struct nxflat_target target = { .object = object, .symbol = symbol };

	if (symbol == 0 || symbol >= object->num_symbols)
		target.object = NULL;
	if (!target.object || ELF32_ST_BIND(object->symbol[symbol].st_info) == STB_LOCAL)
		return target;
	target.global = nxflat_find_global(link, nxflat_symbol_name(object, symbol));
	target.object = target.global ? target.global->object : NULL;
	target.symbol = target.global ? target.global->symbol : 0;
	if (target.object)
		target.global = NULL;
	return target;
}

/* ---------------------------------------------------------------- sections */

/* A table of constants with addresses in it cannot be in I-Space, which NXFLAT does not relocate. */
static bool has_addresses(const struct nxflat_section *section)
{
	for (size_t n = 0; n < section->num_relocations; n++) {
		const unsigned int type = ELF32_R_TYPE(section->relocation[n].r_info);

		if (type == R_ARM_ABS32 || type == R_ARM_TARGET1)
			return true;
	}
	return false;
}

static enum nxflat_space space_of(struct nxflat_link *link, const struct nxflat_object *object,
		const struct nxflat_section *section)
{
	const Elf32_Shdr *header = section->header;

	if (!(header->sh_flags & SHF_ALLOC) || header->sh_size == 0)
		return NXFLAT_SPACE_NONE;
	/* For unwinding, which nobody does in a module. */
	if (header->sh_type == SHT_ARM_EXIDX || strncmp(section->name, ".ARM.extab", 10) == 0)
		return NXFLAT_SPACE_NONE;
	if (header->sh_type == SHT_NOTE)
		return NXFLAT_SPACE_NONE;
	if (header->sh_flags & SHF_TLS)
		nxflat_error(link, object, "section %s: thread-local data is not possible in NXFLAT", section->name);
	else if (header->sh_type == SHT_INIT_ARRAY || header->sh_type == SHT_FINI_ARRAY ||
			header->sh_type == SHT_PREINIT_ARRAY)
		nxflat_error(link, object, "section %s: constructors would never be called: a module has one entry point",
				section->name);
	else if (header->sh_type != SHT_PROGBITS && header->sh_type != SHT_NOBITS)
		nxflat_error(link, object, "section %s is of type %u, which is not known", section->name,
				(unsigned int)header->sh_type);
	if (header->sh_addralign > MAX_ALIGNMENT)
		nxflat_error(link, object, "section %s is aligned to %u; NXFLAT loaders give %u", section->name,
				(unsigned int)header->sh_addralign, MAX_ALIGNMENT);
	if (header->sh_type == SHT_NOBITS)
		return NXFLAT_SPACE_ZERO;
	if (header->sh_flags & SHF_WRITE || (!(header->sh_flags & SHF_EXECINSTR) && has_addresses(section)))
		return NXFLAT_SPACE_DATA;
	return NXFLAT_SPACE_TEXT;
}

static bool read_section(struct nxflat_link *link, struct nxflat_object *object, size_t index)
{
	struct nxflat_section *section = &object->section[index];
	Elf_Scn *scn = elf_getscn(object->elf, index);
	size_t names;

	section->header = scn ? elf32_getshdr(scn) : NULL;
	if (!section->header || elf_getshdrstrndx(object->elf, &names) != 0) {
		nxflat_error(link, object, "section %zu: %s", index, elf_errmsg(-1));
		return false;
	}
	section->name = elf_strptr(object->elf, names, section->header->sh_name);
	if (!section->name)
		section->name = "";

	const Elf32_Word type = section->header->sh_type;

	if (type == SHT_NOBITS || type == SHT_NULL || section->header->sh_size == 0)
		return true;

	Elf_Data *data = elf_getdata(scn, NULL);

	if (!data || !data->d_buf || data->d_size < section->header->sh_size) {
		nxflat_error(link, object, "section %s: %s", section->name, elf_errmsg(-1));
		return false;
	}
	section->bytes = data->d_buf;
	if (type == SHT_SYMTAB) {
		object->symbol = data->d_buf;
		object->num_symbols = data->d_size / sizeof(*object->symbol);
		object->names = section->header->sh_link;
	}
	return true;
}

static bool take_relocations(struct nxflat_link *link, struct nxflat_object *object)
{
	for (size_t n = 1; n < object->num_sections; n++) {
		const struct nxflat_section *table = &object->section[n];
		const size_t info = table->header->sh_info;

		if (table->header->sh_type == SHT_RELA && info < object->num_sections &&
				object->section[info].header->sh_flags & SHF_ALLOC) {
			nxflat_error(link, object, "section %s: relocations with addends, which ARM objects have not", table->name);
			return false;
		}
		if (table->header->sh_type != SHT_REL || !table->bytes)
			continue;
		if (info >= object->num_sections || object->section[info].relocation) {
			nxflat_error(link, object, "section %s is for a section that is not there, or has relocations already",
					table->name);
			return false;
		}
		object->section[info].relocation = (const Elf32_Rel *)(const void *)table->bytes;
		object->section[info].num_relocations = table->header->sh_size / sizeof(Elf32_Rel);
	}
	return true;
}

static bool read_object(struct nxflat_link *link, struct nxflat_object *object)
{
	const Elf32_Ehdr *header = elf32_getehdr(object->elf);

	if (!header || header->e_machine != EM_ARM || header->e_type != ET_REL) {
		nxflat_error(link, object, "no object file for 32-bit ARM");
		return false;
	}
	if (elf_getshdrnum(object->elf, &object->num_sections) != 0 || object->num_sections == 0) {
		nxflat_error(link, object, "no sections");
		return false;
	}
	object->section = calloc(object->num_sections, sizeof(*object->section));
	if (!object->section) {
		nxflat_error(link, object, "out of memory");
		return false;
	}
	for (size_t n = 0; n < object->num_sections; n++)
		if (!read_section(link, object, n))
			return false;
	if (!take_relocations(link, object))
		return false;
	for (size_t n = 1; n < object->num_sections; n++)
		object->section[n].space = space_of(link, object, &object->section[n]);
	enter_symbols(link, object);
	return true;
}

/* ---------------------------------------------------------------- files */

/* From a copy of its own: libelf gives an archive's members where they are in the file, aligned for nothing. */
static bool add_object(struct nxflat_link *link, Elf *from, const char *path, const char *member)
{
	struct nxflat_object *object = calloc(1, sizeof(*object));
	const size_t length = strlen(path) + (member ? strlen(member) + 3 : 1);
	size_t file_bytes = 0;
	const char *file = elf_rawfile(from, &file_bytes);

	if (object) {
		object->name = malloc(length);
		object->file = malloc(file_bytes + 1);
	}
	if (!object || !object->name || !object->file || !file) {
		if (object) {
			free(object->file);
			free(object->name);
		}
		free(object);
		nxflat_error(link, NULL, "%s: %s", path, file ? "out of memory" : elf_errmsg(-1));
		return false;
	}
	memcpy(object->file, file, file_bytes);
	if (member)
		snprintf(object->name, length, "%s(%s)", path, member);
	else
		snprintf(object->name, length, "%s", path);
	*link->last_object = object;
	link->last_object = &object->next;
	object->elf = elf_memory(object->file, file_bytes);
	if (!object->elf) {
		nxflat_error(link, object, "%s", elf_errmsg(-1));
		return false;
	}
	return read_object(link, object);
}

/* The file's content, so that the file need not stay open; an Elf for it, or NULL. */
static Elf *open_elf(struct nxflat_link *link, const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf *elf = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ_MMAP, NULL);

	if (fd < 0)
		nxflat_error(link, NULL, "%s: cannot be opened", path);
	else if (!elf)
		nxflat_error(link, NULL, "%s: %s", path, elf_errmsg(-1));
	else if (elf_cntl(elf, ELF_C_FDREAD) != 0)
		nxflat_error(link, NULL, "%s: %s", path, elf_errmsg(-1));
	if (fd >= 0)
		close(fd);
	return elf;
}

bool nxflat_add_file(struct nxflat_link *link, const char *path)
{
	Elf *elf = open_elf(link, path);

	if (!elf)
		return false;

	bool good = elf_kind(elf) == ELF_K_AR;

	if (elf_kind(elf) == ELF_K_ELF)
		good = add_object(link, elf, path, NULL);
	else if (!good)
		nxflat_error(link, NULL, "%s: neither an object file nor an archive", path);
	elf_end(elf);
	return good;
}

static bool is_wanted(struct nxflat_link *link, const char *name)
{
	const struct nxflat_global *global = name ? nxflat_find_global(link, name) : NULL;

	/* Only tables for unwinding name them, which are not linked. */
	if (name && strncmp(name, "__aeabi_unwind_", 15) == 0)
		return false;
	return global && global->strong && !global->object && global->common_bytes == 0;
}

/* Adds one member that defines something missing. Returns whether there was one. */
static bool add_member(struct nxflat_link *link, Elf *archive, const char *path)
{
	size_t count = 0;
	Elf_Arsym *symbols = elf_getarsym(archive, &count);

	for (size_t n = 0; symbols && n + 1 < count; n++) {
		if (!is_wanted(link, symbols[n].as_name))
			continue;
		if (elf_rand(archive, symbols[n].as_off) != symbols[n].as_off)
			return false;

		Elf *member = elf_begin(-1, ELF_C_READ_MMAP, archive);
		const Elf_Arhdr *header = member ? elf_getarhdr(member) : NULL;

		if (!header || elf_kind(member) != ELF_K_ELF) {
			nxflat_error(link, NULL, "%s: the member with %s cannot be read", path, symbols[n].as_name);
			elf_end(member);
			return false;
		}

		const bool added = add_object(link, member, path, header->ar_name);

		elf_end(member);
		if (!added)
			return false;
		/* A member that does not define what the archive's table says would be asked for for ever. */
		if (is_wanted(link, symbols[n].as_name)) {
			nxflat_error(link, NULL, "%s: the table of symbols is wrong about %s", path, symbols[n].as_name);
			return false;
		}
		return true;
	}
	return false;
}

bool nxflat_add_members(struct nxflat_link *link, const char *path)
{
	Elf *elf = open_elf(link, path);

	if (elf && elf_kind(elf) == ELF_K_AR)
		while (add_member(link, elf, path))
			;
	elf_end(elf);
	return link->num_errors == 0;
}

void nxflat_free_objects(struct nxflat_link *link)
{
	while (link->objects) {
		struct nxflat_object *object = link->objects;

		link->objects = object->next;
		elf_end(object->elf);
		free(object->file);
		free(object->section);
		free(object->name);
		free(object);
	}
	while (link->globals) {
		struct nxflat_global *global = link->globals;

		link->globals = global->next;
		free(global->name);
		free(global);
	}
}
