/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What must hold for every ELF file that ofl_elf_open() accepts, whatever is in it: for the unit tests and for the
 * fuzzer. It touches every byte that a getter hands out, so give it a file of exactly its length in an allocation of
 * its own, and the address sanitizer.
 */

#ifndef TESTING_UNIT_ELF_SANE_H
#define TESTING_UNIT_ELF_SANE_H

#include "ofl_elf.h"

/* NULL, or what is wrong. */
const char *elf_insane(const struct ofl_elf *elf);

/* Of a refusal: a reason, printable, and an offset in the file or at its end. */
const char *refusal_insane(const struct ofl_file_error *error, size_t length);

#endif /* TESTING_UNIT_ELF_SANE_H */
