// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Loaders away from where they were linked. Two kinds can be moved: flash algorithms, which are position independent
 * and linked at 0, and images whose link kept the relocations. The whole image moves by one distance, so only absolute
 * addresses change.
 *
 * "ELF for the Arm Architecture", IHI 0044, "Relocation"; instructions: ARMv7-M, ARM DDI 0403E, A7.7.76 MOV (immediate)
 * T3, A7.7.79 MOVT T1.
 */

#include "ofl_loader.h"

#include <stdio.h>
#include <string.h>

/* Both halves of a file that lie further apart are not one piece of RAM. */
#define MAX_SPAN_BYTES		(16u * 1024 * 1024)
/* A constant of a linker script below this is a size or an offset, not an address in the image. */
#define MIN_ADDRESS		0x100000u
/* How far before its MOVT a MOVW may be, in relocations: compilers put other instructions in between. */
#define MAX_PAIR_DISTANCE	64u

#define R_ARM_NONE		0
#define R_ARM_REL32		3
#define R_ARM_SBREL32		9
#define R_ARM_THM_CALL		10
#define R_ARM_THM_PC8		11
#define R_ARM_RELATIVE		23
#define R_ARM_THM_JUMP24	30
#define R_ARM_TARGET1		38
#define R_ARM_SBREL31		39
#define R_ARM_V4BX		40
#define R_ARM_PREL31		42
#define R_ARM_THM_MOVW_ABS_NC	47
#define R_ARM_THM_MOVT_ABS	48
#define R_ARM_THM_MOVW_PREL_NC	49
#define R_ARM_THM_MOVT_PREL	50
#define R_ARM_THM_JUMP19	51
#define R_ARM_THM_JUMP6		52
#define R_ARM_THM_ALU_PREL_11_0	53
#define R_ARM_THM_PC12		54
#define R_ARM_ABS32_NOI		55
#define R_ARM_REL32_NOI		56
#define R_ARM_THM_MOVW_BREL_NC	87
#define R_ARM_THM_MOVT_BREL	88
#define R_ARM_THM_MOVW_BREL	89
#define R_ARM_THM_JUMP11	102
#define R_ARM_THM_JUMP8		103

enum change {
	CHANGE_NOTHING,
	CHANGE_WORD,
	CHANGE_WORD_ADDEND,	/* the word is not in place, the entry has it */
	CHANGE_MOVW,
	CHANGE_MOVT,
};

/* The relocations of one segment, in the file's order. */
struct walk {
	const struct ofl_loader *loader;
	const struct ofl_loader_segment *segment;
	struct ofl_elf_section section;	/* with relocations */
	unsigned int next_section, next_entry;
	struct ofl_elf_relocation relocation;
};

static void start_walk(struct walk *walk, const struct ofl_loader *loader, const struct ofl_loader_segment *segment)
{
	memset(walk, 0, sizeof(*walk));
	walk->loader = loader;
	walk->segment = segment;
	walk->next_section = 1;
}

/*
 * A linked image that kept its relocations names the section that each table is for; a shared or position independent
 * one has tables of its own for whoever loads it, which go by address.
 */
static bool has_relocations_for(const struct walk *walk, const struct ofl_elf_section *section)
{
	if (section->type != OFL_ELF_SHT_REL && section->type != OFL_ELF_SHT_RELA)
		return false;
	if (walk->loader->elf.type == OFL_ELF_ET_DYN)
		return section->flags & OFL_ELF_SHF_ALLOC;
	return section->info == walk->segment->section;
}

static bool is_elsewhere(const struct walk *walk)
{
	return walk->loader->elf.type == OFL_ELF_ET_DYN && (walk->relocation.where < walk->segment->address ||
			walk->relocation.where - walk->segment->address >= walk->segment->length_bytes);
}

static bool next_relocation(struct walk *walk)
{
	const struct ofl_elf *elf = &walk->loader->elf;

	for (;;) {
		while (ofl_elf_relocation(elf, &walk->section, walk->next_entry, &walk->relocation)) {
			walk->next_entry++;
			if (!is_elsewhere(walk))
				return true;
		}
		do {
			if (!ofl_elf_section(elf, walk->next_section++, &walk->section))
				return false;
		} while (!has_relocations_for(walk, &walk->section));
		walk->next_entry = 0;
	}
}

