// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * One module of all objects: thunks for what the firmware has, a GOT, two spaces, relocations.
 *
 *   I-Space: [code and constants][thunks][names of imports]
 *   D-Space: [GOT][imports][initialised data][zeros]
 *
 * Relocations: "ELF for the Arm Architecture", IHI 0044, "Static Arm relocations", "Static Thumb32 relocations"; S is
 * the symbol's address, with bit 0 set for a Thumb function (an object's st_value has it), A what is in place, P the
 * place. The GOT's origin and the base register's value are the begin of D-Space.
 */

#include "nxflat.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEADER_BYTES		36u
#define WORD_BYTES		4u
#define IMPORT_BYTES		8u
#define SPACE_ALIGNMENT		8u
#define MAX_SPACE_BYTES		(16u * 1024 * 1024)
#define MAX_COUNT		65535u
#define MAX_NAME_BYTES		255u
#define RELOCATION_DATA		(1u << 30)
#define MARKER_R9		"__nxflat_abi_v2"

/*
 * Calls import `n` with all argument registers kept, on ARMv6-M as well, which can neither load to ip nor add to it
 * from memory: r0 is borrowed. The literal is the offset of the table's entry in D-Space.
 */
static const uint16_t thunk_code[] = {
	0xb401,		/* push {r0} */
	0x4803,		/* ldr r0, [pc, #12] */
	0x4400,		/* add r0, BASE */
	0x6840,		/* ldr r0, [r0, #4] */
	0x4684,		/* mov ip, r0 */
	0xbc01,		/* pop {r0} */
	0x4760,		/* bx ip */
	0x46c0,		/* nop */
};
#define THUNK_ADD		2
#define THUNK_BYTES		(sizeof(thunk_code) + WORD_BYTES)

/* Growing array of words. */
struct words {
	uint32_t *word;
	size_t count, room;
};

struct got_slot {
	struct nxflat_target target;
};

struct output {
	struct nxflat_link *link;
	uint8_t *text, *data;
	uint64_t text_bytes, data_bytes, end_bytes;	/* end: of the zeros, in D-Space */
	struct got_slot *slot;
	size_t num_slots, slot_room;
	struct nxflat_global **import;
	size_t num_imports, import_room;
	size_t num_entries;		/* of the table: with the ABI's marker */
	uint32_t import_offset;		/* in D-Space */
	uint32_t thunk_offset, name_offset;	/* in I-Space */
	struct words relocations;
};

/* An address in the module. */
struct place {
	enum nxflat_space space;	/* NONE: an absolute value */
	uint32_t value;			/* with the Thumb bit; in D-Space also for zeros */
};

static uint64_t align_up(uint64_t value, uint64_t alignment)
{
	return alignment > 1 ? (value + alignment - 1) / alignment * alignment : value;
}

static uint32_t get16(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8;
}

static uint32_t get32(const uint8_t *bytes)
{
	return get16(bytes) | get16(bytes + 2) << 16;
}

