/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What must hold for every loader file, accepted or refused: for the unit tests and for the fuzzer. */

#ifndef TESTING_UNIT_LOADER_SANE_H
#define TESTING_UNIT_LOADER_SANE_H

#include "ofl_loader.h"

/* Of a loader that was read. NULL, or what is wrong. */
const char *loader_insane(const struct ofl_loader *loader);

/*
 * Reads a file, uses everything that can be asked of the result, frees it. NULL, or what is wrong. Give it an
 * allocation of exactly `length` bytes, and the address sanitizer.
 */
const char *loader_file_insane(const uint8_t *bytes, size_t length);

#endif /* TESTING_UNIT_LOADER_SANE_H */