enum target {
	TARGET_MOVES,
	TARGET_STAYS,		/* an absolute address */
	TARGET_NOTHING,		/* a weak symbol that nobody defined */
	TARGET_UNKNOWN,
};

static enum target target_of(const struct walk *walk)
{
	const struct ofl_elf *elf = &walk->loader->elf;
	struct ofl_elf_symbol symbol;

	if (walk->relocation.symbol == 0)
		return TARGET_NOTHING;
	if (walk->section.link != elf->symbols || !ofl_elf_symbol(elf, walk->relocation.symbol, &symbol))
		return TARGET_UNKNOWN;
	if (symbol.section == OFL_ELF_SHN_UNDEF)
		return TARGET_NOTHING;
	if (symbol.section == OFL_ELF_SHN_ABS) {
		/* Linker scripts make absolute symbols of "end of data" and the like too. */
		if (symbol.value >= MIN_ADDRESS && symbol.value >= walk->loader->low && symbol.value <= walk->loader->high)
			return TARGET_MOVES;
		return TARGET_STAYS;
	}
	return symbol.section < elf->num_sections ? TARGET_MOVES : TARGET_UNKNOWN;
}

/* What moves with its target: relative to the program counter or to the static base. */
static bool is_relative(uint8_t type)
{
	switch (type) {
	case R_ARM_REL32:
	case R_ARM_SBREL32:
	case R_ARM_THM_CALL:
	case R_ARM_THM_PC8:
	case R_ARM_THM_JUMP24:
	case R_ARM_SBREL31:
	case R_ARM_PREL31:
	case R_ARM_THM_MOVW_PREL_NC:
	case R_ARM_THM_MOVT_PREL:
	case R_ARM_THM_JUMP19:
	case R_ARM_THM_JUMP6:
	case R_ARM_THM_ALU_PREL_11_0:
	case R_ARM_THM_PC12:
	case R_ARM_REL32_NOI:
	case R_ARM_THM_MOVW_BREL_NC:
	case R_ARM_THM_MOVT_BREL:
	case R_ARM_THM_MOVW_BREL:
	case R_ARM_THM_JUMP11:
	case R_ARM_THM_JUMP8:
		return true;
	default:
		return false;
	}
}

/* False: it does something that is not known here. */
static bool absolute_change(uint8_t type, enum change *change)
{
	switch (type) {
	case OFL_ELF_R_ARM_ABS32:
	case R_ARM_ABS32_NOI:
	case R_ARM_TARGET1:	/* addresses of constructors: ABS32 on bare metal */
		*change = CHANGE_WORD;
		return true;
	case R_ARM_THM_MOVW_ABS_NC:
		*change = CHANGE_MOVW;
		return true;
	case R_ARM_THM_MOVT_ABS:
		*change = CHANGE_MOVT;
		return true;
	default:
		return false;
	}
}

static bool is_inside(const struct walk *walk)
{
	const uint32_t at = walk->relocation.where - walk->segment->address;

	return walk->segment->bytes && walk->segment->length_bytes >= 4 && at <= walk->segment->length_bytes - 4;
}

/* Its place in the segment's content; is_inside() is true. */
static uint32_t place_of(const struct walk *walk)
{
	return walk->relocation.where - walk->segment->address;
}

static bool unmovable(const struct walk *walk, struct ofl_file_error *error, const char *why)
{
	return ofl_file_fault(error, walk->section.offset, "relocation type %u at 0x%08x in section %s %s",
			walk->relocation.type, (unsigned int)walk->relocation.where, walk->segment->name, why);
}

/* i:imm3:imm8 and imm4 of MOVW T3 and MOVT T1. */
static uint16_t immediate(const uint8_t *code)
{
	const unsigned int first = ofl_le16(code), second = ofl_le16(code + 2);

	return (uint16_t)((first & 15) << 12 | (first >> 10 & 1) << 11 | (second >> 12 & 7) << 8 | (second & 0xff));
}

static void put16(uint8_t *bytes, unsigned int value)
{
	bytes[0] = value & 0xff;
	bytes[1] = value >> 8 & 0xff;
}