static void put16(uint8_t *bytes, uint32_t value)
{
	bytes[0] = (uint8_t)value;
	bytes[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *bytes, uint32_t value)
{
	put16(bytes, value & 0xffff);
	put16(bytes + 2, value >> 16);
}

/* `*array` gets room for one more. */
static bool grow(struct nxflat_link *link, void *array, size_t count, size_t *room, size_t element_bytes)
{
	void **pointer = array;

	if (count < *room)
		return true;

	const size_t larger = *room ? 2 * *room : 64;
	void *moved = realloc(*pointer, larger * element_bytes);

	if (!moved) {
		nxflat_error(link, NULL, "out of memory");
		return false;
	}
	*pointer = moved;
	*room = larger;
	return true;
}

static bool in_data(enum nxflat_space space)
{
	return space == NXFLAT_SPACE_DATA || space == NXFLAT_SPACE_ZERO;
}

/* ---------------------------------------------------------------- what is needed */

static bool same_target(const struct nxflat_target *one, const struct nxflat_target *other)
{
	return one->object == other->object && one->symbol == other->symbol && one->global == other->global;
}

static void need_slot(struct output *out, const struct nxflat_target *target)
{
	for (size_t n = 0; n < out->num_slots; n++)
		if (same_target(&out->slot[n].target, target))
			return;
	if (grow(out->link, &out->slot, out->num_slots, &out->slot_room, sizeof(*out->slot)))
		out->slot[out->num_slots++].target = *target;
}

static void need_import(struct output *out, const struct nxflat_object *object, struct nxflat_global *global)
{
	if (global->imported || !global->strong || global->common_bytes != 0)
		return;
	if (strlen(global->name) > MAX_NAME_BYTES || strncmp(global->name, "__nxflat_", 9) == 0) {
		nxflat_error(out->link, object, "%.80s cannot be imported: its name is too long, or NXFLAT's own",
				global->name);
		return;
	}
	if (!grow(out->link, &out->import, out->num_imports, &out->import_room, sizeof(struct nxflat_global *)))
		return;
	global->imported = true;
	global->import = (uint32_t)out->num_imports;
	out->import[out->num_imports++] = global;
}

static void scan_section(struct output *out, struct nxflat_object *object, const struct nxflat_section *section)
{
	for (size_t n = 0; n < section->num_relocations; n++) {
		const Elf32_Rel *relocation = &section->relocation[n];
		const unsigned int type = ELF32_R_TYPE(relocation->r_info);
		const struct nxflat_target target = nxflat_resolve(out->link, object, ELF32_R_SYM(relocation->r_info));

		if (type == R_ARM_NONE || type == R_ARM_V4BX)
			continue;
		if (target.global)
			need_import(out, object, target.global);
		if (type == R_ARM_GOT32)
			need_slot(out, &target);
	}
}

static void scan_all(struct output *out)
{
	for (struct nxflat_object *object = out->link->objects; object; object = object->next)
		for (size_t n = 1; n < object->num_sections; n++)
			if (object->section[n].space != NXFLAT_SPACE_NONE)
				scan_section(out, object, &object->section[n]);
	/* NuttX's kernel knows by it that the base is in r9. */
	out->num_entries = out->num_imports + (out->link->base_register == 9);
}

/* ---------------------------------------------------------------- layout */

static void place_sections(struct nxflat_link *link, enum nxflat_space space, uint64_t *end)
{
	for (struct nxflat_object *object = link->objects; object; object = object->next) {
		for (size_t n = 1; n < object->num_sections; n++) {
			struct nxflat_section *section = &object->section[n];

			if (section->space != space)
				continue;
			*end = align_up(*end, section->header->sh_addralign);
			section->offset = (uint32_t)*end;
			*end += section->header->sh_size;
			/* Else offsets would not fit their type. */
			if (*end > MAX_SPACE_BYTES) {
				nxflat_error(link, object, "section %s: the module has more than 16 MiB", section->name);
				*end = 0;
				return;
			}
		}
	}
}

static void place_commons(struct nxflat_link *link, uint64_t *end)
{
	for (struct nxflat_global *global = link->globals; global; global = global->next) {
		if (global->object || global->common_bytes == 0)
			continue;
		if (global->common_alignment > SPACE_ALIGNMENT || global->common_bytes > MAX_SPACE_BYTES) {
			nxflat_error(link, NULL, "%s is too large, or aligned to more than %u", global->name, SPACE_ALIGNMENT);
			continue;
		}
		*end = align_up(*end, global->common_alignment);
		global->common_offset = (uint32_t)*end;
		*end += global->common_bytes;
	}
}

static void lay_out(struct output *out)
{
	struct nxflat_link *link = out->link;

	place_sections(link, NXFLAT_SPACE_TEXT, &out->text_bytes);
	out->text_bytes = align_up(out->text_bytes, WORD_BYTES);
	out->thunk_offset = (uint32_t)out->text_bytes;
	out->text_bytes += THUNK_BYTES * out->num_imports;
	out->name_offset = (uint32_t)out->text_bytes;
	out->text_bytes += link->base_register == 9 ? sizeof(MARKER_R9) : 0;
	for (size_t n = 0; n < out->num_imports; n++)
		out->text_bytes += strlen(out->import[n]->name) + 1;
	/* Where D-Space begins in the file: NuttX reads it from there, the host need not care. */
	out->text_bytes = align_up(out->text_bytes, WORD_BYTES);

	out->data_bytes = WORD_BYTES * out->num_slots;
	out->import_offset = (uint32_t)out->data_bytes;
	out->data_bytes += IMPORT_BYTES * out->num_entries;
	place_sections(link, NXFLAT_SPACE_DATA, &out->data_bytes);
	/* Zeros begin where data ends, so this aligns them. */
	out->data_bytes = align_up(out->data_bytes, SPACE_ALIGNMENT);
	out->end_bytes = out->data_bytes;
	place_sections(link, NXFLAT_SPACE_ZERO, &out->end_bytes);
	place_commons(link, &out->end_bytes);
	if (out->text_bytes > MAX_SPACE_BYTES || out->end_bytes > MAX_SPACE_BYTES)
		nxflat_error(link, NULL, "the module has more than 16 MiB");
	if (out->num_entries > MAX_COUNT)
		nxflat_error(link, NULL, "%zu imports; a module has at most %u", out->num_entries, MAX_COUNT);
}

/* ---------------------------------------------------------------- relocations */

static void add_relocation(struct output *out, enum nxflat_space target, uint32_t where)
{
	struct words *list = &out->relocations;

	if (target == NXFLAT_SPACE_NONE)
		return;
	if (grow(out->link, &list->word, list->count, &list->room, sizeof(*list->word)))
		list->word[list->count++] = where | (in_data(target) ? RELOCATION_DATA : 0);
}

/* False: the target is in no section that is linked. */
static bool place_of(const struct output *out, const struct nxflat_target *target, struct place *place)
{
	*place = (struct place){ .space = NXFLAT_SPACE_NONE };
	if (target->global && target->global->imported) {
		place->space = NXFLAT_SPACE_TEXT;
		place->value = (out->thunk_offset + (uint32_t)(target->global->import * THUNK_BYTES)) | NXFLAT_THUMB;
		return true;
	}
	if (target->global && target->global->common_bytes != 0) {
		place->space = NXFLAT_SPACE_ZERO;
		place->value = target->global->common_offset;
		return true;
	}
	/* A weak name that nobody defines is 0. */
	if (!target->object)
		return true;

	const Elf32_Sym *symbol = &target->object->symbol[target->symbol];

	if (symbol->st_shndx == SHN_ABS) {
		place->value = symbol->st_value;
		return true;
	}
	if (symbol->st_shndx >= target->object->num_sections)
		return false;

	const struct nxflat_section *section = &target->object->section[symbol->st_shndx];

	place->space = section->space;
	place->value = section->offset + symbol->st_value;
	/* An empty section is not linked, but names may be in it: of its begin, which is as good as any place. */
	return section->space != NXFLAT_SPACE_NONE || (section->header->sh_size == 0 && symbol->st_value == 0);
}

/* The instruction or word to change. */
struct site {
	struct output *out;
	struct nxflat_object *object;
	const struct nxflat_section *section;
	uint32_t offset;	/* in the section */
	uint32_t where;		/* in its space */
	uint8_t *bytes;
	const char *name;	/* of the target */
	struct place to;
};

static void fault(const struct site *site, const char *what)
{
	nxflat_error(site->out->link, site->object, "%s+0x%" PRIx32 ": %s: %s", site->section->name, site->offset,
			site->name, what);
}

static int32_t sign_extend(uint32_t value, unsigned int bits)
{
	const uint32_t sign = UINT32_C(1) << (bits - 1);

	return (int32_t)((value ^ sign) - sign);
}

static void relocate_word(const struct site *site)
{
	if (site->section->space == NXFLAT_SPACE_TEXT && site->to.space != NXFLAT_SPACE_NONE) {
		fault(site, "an absolute address in code or constants, which a module cannot have: compile with -fpic");
		return;
	}
	put32(site->bytes, site->to.value + get32(site->bytes));
	add_relocation(site->out, site->to.space, site->where);
}

static void relocate_relative(const struct site *site)
{
	if (site->to.space != site->section->space && !(in_data(site->to.space) && in_data(site->section->space))) {
		fault(site, "relative to the place, but it is in the other space, at a distance that is not known: compile "
				"with -mno-pic-data-is-text-relative");
		return;
	}
	put32(site->bytes, site->to.value + get32(site->bytes) - site->where);
}

static void relocate_slot(const struct site *site, const struct nxflat_target *target)
{
	const struct output *out = site->out;

	for (size_t n = 0; n < out->num_slots; n++) {
		if (!same_target(&out->slot[n].target, target))
			continue;
		put32(site->bytes, (uint32_t)(WORD_BYTES * n) + get32(site->bytes));
		return;
	}
}

static void relocate_base(const struct site *site)
{
	if (!in_data(site->to.space))
		fault(site, "relative to the base register, but it is not in data");
	else
		put32(site->bytes, site->to.value + get32(site->bytes));
}

/* Only code that is Thumb and in I-Space can be branched to. False: said so. */
static bool is_branch_target(const struct site *site)
{
	if (site->to.space == NXFLAT_SPACE_TEXT && site->section->space == NXFLAT_SPACE_TEXT)
		return true;
	fault(site, site->to.space == NXFLAT_SPACE_NONE ? "a call of nothing: the name is weak and nobody defines it" :
			"a call of what is not code");
	return false;
}

/* BL T1 and B.W T4, ARMv7-M, ARM DDI 0403E, A7.7.18 and A7.7.12: S:I1:I2:imm10:imm11:0, I = NOT(J EOR S). */
static void relocate_branch(const struct site *site)
{
	const uint32_t first = get16(site->bytes), second = get16(site->bytes + 2);
	const uint32_t s = first >> 10 & 1;
	const uint32_t i1 = ~((second >> 13 & 1) ^ s) & 1, i2 = ~((second >> 11 & 1) ^ s) & 1;
	const int32_t addend = sign_extend(s << 24 | i1 << 23 | i2 << 22 | (first & 0x3ff) << 12 | (second & 0x7ff) << 1,
			25);

	if (!is_branch_target(site))
		return;

	/* Both spaces have less than 16 MiB. */
	const int64_t distance = (int64_t)(site->to.value & ~NXFLAT_THUMB) + addend - site->where;

	if (distance < -(1 << 24) || distance >= 1 << 24) {
		fault(site, "too far away for a branch");
		return;
	}

	const uint32_t offset = (uint32_t)distance;
	const uint32_t sign = offset >> 24 & 1;
	const uint32_t j1 = (~(offset >> 23) ^ sign) & 1, j2 = (~(offset >> 22) ^ sign) & 1;

	put16(site->bytes, (first & 0xf800) | sign << 10 | (offset >> 12 & 0x3ff));
	put16(site->bytes + 2, (second & 0xd000) | j1 << 13 | j2 << 11 | (offset >> 1 & 0x7ff));
}

/* B T2, A7.7.12: what ARMv6-M has for a jump to another function. */
static void relocate_short_branch(const struct site *site)
{
	const uint32_t code = get16(site->bytes);

	if (!is_branch_target(site))
		return;

	const int64_t distance = (int64_t)(site->to.value & ~NXFLAT_THUMB) + sign_extend((code & 0x7ff) << 1, 12) -
		site->where;

	if (distance < -2048 || distance > 2046)
		fault(site, "too far away for a branch of 16 bits");
	else
		put16(site->bytes, (code & 0xf800) | ((uint32_t)distance >> 1 & 0x7ff));
}

static void relocate(const struct site *site, unsigned int type, const struct nxflat_target *target)
{
	char text[64];

	switch (type) {
	case R_ARM_ABS32:
	case R_ARM_TARGET1:
		relocate_word(site);
		return;
	case R_ARM_REL32:
		relocate_relative(site);
		return;
	case R_ARM_GOT32:
		relocate_slot(site, target);
		return;
	case R_ARM_GOTOFF:
		relocate_base(site);
		return;
	case R_ARM_THM_PC22:	/* its name today: R_ARM_THM_CALL */
	case R_ARM_THM_JUMP24:
		relocate_branch(site);
		return;
	case R_ARM_THM_PC11:	/* R_ARM_THM_JUMP11 */
		relocate_short_branch(site);
		return;
	case R_ARM_GOTPC:
	case R_ARM_GOT_PREL:
		fault(site, "the code computes the base by itself: compile with -msingle-pic-base");
		return;
	case R_ARM_MOVW_ABS_NC:
	case R_ARM_MOVT_ABS:
	case R_ARM_THM_MOVW_ABS_NC:
	case R_ARM_THM_MOVT_ABS:
		fault(site, "an absolute address in code, which a module cannot have: compile with -fpic");
		return;
	default:
		snprintf(text, sizeof(text), "relocation type %u is not possible in NXFLAT", type);
		fault(site, text);
	}
}

static unsigned int site_bytes(unsigned int type)
{
	return type == R_ARM_THM_PC11 ? 2 : WORD_BYTES;
}

static void relocate_section(struct output *out, struct nxflat_object *object, const struct nxflat_section *section)
{
	uint8_t *image = section->space == NXFLAT_SPACE_TEXT ? out->text : out->data;

	for (size_t n = 0; n < section->num_relocations; n++) {
		const Elf32_Rel *relocation = &section->relocation[n];
		const unsigned int type = ELF32_R_TYPE(relocation->r_info);
		const size_t symbol = ELF32_R_SYM(relocation->r_info);
		const struct nxflat_target target = nxflat_resolve(out->link, object, symbol);
		struct site site = {
			.out = out, .object = object, .section = section, .offset = relocation->r_offset,
			.where = section->offset + relocation->r_offset, .name = "",
		};

		if (type == R_ARM_NONE || type == R_ARM_V4BX)
			continue;
		if (symbol < object->num_symbols)
			site.name = nxflat_symbol_name(object, symbol);
		if (!section->bytes || (uint64_t)relocation->r_offset + site_bytes(type) > section->header->sh_size)
			fault(&site, "a relocation outside of its section");
		else if (!place_of(out, &target, &site.to))
			fault(&site, "it is in a section that is not part of the module");
		else {
			site.bytes = image + site.where;
			relocate(&site, type, &target);
		}
	}
}

/* ---------------------------------------------------------------- content */

static void fill_sections(struct output *out)
{
	for (struct nxflat_object *object = out->link->objects; object; object = object->next) {
		for (size_t n = 1; n < object->num_sections; n++) {
			const struct nxflat_section *section = &object->section[n];

			if (section->space == NXFLAT_SPACE_TEXT && section->bytes)
				memcpy(out->text + section->offset, section->bytes, section->header->sh_size);
			else if (section->space == NXFLAT_SPACE_DATA && section->bytes)
				memcpy(out->data + section->offset, section->bytes, section->header->sh_size);
		}
	}
	for (struct nxflat_object *object = out->link->objects; object; object = object->next)
		for (size_t n = 1; n < object->num_sections; n++)
			if (object->section[n].space != NXFLAT_SPACE_NONE)
				relocate_section(out, object, &object->section[n]);
}

static void fill_slots(struct output *out)
{
	for (size_t n = 0; n < out->num_slots; n++) {
		struct place place;

		/* Else a relocation to the slot has been refused. */
		if (!place_of(out, &out->slot[n].target, &place))
			continue;
		put32(out->data + WORD_BYTES * n, place.value);
		add_relocation(out, place.space, (uint32_t)(WORD_BYTES * n));
	}
}

static void fill_entry(struct output *out, size_t index, const char *name, uint32_t *name_offset)
{
	const uint32_t where = out->import_offset + (uint32_t)(IMPORT_BYTES * index);

	memcpy(out->text + *name_offset, name, strlen(name) + 1);
	put32(out->data + where, *name_offset);
	/* mknxflat's tables have it, so that the module could find names; loaders read the offset before. */
	add_relocation(out, NXFLAT_SPACE_TEXT, where);
	*name_offset += (uint32_t)strlen(name) + 1;
}

static void fill_imports(struct output *out)
{
	const size_t first = out->num_entries - out->num_imports;
	uint32_t name_offset = out->name_offset;

	if (first != 0)
		fill_entry(out, 0, MARKER_R9, &name_offset);
	for (size_t n = 0; n < out->num_imports; n++) {
		uint8_t *thunk = out->text + out->thunk_offset + THUNK_BYTES * n;

		fill_entry(out, first + n, out->import[n]->name, &name_offset);
		for (size_t code = 0; code < sizeof(thunk_code) / sizeof(thunk_code[0]); code++)
			put16(thunk + 2 * code, thunk_code[code]);
		put16(thunk + 2 * THUNK_ADD, thunk_code[THUNK_ADD] | out->link->base_register << 3);
		put32(thunk + sizeof(thunk_code), out->import_offset + (uint32_t)(IMPORT_BYTES * (first + n)));
	}
}

/* ---------------------------------------------------------------- file */

static void put_be32(uint8_t *bytes, uint64_t value)
{
	for (unsigned int n = 0; n < WORD_BYTES; n++)
		bytes[n] = (uint8_t)(value >> 8 * (3 - n));
}

static bool fill_header(struct output *out, uint8_t *header)
{
	struct nxflat_link *link = out->link;
	const uint64_t data_start = HEADER_BYTES + out->text_bytes, data_end = data_start + out->data_bytes;
	const struct nxflat_global *global = nxflat_find_global(link, link->entry);
	struct place entry;

	if (!global || !global->object) {
		nxflat_error(link, NULL, "the entry point %s is not defined", link->entry);
		return false;
	}

	const struct nxflat_target target = { .object = global->object, .symbol = global->symbol };

	if (!place_of(out, &target, &entry) || entry.space != NXFLAT_SPACE_TEXT || !(entry.value & NXFLAT_THUMB)) {
		nxflat_error(link, global->object, "the entry point %s is no Thumb function", link->entry);
		return false;
	}
	if (out->relocations.count > MAX_COUNT) {
		nxflat_error(link, NULL, "%zu relocations; a module has at most %u", out->relocations.count, MAX_COUNT);
		return false;
	}
	memset(header, 0, HEADER_BYTES);
	memcpy(header, "NxFT", 4);
	put_be32(header + 4, HEADER_BYTES + (entry.value & ~NXFLAT_THUMB));
	put_be32(header + 8, data_start);
	put_be32(header + 12, data_end);
	put_be32(header + 16, data_start + out->end_bytes);
	put_be32(header + 20, link->stack_bytes);
	put_be32(header + 24, data_end);
	put_be32(header + 28, data_start + out->import_offset);
	header[32] = (uint8_t)(out->relocations.count >> 8);
	header[33] = (uint8_t)out->relocations.count;
	header[34] = (uint8_t)(out->num_entries >> 8);
	header[35] = (uint8_t)out->num_entries;
	return true;
}

static bool write_file(struct output *out, const char *path, const uint8_t *header)
{
	FILE *file = fopen(path, "wb");
	uint8_t word[WORD_BYTES];
	bool good = file != NULL;

	if (!file) {
		nxflat_error(out->link, NULL, "%s: cannot be written", path);
		return false;
	}
	good = fwrite(header, HEADER_BYTES, 1, file) == 1;
	good &= out->text_bytes == 0 || fwrite(out->text, out->text_bytes, 1, file) == 1;
	good &= out->data_bytes == 0 || fwrite(out->data, out->data_bytes, 1, file) == 1;
	for (size_t n = 0; good && n < out->relocations.count; n++) {
		put32(word, out->relocations.word[n]);
		good = fwrite(word, sizeof(word), 1, file) == 1;
	}
	good &= fclose(file) == 0;
	if (!good) {
		nxflat_error(out->link, NULL, "%s: cannot be written", path);
		unlink(path);
	}
	return good;
}

static bool make_module(struct output *out, const char *path)
{
	uint8_t header[HEADER_BYTES];

	scan_all(out);
	lay_out(out);
	if (out->link->num_errors != 0)
		return false;
	out->text = calloc(1, out->text_bytes + 1);
	out->data = calloc(1, out->data_bytes + 1);
	if (!out->text || !out->data) {
		nxflat_error(out->link, NULL, "out of memory");
		return false;
	}
	fill_slots(out);
	fill_imports(out);
	fill_sections(out);
	return fill_header(out, header) && out->link->num_errors == 0 && write_file(out, path, header);
}

bool nxflat_link_module(struct nxflat_link *link, const char *path)
{
	struct output out = { .link = link };
	const bool made = make_module(&out, path);

	free(out.text);
	free(out.data);
	free(out.slot);
	free(out.import);
	free(out.relocations.word);
	return made;
}
