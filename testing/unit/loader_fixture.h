/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Loader files as the linkers in use lay them out, one of each kind, for tests that change one thing each:
 *
 *	struct loader_fixture f;
 *
 *	start_flm(&f);
 *	eb_put32(descriptor_of(&f), DEV_PAGE, 0);
 *	assert_refused(&f, "page size is 0");
 *
 * assert_usable() and assert_refused() make the file and read it; end_loader() frees both.
 */

#ifndef TESTING_UNIT_LOADER_FIXTURE_H
#define TESTING_UNIT_LOADER_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "elf_builder.h"
#include "ofl_loader.h"

/* FlashDevice, CMSIS_5 FlashOS.h */
#define DEV_NAME	2
#define DEV_TYPE	130
#define DEV_ADDRESS	132
#define DEV_SIZE	136
#define DEV_PAGE	140
#define DEV_EMPTY	148
#define DEV_PROGRAM_MS	152
#define DEV_ERASE_MS	156
#define DEV_SECTORS	160

/* StorageInfo, stm32-external-loader Dev_Inf.h */
#define INFO_NAME	0
#define INFO_TYPE	100
#define INFO_ADDRESS	104
#define INFO_SIZE	108
#define INFO_PAGE	112
#define INFO_EMPTY	116
#define INFO_SECTORS	120
#define INFO_BYTES	200

#define END		0xffffffffu
#define REPORT_BYTES	16384

struct loader_fixture {
	struct elf_builder builder;
	unsigned int code, rodata, data, zeros, descriptor;	/* indices of sections; 0: none */
	unsigned int object;		/* index of the descriptor's symbol */
	bool is_made;
	struct elf_file file;
	struct ofl_loader loader;
	struct ofl_file_error error;
	bool usable;
	char report[REPORT_BYTES];
};

/* armlink: PrgCode at 0, PrgData and its zero-initialised part, DevDscr of 176 bytes at the address of the latter. */
void start_flm(struct loader_fixture *f);
/* Open Flash Loader, linked at 0x20000000, the code in .text, without relocations. */
void start_open(struct loader_fixture *f);
/* SEGGER Flash Loader at 0x20000000. */
void start_segger(struct loader_fixture *f);
/* NuttX's: the addresses and sizes of its stm32f429i-disco build; no content of it. */
void start_nuttx(struct loader_fixture *f, uint32_t room_bytes);
/* IAR: code at 0x20000004, .rodata, .data, .bss in no segment, StorageInfo in a section of its own at address 0. */
void start_stldr(struct loader_fixture *f);

/* Content of the descriptor's section, to be changed. */
uint8_t *descriptor_of(struct loader_fixture *f);
/* Words of the sector table, as many as there are; the section has room for 2 pairs, see resize(). */
void put_sectors(struct loader_fixture *f, const uint32_t *words, unsigned int count);
#define PUT_SECTORS(f, ...) put_sectors(f, (const uint32_t[]){ __VA_ARGS__ }, \
		sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))
/* Gives a section another size, what is new is 0. */
void resize(struct loader_fixture *f, unsigned int section, uint32_t size);
/* Takes a symbol out. */
void remove_symbol(struct loader_fixture *f, const char *name);
struct eb_symbol *symbol_of(struct loader_fixture *f, const char *name);

void make_file(struct loader_fixture *f);
/* The file is made, and read. */
#define assert_usable(f)	assert_usable_at(f, __FILE__, __LINE__)
void assert_usable_at(struct loader_fixture *f, const char *file, int line);
/* `text` is in the reason, and nothing is owned. */
#define assert_refused(f, text)	assert_refused_at(f, text, __FILE__, __LINE__)
void assert_refused_at(struct loader_fixture *f, const char *text, const char *file, int line);
void end_loader(struct loader_fixture *f);

/* Is `text` part of a note? */
bool notes_say(const struct loader_fixture *f, const char *text);
/* Makes f->report, one line each; returns what the report says. */
bool make_report(struct loader_fixture *f, const struct ofl_report_options *options);
/* Is this one of its lines, exactly? */
bool has_line(const struct loader_fixture *f, const char *line);

/* The segment made of a section; NULL: it is not loaded. */
const struct ofl_loader_segment *segment_of(const struct loader_fixture *f, unsigned int section);

void assert_loader_region(const struct loader_fixture *f, unsigned int index, uint64_t offset, uint32_t bytes,
		uint32_t count);
void assert_function(const struct loader_fixture *f, enum ofl_function_id id, const char *name, uint32_t args,
		uint32_t result);

#endif /* TESTING_UNIT_LOADER_FIXTURE_H */
