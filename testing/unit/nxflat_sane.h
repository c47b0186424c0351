/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What must hold for every file that the reader of NXFLAT modules gets: for the unit tests and for the fuzzer. */

#ifndef TESTING_UNIT_NXFLAT_SANE_H
#define TESTING_UNIT_NXFLAT_SANE_H

#include "ofl_nxflat.h"

/*
 * Opens a file and uses everything that can be asked of it. NULL, or what is wrong. Give it an allocation of exactly
 * `length` bytes, and the address sanitizer. *accepted, unless NULL: whether it was.
 */
const char *nxflat_file_insane(const uint8_t *bytes, size_t length, bool *accepted);

#endif /* TESTING_UNIT_NXFLAT_SANE_H */
