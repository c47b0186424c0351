// SPDX-License-Identifier: GPL-2.0-or-later

#include "nxflat_builder.h"

#include <string.h>

#define RELOCATION_DATA	(1u << 30)
#define CODE_BYTES	16u
#define ZERO_BYTES	12u

void nb_put_be32(uint8_t *bytes, uint32_t value)
{
	for (unsigned int n = 0; n < 4; n++)
		bytes[n] = (uint8_t)(value >> 8 * (3 - n));
}

void nb_put_le32(uint8_t *bytes, uint32_t value)
{
	for (unsigned int n = 0; n < 4; n++)
		bytes[n] = (uint8_t)(value >> 8 * n);
}

static void add_word(struct nb_module *module, uint32_t word)
{
	nb_put_le32(module->bytes + module->length, word);
	module->length += 4;
}

void nb_make(struct nb_module *module, const char *const *names)
{
	uint8_t *text = module->bytes + NB_HEADER_BYTES;
	uint32_t name_offset[16];
	uint32_t num_names = 0, next = CODE_BYTES;

	memset(module, 0, sizeof(*module));
	memcpy(module->bytes, "NxFT", 4);
	memset(text, 0x60, CODE_BYTES);
	for (; names[num_names] && num_names < 16; num_names++) {
		name_offset[num_names] = next;
		strcpy((char *)text + next, names[num_names]);
		next += (uint32_t)strlen(names[num_names]) + 1;
	}
	module->length = NB_HEADER_BYTES + NB_TEXT_BYTES;
	module->data_start = (uint32_t)module->length;

	const uint32_t value_offset = 8 + 8 * num_names;

	add_word(module, 3);			/* GOT: code at 2, Thumb */
	add_word(module, value_offset);		/* GOT: the word below */
	for (uint32_t n = 0; n < num_names; n++) {
		add_word(module, name_offset[n]);
		add_word(module, 0);
	}
	add_word(module, 0x12345678);
	add_word(module, value_offset + 8);	/* the first zero */
	module->data_end = (uint32_t)module->length;
	add_word(module, 0);
	add_word(module, RELOCATION_DATA | 4);
	for (uint32_t n = 0; n < num_names; n++)
		add_word(module, 8 + 8 * n);
	add_word(module, RELOCATION_DATA | (value_offset + 4));

	nb_put_be32(module->bytes + NB_ENTRY, NB_HEADER_BYTES + 4);
	nb_put_be32(module->bytes + NB_DATA_START, module->data_start);
	nb_put_be32(module->bytes + NB_DATA_END, module->data_end);
	nb_put_be32(module->bytes + NB_BSS_END, module->data_end + ZERO_BYTES);
	nb_put_be32(module->bytes + NB_STACK, 512);
	nb_put_be32(module->bytes + NB_RELOCATIONS, module->data_end);
	nb_put_be32(module->bytes + NB_IMPORTS, module->data_start + 8);
	module->bytes[NB_NUM_RELOCATIONS + 1] = (uint8_t)(3 + num_names);
	module->bytes[NB_NUM_IMPORTS + 1] = (uint8_t)num_names;
}

static uint32_t add_region(struct nb_module *module, uint32_t sector_bytes, uint32_t count)
{
	add_word(module, sector_bytes);
	add_word(module, count);
	return 1;
}

void nb_make_loader(struct nb_module *module, const char *const *names)
{
	static const uint8_t magic[16] = {
		0x6f, 0x66, 0x6c, 0x2d, 0x6e, 0x78, 0x66, 0x6c, 0x61, 0x74, 0x1a, 0xe5, 0x5e, 0xa1, 0xc0, 0xde,
	};
	/* version, ops, flags, cpu_arch, base, page, unit, erased byte, program_ms, erase_ms */
	static const uint32_t words[] = { 1, 0x7fe, 0, 12, 0x90000000, 256, 0, 0xff, 5, 400 };
	struct nb_module plain;
	uint32_t num_regions = 0;

	nb_make(&plain, names);
	*module = plain;
	/* The descriptor goes behind the data, the relocations behind that. */
	module->length = plain.data_end;
	memcpy(module->bytes + module->length, magic, sizeof(magic));
	module->length += sizeof(magic);
	for (size_t n = 0; n < sizeof(words) / sizeof(words[0]); n++)
		add_word(module, words[n]);
	memset(module->bytes + module->length, 0, NB_NAME_BYTES);
	memcpy(module->bytes + module->length, "W25Q64JV on SPI2", 16);
	module->length += NB_NAME_BYTES;

	const size_t count_at = module->length;

	add_word(module, 0);
	num_regions += add_region(module, 4096, 16);
	num_regions += add_region(module, 65536, 127);
	nb_put_le32(module->bytes + count_at, num_regions);
	module->data_end = (uint32_t)module->length;
	memcpy(module->bytes + module->length, plain.bytes + plain.data_end, plain.length - plain.data_end);
	module->length += plain.length - plain.data_end;
	nb_put_be32(module->bytes + NB_DATA_END, module->data_end);
	nb_put_be32(module->bytes + NB_BSS_END, module->data_end + ZERO_BYTES);
	nb_put_be32(module->bytes + NB_RELOCATIONS, module->data_end);
}