static void put_immediate(uint8_t *code, unsigned int value)
{
	put16(code, (ofl_le16(code) & 0xfbf0u) | (value >> 12 & 15) | (value >> 11 & 1) << 10);
	put16(code + 2, (ofl_le16(code + 2) & 0x8f00u) | (value >> 8 & 7) << 12 | (value & 0xff));
}

static void put32(uint8_t *bytes, uint32_t value)
{
	put16(bytes, value & 0xffff);
	put16(bytes + 2, value >> 16);
}

static unsigned int destination(const uint8_t *code)
{
	return ofl_le16(code + 2) >> 8 & 15;
}

static bool is_opcode(const uint8_t *code, unsigned int first)
{
	return (ofl_le16(code) & 0xfbf0u) == first && !(ofl_le16(code + 2) & 0x8000);
}

#define MOVW_FIRST	0xf240u
#define MOVT_FIRST	0xf2c0u

/*
 * The low half of the address of which MOVT has the high one, for the carry. It is only in the MOVW, which is the last
 * one before with the same symbol and register.
 */
static bool low_half(const struct walk *walk, uint16_t *low)
{
	const uint8_t *movt = walk->segment->bytes + place_of(walk);
	struct walk before = *walk;

	/* next_entry is the one behind the MOVT's. */
	for (unsigned int distance = 2; distance <= MAX_PAIR_DISTANCE && distance <= walk->next_entry; distance++) {
		ofl_elf_relocation(&walk->loader->elf, &walk->section, walk->next_entry - distance, &before.relocation);
		if (before.relocation.type != R_ARM_THM_MOVW_ABS_NC ||
				before.relocation.symbol != walk->relocation.symbol || !is_inside(&before))
			continue;

		const uint8_t *movw = walk->segment->bytes + place_of(&before);

		if (!is_opcode(movw, MOVW_FIRST) || destination(movw) != destination(movt))
			continue;
		*low = immediate(movw);
		return true;
	}
	return false;
}

/* What the current relocation changes when the image moves. False: that cannot be done. */
static bool change_of(const struct walk *walk, enum change *change, uint16_t *low, struct ofl_file_error *error)
{
	const struct ofl_elf_relocation *relocation = &walk->relocation;

	*change = CHANGE_NOTHING;
	if (relocation->type == R_ARM_NONE || relocation->type == R_ARM_V4BX)
		return true;
	if (!is_inside(walk))
		return unmovable(walk, error, "is not within its content");
	if (walk->loader->elf.type == OFL_ELF_ET_DYN) {
		if (relocation->type != R_ARM_RELATIVE || relocation->symbol != 0)
			return unmovable(walk, error, "needs a dynamic linker");
		*change = relocation->has_addend ? CHANGE_WORD_ADDEND : CHANGE_WORD;
		return true;
	}

	const enum target target = target_of(walk);

	if (target == TARGET_UNKNOWN)
		return unmovable(walk, error, "names a symbol that is not known");
	if (is_relative(relocation->type)) {
		if (target == TARGET_STAYS)
			return unmovable(walk, error, "reaches code or data that does not move");
		return true;
	}
	if (!absolute_change(relocation->type, change))
		return unmovable(walk, error, "is not supported");
	if (target != TARGET_MOVES)
		*change = CHANGE_NOTHING;

	const uint8_t *code = walk->segment->bytes + place_of(walk);

	if ((*change == CHANGE_MOVW && !is_opcode(code, MOVW_FIRST)) ||
			(*change == CHANGE_MOVT && !is_opcode(code, MOVT_FIRST)))
		return unmovable(walk, error, "is not at a MOVW or MOVT instruction");
	if (*change == CHANGE_MOVT && !low_half(walk, low))
		return unmovable(walk, error, "has no MOVW before it");
	return true;
}

/* Is there at least one absolute address, and can all be changed? */
static bool check_relocations(const struct ofl_loader *loader, unsigned int *count, unsigned int *num_absolute,
		struct ofl_file_error *error)
{
	for (unsigned int i = 0; i < loader->num_segments; i++) {
		struct walk walk;
		enum change change;
		uint16_t low;

		start_walk(&walk, loader, &loader->segment[i]);
		while (next_relocation(&walk)) {
			(*count)++;
			if (!change_of(&walk, &change, &low, error))
				return false;
			*num_absolute += change != CHANGE_NOTHING;
		}
	}
	return true;
}

