// SPDX-License-Identifier: GPL-2.0-or-later

#include "sfdp_check.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *fixture_directory = "testing/fixtures/sfdp";

void set_fixture_directory(int argc, char **argv)
{
	static char directory[512];
	const char *srcdir = getenv("srcdir");

	if (argc > 1) {
		fixture_directory = argv[1];
	} else if (srcdir) {
		snprintf(directory, sizeof(directory), "%s/testing/fixtures/sfdp", srcdir);
		fixture_directory = directory;
	}
}

/* Fixtures: "name: value" lines, an empty line, hex bytes. */

void load_fixture(const char *name, struct fixture *fixture)
{
	char path[1024], line[1024];
	unsigned int declared_bytes = 0, id[3] = { 0 };
	bool in_hex = false;

	snprintf(path, sizeof(path), "%s/%s.txt", fixture_directory, name);
	FILE *file = fopen(path, "r");
	if (!file)
		fail_msg("%s cannot be opened", path);
	memset(fixture, 0, sizeof(*fixture));
	while (fgets(line, sizeof(line), file)) {
		if (line[0] == '\n') {
			in_hex = true;
		} else if (!in_hex) {
			sscanf(line, "bytes: %u", &declared_bytes);
			sscanf(line, "jedec: %2x%2x%2x", &id[0], &id[1], &id[2]);
		} else {
			for (char *p = line; isxdigit((unsigned char)*p); p += p[2] == ' ' ? 3 : 2) {
				unsigned int value = 0;

				assert_int_equal(sscanf(p, "%2x", &value), 1);
				assert_true(fixture->length < MAX_TABLE);
				fixture->bytes[fixture->length++] = value;
			}
		}
	}
	fclose(file);
	for (unsigned int i = 0; i < 3; i++)
		fixture->jedec_id[i] = id[i];
	assert_int_equal(fixture->length, declared_bytes);
}

enum ofl_sfdp_result parse_exact(const uint8_t *bytes, size_t length, const uint8_t *jedec_id, struct ofl_sfdp *sfdp,
		size_t *need_bytes, char *why, size_t why_size)
{
	uint8_t *copy = malloc(length > 0 ? length : 1);

	assert_non_null(copy);
	memcpy(copy, bytes, length);
	/* With length 0 even the first byte is out of bounds: the pointer to the end of the allocation is passed. */
	const enum ofl_sfdp_result result = ofl_sfdp_parse(length > 0 ? copy : copy + 1, length, jedec_id, sfdp, need_bytes,
			why, why_size);
	free(copy);
	return result;
}

enum ofl_sfdp_result check_any(const uint8_t *bytes, size_t length, const uint8_t *jedec_id, const char *what)
{
	struct ofl_sfdp sfdp;
	size_t need_bytes = 0;
	char why[160] = "unset";
	const enum ofl_sfdp_result result = parse_exact(bytes, length, jedec_id, &sfdp, &need_bytes, why, sizeof(why));

	if (result != OFL_SFDP_OK) {
		if (!is_zeroed(&sfdp))
			fail_msg("%s: refused, but the answer is not zeroed", what);
		if (why[0] == '\0' || strcmp(why, "unset") == 0)
			fail_msg("%s: refused without a reason", what);
		if (result == OFL_SFDP_NEED_MORE && (need_bytes <= length || need_bytes > 65536))
			fail_msg("%s: %zu bytes wanted, %zu were there", what, need_bytes, length);
		return result;
	}
	if (why[0] != '\0')
		fail_msg("%s: accepted, and yet: %s", what, why);
	if (insane(&sfdp))
		fail_msg("%s: answer not sane: %s", what, insane(&sfdp));
	for (unsigned int id = 0; id < 16 && sfdp.num_map_detect != 0; id++) {
		struct ofl_sfdp selected = sfdp;

		if (ofl_sfdp_select_map(bytes, length, id, &selected, why, sizeof(why)) == OFL_SFDP_OK) {
			if (selected.num_map_detect != 0 || insane(&selected))
				fail_msg("%s: map %u not sane: %s", what, id, insane(&selected));
		} else if (!is_zeroed(&selected) || why[0] == '\0') {
			fail_msg("%s: map %u refused without a reason", what, id);
		}
	}
	return result;
}

void parse_fixture(const char *name, struct fixture *fixture, struct ofl_sfdp *sfdp)
{
	char why[160];

	load_fixture(name, fixture);
	const enum ofl_sfdp_result result = parse_exact(fixture->bytes, fixture->length, fixture->jedec_id, sfdp, NULL, why,
			sizeof(why));
	if (result != OFL_SFDP_OK)
		fail_msg("%s: %s", name, why);
}

static bool has_note(const struct ofl_sfdp *sfdp, const char *part)
{
	for (unsigned int i = 0; i < sfdp->num_notes; i++)
		if (strstr(sfdp->note[i], part))
			return true;
	return false;
}

void assert_note(const struct ofl_sfdp *sfdp, const char *part)
{
	if (!has_note(sfdp, part)) {
		for (unsigned int i = 0; i < sfdp->num_notes; i++)
			print_message("note: %s\n", sfdp->note[i]);
		fail_msg("no note has '%s'", part);
	}
}

void assert_region(const struct ofl_sfdp *sfdp, unsigned int index, uint64_t first, uint64_t last, uint8_t mask)
{
	assert_int_equal(sfdp->region[index].offset_bytes, first);
	assert_int_equal(sfdp->region[index].size_bytes, last - first + 1);
	assert_int_equal(sfdp->region[index].erase_mask, mask);
}
