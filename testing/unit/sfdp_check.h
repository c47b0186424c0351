/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What the tests of the SFDP parser share: fixtures (testing/fixtures/sfdp), parsing at the exact end of an allocation,
 * and what must hold for every answer whatever the input was.
 */

#ifndef TESTING_UNIT_SFDP_CHECK_H
#define TESTING_UNIT_SFDP_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ofl_sfdp.h"
#include "sfdp_sane.h"

#define KIB		1024u
#define MIB		(1024u * 1024u)
#define MAX_TABLE	1024u

struct fixture {
	uint8_t jedec_id[3];
	size_t length;
	uint8_t bytes[MAX_TABLE];
};

/* From the first argument, or else $srcdir/testing/fixtures/sfdp */
void set_fixture_directory(int argc, char **argv);

void load_fixture(const char *name, struct fixture *fixture);

/* Parses an allocation of exactly `length` bytes, so that the address sanitizer sees any access beyond it. */
enum ofl_sfdp_result parse_exact(const uint8_t *bytes, size_t length, const uint8_t *jedec_id, struct ofl_sfdp *sfdp,
		size_t *need_bytes, char *why, size_t why_size);

/* Fails the test when the table is refused. */
void parse_fixture(const char *name, struct fixture *fixture, struct ofl_sfdp *sfdp);

/* Parses, checks what must hold whatever the input was, follows the detection; returns the parser's result. */
enum ofl_sfdp_result check_any(const uint8_t *bytes, size_t length, const uint8_t *jedec_id, const char *what);

void assert_note(const struct ofl_sfdp *sfdp, const char *part);

void assert_region(const struct ofl_sfdp *sfdp, unsigned int index, uint64_t first, uint64_t last, uint8_t mask);

#endif /* TESTING_UNIT_SFDP_CHECK_H */