/* r9 of code that was built for a movable data section (RWPI): where its data begins. */
static uint32_t find_static_base(const struct ofl_loader *loader)
{
	const struct ofl_loader_segment *found = NULL;

	for (unsigned int i = 0; i < loader->num_segments; i++)
		if (strcmp(loader->segment[i].name, "PrgData") == 0)
			return loader->segment[i].address;
	for (unsigned int i = 0; i < loader->num_segments && !found; i++)
		if (loader->segment[i].writable)
			found = &loader->segment[i];
	return found ? found->address : loader->low;
}

void ofl_loader_check_movable(struct ofl_loader *loader)
{
	struct ofl_file_error error = { 0 };
	unsigned int count = 0, num_absolute = 0;
	const bool can_change = check_relocations(loader, &count, &num_absolute, &error);
	/* An external loader that is linked at 0 is for a RAM there. */
	const bool linked_at_zero = loader->low == 0 && loader->format != OFL_FORMAT_STLDR;

	loader->static_base = find_static_base(loader);
	if (!can_change)
		ofl_loader_note(loader, "cannot be moved: %s", error.text);
	else if (loader->high - loader->low > MAX_SPAN_BYTES)
		ofl_loader_note(loader, "cannot be moved: it is spread over 0x%08x to 0x%08x", (unsigned int)loader->low,
				(unsigned int)loader->high - 1);
	else {
		loader->relocatable = count != 0;
		loader->position_independent = linked_at_zero && num_absolute == 0;
	}
	if (linked_at_zero && !loader->relocatable && !loader->position_independent)
		ofl_loader_note(loader, "linked at address 0, where RAM is seldom");
	if (loader->relocatable || loader->position_independent)
		loader->low &= ~(loader->alignment - 1);
}

bool ofl_loader_content(const struct ofl_loader *loader, unsigned int index, uint32_t delta, uint8_t *out,
		struct ofl_file_error *error)
{
	if (index >= loader->num_segments)
		return ofl_file_fault(error, 0, "there is no segment %u", index);

	const struct ofl_loader_segment *segment = &loader->segment[index];
	struct walk walk;

	if (delta != 0 && !loader->relocatable && !loader->position_independent)
		return ofl_file_fault(error, 0, "the loader cannot be moved: it keeps no relocations and is not position "
				"independent");
	if (delta & (loader->alignment - 1))
		return ofl_file_fault(error, 0, "the loader cannot be moved by 0x%x: its alignment is %u", (unsigned int)delta,
				(unsigned int)loader->alignment);
	if (loader->format == OFL_FORMAT_NXFLAT) {
		ofl_nxflat_loader_content(loader, index, delta, out);
		return true;
	}
	if (!segment->bytes) {
		memset(out, 0, segment->length_bytes);
		return true;
	}
	memcpy(out, segment->bytes, segment->length_bytes);
	if (delta == 0)
		return true;
	start_walk(&walk, loader, segment);
	while (next_relocation(&walk)) {
		enum change change;
		uint16_t low = 0;

		if (!change_of(&walk, &change, &low, error))
			return false;
		if (change == CHANGE_NOTHING)
			continue;

		const uint32_t place = place_of(&walk);
		const uint8_t *linked = segment->bytes + place;
		uint8_t *moved = out + place;

		/* From what was linked, so that a place that is named twice does not move twice. */
		if (change == CHANGE_WORD)
			put32(moved, ofl_le32(linked) + delta);
		else if (change == CHANGE_WORD_ADDEND)
			put32(moved, (uint32_t)walk.relocation.addend + delta);
		else if (change == CHANGE_MOVW)
			put_immediate(moved, (immediate(linked) + delta) & 0xffff);
		else
			put_immediate(moved, (((uint32_t)immediate(linked) << 16 | low) + delta) >> 16);
	}
	return true;
}

uint32_t ofl_loader_function(const struct ofl_loader *loader, enum ofl_function_id id, uint32_t delta)
{
	return loader->function[id].name ? loader->function[id].address + delta : 0;
}
