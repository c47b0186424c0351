// SPDX-License-Identifier: GPL-2.0-or-later

/* Violations, and the report (design.md, contracts). */

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vb.h"

void vb_violation(struct vb *vb, const char *format, ...)
{
	unsigned int index = vb->num_violations++;
	va_list arguments;

	if (index >= VB_VIOLATION_MAX)
		return;

	vb->violation[index].at_ps = vb->clock.now_ps;
	va_start(arguments, format);
	vsnprintf(vb->violation[index].what, sizeof(vb->violation[index].what), format, arguments);
	va_end(arguments);
}

#define SERIAL_STEP	4096u
#define SERIAL_MAX	(1024u * 1024u)

void vb_serial_put(struct vb *vb, char character)
{
	if (vb->serial_length == SERIAL_MAX)
		return;
	if (vb->serial_length % SERIAL_STEP == 0) {
		char *grown = realloc(vb->serial, vb->serial_length + SERIAL_STEP);

		if (!grown)
			return;
		vb->serial = grown;
	}
	vb->serial[vb->serial_length++] = character;
}

/* The MCU may send any byte: what is not plain ASCII is written as the Unicode character of the same number. */
static void write_string(FILE *file, const char *text, size_t length)
{
	fputc('"', file);
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '"' || c == '\\')
			fprintf(file, "\\%c", c);
		else if (c == '\n')
			fputs("\\n", file);
		else if (c < 0x20 || c >= 0x7f)
			fprintf(file, "\\u%04x", c);
		else
			fputc(c, file);
	}
	fputc('"', file);
}

/* Exact, so that two reports of the same run compare equal byte for byte. */
static void write_seconds(FILE *file, uint64_t time_ps)
{
	fprintf(file, "%" PRIu64 ".%012" PRIu64, time_ps / (uint64_t)VB_PS_PER_S, time_ps % (uint64_t)VB_PS_PER_S);
}

static void write_number(FILE *file, const char *name, uint64_t value)
{
	fprintf(file, "\t\"%s\": %" PRIu64 ",\n", name, value);
}

static void write_violations(FILE *file, const struct vb *vb)
{
	unsigned int listed = vb->num_violations < VB_VIOLATION_MAX ? vb->num_violations : VB_VIOLATION_MAX;

	write_number(file, "violations_not_listed", vb->num_violations - listed);
	fputs("\t\"violations\": [", file);
	for (unsigned int i = 0; i < listed; i++) {
		const struct vb_violation *violation = &vb->violation[i];

		fprintf(file, "%s\n\t\t{ \"what\": ", i ? "," : "");
		write_string(file, violation->what, strlen(violation->what));
		fputs(", \"at_seconds\": ", file);
		write_seconds(file, violation->at_ps);
		fputs(" }", file);
	}
	fputs(listed ? "\n\t]\n" : "]\n", file);
}

int vb_report_write(const struct vb *vb, const char *path)
{
	const struct vb_counters *count = &vb->count;
	FILE *file = fopen(path, "w");
	bool failed;

	if (!file)
		return -1;

	fputs("{\n\t\"simulated_seconds\": ", file);
	write_seconds(file, vb->clock.now_ps);
	fputs(",\n", file);
	write_number(file, "seed", vb->seed);
	write_number(file, "link_clocks", count->link_clocks);
	write_number(file, "link_round_trips", count->link_round_trips);
	write_number(file, "instructions", count->instructions);
	write_number(file, "spi_clocks", count->spi_clocks);
	write_number(file, "page_programs", count->page_programs);
	write_number(file, "program_bytes", count->program_bytes);
	write_number(file, "read_bytes", count->read_bytes);
	write_number(file, "status_reads", count->status_reads);
	fprintf(file, "\t\"erases\": { \"4k\": %" PRIu64 ", \"32k\": %" PRIu64 ", \"64k\": %" PRIu64 ", \"chip\": %" PRIu64
			", \"other\": %" PRIu64 " },\n", count->erase_4k, count->erase_32k, count->erase_64k,
			count->erase_chip, count->erase_other);
	write_number(file, "internal_programs", count->internal_programs);
	fprintf(file, "\t\"internal_erases\": { \"16k\": %" PRIu64 ", \"64k\": %" PRIu64 ", \"128k\": %" PRIu64
			", \"bank\": %" PRIu64 " },\n", count->internal_erase_16k, count->internal_erase_64k,
			count->internal_erase_128k, count->internal_erase_bank);
	write_number(file, "resets", count->resets);
	fputs("\t\"serial\": ", file);
	write_string(file, vb->serial ? vb->serial : "", vb->serial ? vb->serial_length : 0);
	fputs(",\n", file);
	write_violations(file, vb);
	fputs("}\n", file);

	failed = ferror(file) != 0;
	if (fclose(file) != 0)
		return -1;
	if (failed) {
		errno = EIO;
		return -1;
	}
	return 0;
}
