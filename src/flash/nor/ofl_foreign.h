/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What ofl_foreign.c (a loader file on the target) and ofl_foreign_ops.c (what is done with it) share. */

#ifndef OPENOCD_FLASH_NOR_OFL_FOREIGN_H
#define OPENOCD_FLASH_NOR_OFL_FOREIGN_H

#include "ofl.h"

/* CMSIS-Pack's numbers, the third argument of Init. */
enum ofl_purpose {
	OFL_PURPOSE_NONE = 0,
	OFL_PURPOSE_ERASE = 1,
	OFL_PURPOSE_PROGRAM = 2,
	OFL_PURPOSE_VERIFY = 3,	/* and all other reading */
};

/* Of a movable loader in RAM: a cache line, because some were built as if they were alone in theirs (facts 4). */
#define LOADER_ALIGNMENT	32

/* What is sent to a system in one piece, of which three must fit into the room that it leaves. */
#define SYSTEM_PAGE_BYTES	512

/* What must be on the target for a module whose imports were bound to a file; ofl_firmware.c. */
struct ofl_firmware_part {
	char name[32];
	struct ofl_range range;
	uint32_t crc;
};

struct ofl_firmware {
	unsigned int num_parts;
	struct ofl_firmware_part part[64];
};

struct ofl_foreign {
	uint8_t *file;
	size_t file_bytes;
	struct ofl_loader loader;
	struct ofl_firmware firmware;
	bool single;		/* streaming went wrong once: one page at a time from then on */

	bool told_slow;		/* that there is RAM for one page only */
	unsigned int asked;	/* how often GetFlashInfo was called */
	bool answered;

	/* Of this session */
	bool movable;
	uint32_t delta;		/* from where it is linked to where it is */
	enum ofl_purpose purpose;	/* of the last Init */
	bool changed;		/* the flash may have been changed since the last Init */
	bool dead;		/* a call did not return */
};

void ofl_foreign_fill_params(struct ofl_bank *ofl, struct ofl_params *params);
void ofl_foreign_describe_call(struct ofl_bank *ofl, const struct ofl_params *params, char *text, size_t text_size);
void ofl_foreign_autopsy(struct ofl_bank *ofl, bool timed_out);
int ofl_foreign_leave(struct ofl_bank *ofl, int retval);

/* Makes the loader ready for `purpose`: UnInit and Init where its format, or -init, wants them. */
int ofl_foreign_switch(struct ofl_bank *ofl, enum ofl_purpose purpose);
/* One function with these arguments; an error (and a message) when it says that it failed. */
int ofl_foreign_call(struct ofl_bank *ofl, enum ofl_function_id id, const uint32_t arg[OFL_CALL_ARGS],
		int64_t deadline_ms);
/* Enters a function into session.params, for runs that call it again and again. */
void ofl_foreign_set_function(struct ofl_bank *ofl, enum ofl_function_id id);
/* A line of trace for the last call. */
void ofl_foreign_trace(struct ofl_bank *ofl, int64_t time_ms);

/* CRC of what the target reads there, by the stub; `what`: for messages. */
int ofl_foreign_ram_crc(struct ofl_bank *ofl, uint32_t address, uint32_t length, const char *what, uint32_t *crc);

/* ofl_firmware.c: the firmware that a module calls */

int ofl_firmware_take(struct ofl_bank *ofl, const struct ofl_elf *elf, struct ofl_firmware *firmware);
int ofl_firmware_check(struct ofl_bank *ofl, const struct ofl_firmware *firmware);

/* ofl_system.c: loaders that are a whole operating system */

int ofl_system_before_restore(struct ofl_bank *ofl);
/* A call does not come back for a while: it may be woken. */
void ofl_system_stalled(struct ofl_bank *ofl);
/* After a call that did not come back, or died: what may be behind it. */
void ofl_system_explain(struct ofl_bank *ofl, bool timed_out);

#endif /* OPENOCD_FLASH_NOR_OFL_FOREIGN_H */
