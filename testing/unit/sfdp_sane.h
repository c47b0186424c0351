/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What must hold for every answer of the SFDP parser; for the unit tests and the fuzzer. */

#ifndef TESTING_UNIT_SFDP_SANE_H
#define TESTING_UNIT_SFDP_SANE_H

#include "ofl_sfdp.h"

bool is_zeroed(const struct ofl_sfdp *sfdp);

/* NULL, or what an answer has that no caller could work with. */
const char *insane(const struct ofl_sfdp *sfdp);

#endif /* TESTING_UNIT_SFDP_SANE_H */
