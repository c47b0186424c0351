/* SPDX-License-Identifier: GPL-2.0-or-later */

/* An NXFLAT module made field by field, for the reader's tests and the fuzzer's seeds. */

#ifndef TESTING_UNIT_NXFLAT_BUILDER_H
#define TESTING_UNIT_NXFLAT_BUILDER_H

#include <stddef.h>
#include <stdint.h>

/* Offsets of the header's fields: apache/nuttx 4ebc8a7, include/nxflat.h, struct nxflat_hdr_s. */
#define NB_ENTRY		4
#define NB_DATA_START		8
#define NB_DATA_END		12
#define NB_BSS_END		16
#define NB_STACK		20
#define NB_RELOCATIONS		24
#define NB_IMPORTS		28
#define NB_NUM_RELOCATIONS	32
#define NB_NUM_IMPORTS		34
#define NB_HEADER_BYTES		36

#define NB_TEXT_BYTES		64
#define NB_MAX_BYTES		4096

struct nb_module {
	uint8_t bytes[NB_MAX_BYTES];
	size_t length;
	uint32_t data_start, data_end;
};

/*
 * 16 bytes of code and the names; a GOT slot for code and one for data, imports, a word of data, a pointer to zeros;
 * 12 bytes of zeros; relocations. `names`: of the imports, NULL at the end; they must fit.
 */
void nb_make(struct nb_module *module, const char *const *names);

/*
 * The same with the descriptor of a flash loader as the last of its data: contrib/loaders/flash/ofl/nxflat_loader.h,
 * version 1, with all operations, 64 KiB of 4 KiB sectors and 127 of 64 KiB at 90000000.
 */
#define NB_DESCRIPTOR_BYTES	140u
#define NB_NAME_BYTES		64u
void nb_make_loader(struct nb_module *module, const char *const *names);

void nb_put_be32(uint8_t *bytes, uint32_t value);
void nb_put_le32(uint8_t *bytes, uint32_t value);

#endif /* TESTING_UNIT_NXFLAT_BUILDER_H */
