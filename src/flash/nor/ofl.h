/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * ofl: a flash that an on-target loader programs. What the files of the driver share; the data path is drawn in ofl.c.
 */

#ifndef OPENOCD_FLASH_NOR_OFL_H
#define OPENOCD_FLASH_NOR_OFL_H

#include <target/algorithm.h>
#include <target/armv7m.h>
#include "imp.h"
#include "ofl_keepout.h"
#include "ofl_layout.h"
#include "ofl_loader.h"
#include "ofl_plan.h"
#include "ofl_protect.h"
#include "../../../contrib/loaders/flash/ofl/ofl_abi.h"

/* A built-in controller: its blob, and what the bank line must say about it. */
struct ofl_controller {
	const char *name;	/* behind "spi:" */
	const uint8_t *blob;
	uint32_t blob_bytes;
	bool needs_base, needs_cs, needs_gpio_pins;
	bool has_slave_select;	/* outputs of its own, one of which is chosen: OFL_CTL_SS */
	uint8_t max_dummy_bytes;	/* in a command */
	/*
	 * No status read is faster than this, at the fastest clocks that the controller is found with. A deadline in time
	 * becomes at least that many polls of the stub, which has no clock of its own; the host watches the time.
	 */
	uint32_t min_poll_ns;
	/*
	 * Four data lines, and a memory-mapped mode, which is on when all bits of `mask` are set in params.ctl[word]; 0:
	 * has neither. In the word of CCR: `quad` all set: opcodes on four lines; `once`: the opcode is sent only once.
	 */
	struct {
		uint32_t mask, quad, once;
		uint8_t word, opcode_word;
	} mapped;
};

const struct ofl_controller *ofl_controller_by_name(const char *name);
/* For tests and for messages: NULL behind the last. */
const struct ofl_controller *ofl_controller_by_index(unsigned int index);

enum ofl_when {
	OFL_WHEN_DEFAULT,	/* as the format's own tool does */
	OFL_WHEN_ONCE,		/* one Init a command */
	OFL_WHEN_EACH,		/* Init before each operation */
};

/* What the bank line says; 0 / false: not said. */
struct ofl_options {
	const struct ofl_controller *controller;	/* built in; NULL: a loader file */
	char *path;		/* of the loader file; owned */
	char *symbols;		/* ELF file of the firmware that a module calls; NULL: none; owned */
	enum ofl_when init;
	bool irq_on, has_irq, stream_off;
	bool nuttx_wake;
	bool symbols_unchecked;	/* the firmware on the target is not compared with that file */
	struct ofl_range ram;	/* -ram */
	uint32_t stack_bytes, clock_hz;
	bool has_map;
	uint32_t map;		/* where the flash is mapped; loader file: while it is initialised */
	bool qe_on;		/* -qe: the chip's quad enable bit may be set */
	uint32_t ctl[OFL_CTL_WORDS];
	bool has_base, has_cs, has_sck, has_mosi, has_miso;
	uint32_t size_bytes;	/* the bank line's SIZE */
	uint64_t chip_bytes;	/* -size */
	uint32_t page_bytes;
	unsigned int num_erase_types;
	struct ofl_erase_type erase[OFL_MAX_ERASE_TYPES];
	bool no_verify;
	bool elf_header_allow;	/* -elf-header: `flash write_image` may write an ELF file's header */
	bool preserve_on;	/* -preserve: `flash write_image erase` keeps the rest of shared sectors */
	char *save_path;	/* -save: where the rest of a sector is while that is erased; owned; NULL: the default */
};

int ofl_parse_options(struct ofl_options *options, unsigned int argc, const char **argv);
void ofl_free_options(struct ofl_options *options);

/* Where a chip says that a program or an erase failed. */
struct ofl_chip_errors {
	const char *name;		/* of the register */
	uint8_t read_opcode;
	uint8_t program_mask, erase_mask;	/* bits that a failed operation of the kind sets */
	uint8_t clear_opcode;		/* 0: the next operation of the kind clears them */
	bool stays_busy;		/* until they are cleared */
	struct {
		uint8_t mask;
		const char *name;
	} bit[3];
};

/* The chip as it was identified. */
struct ofl_chip {
	uint8_t jedec_id[3];
	char name[48];
	const char *source;	/* where the geometry comes from: "SFDP", "OpenOCD's table", "bank line" */
	struct ofl_geometry geometry;
	/* OFL_COMMAND words without opcode-specific parts: address bytes are in them. */
	uint32_t read_command, program_command;
	uint8_t address_bytes;
	uint8_t exit_4byte;		/* before each session, for a chip that is used with 3 bytes; 0: not needed */
	uint8_t enter_4byte, leave_4byte;	/* opcodes around each session; 0: not needed */
	bool clear_extended;		/* leaving 4-byte mode leaves the extended address register set: cleared after it */
	uint32_t program_once_bytes;	/* a unit with ECC: may be programmed once after an erase; 0: none */
	bool mode_4byte_wren;		/* those two need a write enable before them */
	uint32_t page_program_typical_us, page_program_max_us;	/* 0: not known */
	uint32_t status_command, busy_mask, busy_invert;
	const struct ofl_chip_errors *errors;	/* NULL: the chip does not say that an operation failed */
	uint8_t status;			/* register 05h as last read */
	struct ofl_protect_hint protect_hint;
	const struct ofl_protect_part *protect;	/* NULL: what its protection bits mean is not known */
	uint8_t protect_regs[OFL_PROTECT_MAX_REGS];	/* as last read, without WIP and WEL */
	/* Four data lines: what its table says. ofl_lines.c */
	uint8_t quad_enable;		/* BFPT DW15 22:20; 0xff: not known */
	uint8_t quad_read, quad_read_clocks, quad_program;	/* opcodes for the address bytes in use; 0: none */
	uint32_t plain_read;		/* on one line, without dummies */
	char lines[80];			/* for `ofl info`; empty: the controller has one */
	unsigned int num_notes;
	char note[16][112];
};

struct ofl_stats {
	uint64_t programmed_bytes, read_bytes, checked_bytes;
	uint64_t pieces, blank_pieces;
	uint64_t erases[OFL_MAX_ERASE_TYPES], chip_erases, skipped_erases;
	uint64_t sector_erases;	/* of a loader file */
	uint64_t wakes;		/* of a NuttX loader's wait loop */
	uint64_t boots;		/* of a loader that is a whole operating system */
	uint64_t calls;		/* functions of a loader file, each page and sector one */
	int64_t longest_call_ms;
	uint32_t stack_used_bytes;	/* deepest seen, of a loader file */
	uint64_t runs, transfers, uploads;	/* stub runs; memory transfers over the link; uploads of the stub */
	int64_t program_ms, erase_ms, read_ms, check_ms;
};

/* Saved state of the core; see ofl_cortexm.c. */
struct ofl_cortexm {
	uint32_t cpuid;
	bool has_v7m_faults, has_stack_limits, has_vtor, has_icache;
	uint32_t mpu_ctrl, demcr, demcr_copy, msplim, psplim;
	bool prepared;
	/* Only for a loader file, which may use and change all that follows. */
	bool foreign;
	uint32_t vtor, cpacr, systick_ctrl, systick_reload;
	uint32_t priorities[2];	/* SHPR2, SHPR3: of SVC, PendSV, SysTick */
	uint32_t pending_system;	/* ICSR: PENDSVSET, PENDSTSET */
	unsigned int num_irq_words;	/* of NVIC_ISER and NVIC_ISPR */
	uint32_t enabled[16], pending[16];
	uint8_t irq_priorities[16 * 32];	/* NVIC_IPR, as the target has them */
	bool saved;		/* all of these are valid */
	unsigned int num_fpu_words;	/* S0 to S31, FPSCR; 0: not saved */
	uint32_t fpu[33];
	struct armv7m_algorithm algorithm;
	struct reg_param reg_params[8];
	unsigned int num_reg_params;
};

struct ofl_session {
	bool open;
	struct working_area *area;	/* OpenOCD nulls it when it takes the area back */
	struct ofl_layout layout;
	bool own_ram;		/* not of OpenOCD's work area: -ram, or a room that the loader leaves */
	struct ofl_cortexm core;
	bool started;		/* a run is under way: the stub may have changed the controller */
	/* How the application left a controller that can map the flash; see ofl_mapped.c. */
	struct {
		bool on, usable;	/* usable: by -map, in this session */
		bool once, quad;
		uint8_t address_bytes, opcode;
		uint64_t reach_bytes;
	} mapped;
	bool lost;		/* the target was reset, or the link failed: nothing more can be done with it in this session */
	bool served;		/* a loader file's function has done work in this session */
	bool call_failed;	/* the last run: expect_failure, and it did */
	bool expect_failure;	/* a function that says that it failed is an answer, which the caller reports */
	/* The user wants it to end: see ofl_stop.c */
	const char *stop_reason;	/* NULL: not that is known */
	int64_t stop_looked_ms;
	bool hold_stop;		/* what is under way must not be left half done */
	bool stop_sent;		/* the stub of this run has been told */
	bool stopped;		/* a run has ended by it */
	struct ofl_range programming;	/* the request of OFL_OP_PROGRAM, in the bank; for the message */
	struct ofl_params params;	/* as last written */
	/* RAM outside the work area that is put back at the end; bytes NULL: none */
	struct {
		struct ofl_range range;
		uint8_t *bytes;
	} saved[OFL_LAYOUT_MAX_RANGES + 1];
	unsigned int num_saved;
};

struct ofl_bank;
struct ofl_foreign;

/* Of loaders that replace what is there when they program: between erase and write; see ofl_bracket.c. */
struct ofl_bracket {
	bool open;
	bool of_command;	/* opened by `ofl bracket` */
	bool keep, kept;	/* the session may stay open; it is, and nothing is under way */
	bool dead;		/* the loader does not answer, or the target is lost: nothing more is tried */
	bool replaces;		/* the write that is under way: pieces that are erased are programmed, too */
	bool *pending;		/* of each sector: it is to be erased; owned */
	unsigned int num_pending;
};

/*
 * What differs between a built-in loader and a loader file. All work on an open session; offsets count from the bank's
 * base.
 */
struct ofl_backend {
	/* The flash is known after it; for probe. */
	int (*identify)(struct ofl_bank *ofl);
	/* Can the content be read at all? NULL: yes. */
	bool (*can_read)(const struct ofl_bank *ofl);
	/* Around the operations of a session. */
	int (*enter)(struct ofl_bank *ofl);
	int (*leave)(struct ofl_bank *ofl, int retval);
	int (*erase)(struct ofl_bank *ofl, uint64_t offset_bytes, uint64_t length_bytes);
	int (*program)(struct ofl_bank *ofl, uint64_t offset_bytes, const uint8_t *data, uint32_t length);
	int (*read)(struct ofl_bank *ofl, uint64_t offset_bytes, uint8_t *data, uint32_t length);
	/* *blank: unit_bytes, or less for a unit that is not erased. */
	int (*blank)(struct ofl_bank *ofl, uint64_t offset_bytes, uint32_t unit_bytes, uint32_t count, uint32_t *blank);
	/* ofl_crc() of each of `count` units. Only where ofl_can_read() says yes. */
	int (*crc)(struct ofl_bank *ofl, uint64_t offset_bytes, uint32_t unit_bytes, uint32_t count, uint32_t *result);
	/* *different: offset in `data` of the first byte that differs, or `length`; *found: what is there, -1: unknown. */
	int (*compare)(struct ofl_bank *ofl, uint64_t offset_bytes, const uint8_t *data, uint32_t length,
			uint32_t *different, int *found);
	/*
	 * After a write that compares differently: may put it right. *retried: there is something to compare again. NULL:
	 * nothing to try.
	 */
	int (*retry)(struct ofl_bank *ofl, uint64_t offset_bytes, const uint8_t *data, uint32_t length, bool *retried);
	/* The part of params that is the loader's. */
	void (*fill_params)(struct ofl_bank *ofl, struct ofl_params *params);
	/* After a run that failed: which call it was, and what became of it. */
	void (*describe_call)(struct ofl_bank *ofl, const struct ofl_params *params, char *text, size_t text_size);
	/* A run has not moved for about 100 ms; NULL: nothing to do. */
	void (*stalled)(struct ofl_bank *ofl);
	/* After a run that did not end: what else is wrong. The core is halted, its registers are restored. */
	void (*autopsy)(struct ofl_bank *ofl, bool timed_out);
};

extern const struct ofl_backend ofl_spinor_backend, ofl_foreign_backend;

struct ofl_bank {
	struct flash_bank *bank;
	struct Jim_Interp *interp;	/* knows whose command is being run */
	const struct ofl_backend *backend;
	struct ofl_options options;
	struct ofl_foreign *foreign;	/* the loader file; owned; NULL: built in */
	uint32_t address_base;	/* what the loader calls offset 0 */
	bool crc_by_loader;	/* the last CRC run was the loader's own function */
	bool crc_untrusted;	/* which was caught giving a wrong result: not used any more */
	uint8_t erased_byte;
	bool identified;
	bool protect_fresh;	/* chip.protect_regs were read since the session's begin() */
	char why_unknown[200];	/* why the chip is not identified; empty: not tried */
	struct ofl_chip chip;
	struct ofl_session session;
	struct ofl_bracket bracket;
	struct ofl_stats stats;
	struct ofl_keepouts keepouts;
	bool trace;
	bool warned_gdb_start;
	int64_t warned_ms;
	char warned_why[200];	/* as why_unknown was then */
	/* One progress line a second: see ofl_progress(). */
	int64_t progress_started_ms, progress_said_ms;
};

static inline struct ofl_bank *ofl_from_bank(const struct flash_bank *bank)
{
	return bank->driver_priv;
}

/* ofl_session.c: the only file that touches the target */

/*
 * Checks the target, lays out the work area, prepares the core and puts the stub there. Closed by ofl_session_close().
 */
int ofl_session_open(struct ofl_bank *ofl);
/* Puts everything back; also after any failure. Returns `retval`, or its own error when that was ERROR_OK. */
int ofl_session_close(struct ofl_bank *ofl, int retval);

/*
 * One run of the stub. The caller fills session.params (ofl_session_params() gives it with the chip's and the
 * controller's part), and may use the ring area before the start with ofl_session_write/read().
 */
struct ofl_params *ofl_session_params(struct ofl_bank *ofl, enum ofl_op op);
int ofl_session_start(struct ofl_bank *ofl);
/* The live words, read in one transfer. */
struct ofl_live {
	uint32_t status, done, wp, rp;
};
int ofl_session_look(struct ofl_bank *ofl, struct ofl_live *live);
/*
 * True when the stub can no longer be running although its status says so: halted, locked up, reset. Asks the debug
 * port, so not for every turn of a loop.
 */
bool ofl_session_is_dead(struct ofl_bank *ofl);
/*
 * Ends the run: collects the status and restores registers. When the stub has not ended it is stopped, and the report
 * says so; `waited_for` and `waited_ms` go into the message (waited_ms < 0: it was not a deadline). Says what failed
 * and where; ERROR_OK only for OFL_STATUS_OK.
 */
int ofl_session_finish(struct ofl_bank *ofl, const char *waited_for, int64_t waited_ms);
/* Start, look until the end or `deadline_ms` without progress, finish. `progress` may be NULL. */
int ofl_session_run(struct ofl_bank *ofl, const char *what, int64_t deadline_ms,
		void (*progress)(struct ofl_bank *ofl, const struct ofl_live *live, void *context), void *context);
int ofl_session_write(struct ofl_bank *ofl, uint32_t address, const uint8_t *bytes, uint32_t length);
int ofl_session_write_words(struct ofl_bank *ofl, uint32_t address, const uint32_t *words, uint32_t count);
int ofl_session_read(struct ofl_bank *ofl, uint32_t address, uint8_t *bytes, uint32_t length);
int ofl_session_read_words(struct ofl_bank *ofl, uint32_t address, uint32_t *words, uint32_t count);
/* Of a flash that is memory mapped; says nothing when it fails. */
int ofl_session_read_mapped(struct ofl_bank *ofl, uint32_t address, uint8_t *bytes, uint32_t length);
/* The parameters as the stub left them. */
int ofl_session_read_params(struct ofl_bank *ofl, struct ofl_params *params);

/* Deadlines: the stub's, in polls, for a time; and the host's for the same. */
uint32_t ofl_session_polls(const struct ofl_bank *ofl, uint64_t time_us);
/* "stub+0x12", "ProgramPage+0x34" or nothing, for an address in RAM. */
void ofl_session_where(struct ofl_bank *ofl, uint32_t address, char *text, size_t text_size);

/* ofl_stop.c */

/* Within a session: is a long operation to end before its time? session.stop_reason says why. */
bool ofl_stop_is_asked(struct ofl_bank *ofl);
/* GDB's load, and its flash-erase; not its monitor commands. */
bool ofl_is_for_gdb(const struct ofl_bank *ofl);

/* ofl_cortexm.c: what is special to Cortex-M; called by ofl_session.c only */

int ofl_cortexm_check(struct target *target);
/* As OpenOCD's examination found; false also for a target that was not examined. */
bool ofl_cortexm_is_v6m(struct target *target);
/* Which core it is; nothing is changed. */
int ofl_cortexm_identify(struct target *target, struct ofl_cortexm *core);
int ofl_cortexm_prepare(struct target *target, struct ofl_cortexm *core);
int ofl_cortexm_restore(struct target *target, struct ofl_cortexm *core);
int ofl_cortexm_start(struct target *target, struct ofl_cortexm *core, uint32_t entry, uint32_t stack, uint32_t params);
/*
 * Waits for the core to halt, stops it when it does not, and puts the registers back. `expected`: the stub said
 * that it ended; when it did not, `text` tells what was found (PC, fault registers, reset).
 */
int ofl_cortexm_finish(struct ofl_bank *ofl, bool expected, char *text, size_t text_size);
/* While a run is under way, without OpenOCD's noticing: stops the core, and lets it go on. */
int ofl_cortexm_pause(struct target *target);
int ofl_cortexm_unpause(struct target *target);
/* Of a paused core; DCRSR.REGSEL. */
int ofl_cortexm_read_reg(struct target *target, unsigned int reg, uint32_t *value);
int ofl_cortexm_write_reg(struct target *target, unsigned int reg, uint32_t value);
/* Does it execute code for Tag_CPU_arch `cpu_arch`? True when that is not known. Valid after ofl_cortexm_prepare(). */
bool ofl_cortexm_can_run(const struct ofl_cortexm *core, int cpu_arch);
/* Code in RAM was changed: nothing of it may be in the instruction cache. */
int ofl_cortexm_forget_code(struct target *target, const struct ofl_cortexm *core);

/* ofl_ring.c: host end of the ring */

/* A run of OFL_OP_PROGRAM: the caller has filled session.params but for the ring's part. */
struct ofl_ring_job {
	const char *what;
	struct ofl_slots slots;
	bool verify;		/* the function compares */
	bool send_blank;	/* pieces that are erased are sent too */
	int64_t stall_ms;	/* deadline of one piece */
	/* After each piece, when there is one slot only; NULL: not wanted. `time_ms`: as the host sees it. */
	void (*done)(struct ofl_bank *ofl, int64_t time_ms);
};

int ofl_ring_program(struct ofl_bank *ofl, const struct ofl_ring_job *job, uint64_t offset_bytes, const uint8_t *data,
		uint32_t length);
int ofl_ring_read(struct ofl_bank *ofl, uint64_t offset_bytes, uint8_t *data, uint32_t length);

/* ofl_check.c: CRC and blank check by the stub, whatever the loader */

/* `result` as OFL_OP_CRC and OFL_OP_BLANK say. */
int ofl_check_units(struct ofl_bank *ofl, enum ofl_op op, uint64_t offset_bytes, uint32_t unit_bytes, uint32_t count,
		uint32_t *result);
int ofl_check_compare(struct ofl_bank *ofl, uint64_t offset_bytes, const uint8_t *data, uint32_t length,
		uint32_t *different, int *found);

/* ofl_spinor.c: the chip behind a built-in controller */

/* A raw command; the bytes behind the opcode are address and dummy bytes when there is a response, else data. */
int ofl_spinor_transfer(struct ofl_bank *ofl, uint32_t command, uint32_t address, uint8_t *bytes, uint32_t length);
int ofl_spinor_raw(struct ofl_bank *ofl, const uint8_t *bytes, unsigned int num_bytes, uint8_t *response,
		unsigned int num_response);

/* ofl_lines.c: four data lines: commands that use them, the quad enable bit, and a chip that was left on them */

struct ofl_sfdp;
void ofl_lines_from_sfdp(struct ofl_chip *chip, const struct ofl_sfdp *sfdp);
/* At the end of the identification; writes the quad enable bit with `-qe on` only. */
int ofl_lines_choose(struct ofl_bank *ofl);
/* The bit is still set? Once a session. */
int ofl_lines_check(struct ofl_bank *ofl);
/* Ends a continuous read: all lines high while the chip looks for address and mode bits. */
int ofl_lines_end_continuous(struct ofl_bank *ofl);
/* For a chip that does not answer on one line. */
int ofl_lines_recover(struct ofl_bank *ofl, bool *answers);

/* ofl_mapped.c: the controller's memory-mapped mode, as the application left it */

/* At the start of a session, before any command. */
int ofl_mapped_look(struct ofl_bank *ofl);
/* Does the application read with 4 address bytes by the chip's mode? */
bool ofl_mapped_needs_4byte(const struct ofl_bank *ofl);
/* With -map, once the chip's mode is settled: may reads and checks use the range? */
int ofl_mapped_check(struct ofl_bank *ofl);
bool ofl_mapped_covers(const struct ofl_bank *ofl, uint64_t offset_bytes, uint64_t length_bytes);
int ofl_mapped_read(struct ofl_bank *ofl, uint64_t offset_bytes, uint8_t *data, uint32_t length);
int ofl_mapped_blank(struct ofl_bank *ofl, uint64_t offset_bytes, uint32_t unit_bytes, uint32_t count,
		uint32_t *result);

/* ofl_range.c: what a request may touch */

/* ERROR_OK, or says which keep-out of which bank is in the way. The range is what will change, in whole units. */
int ofl_keepout_check(const struct flash_bank *bank, const char *what, uint64_t offset, uint64_t length);
/* Rounds to the bank's sectors; nothing happens while those are not known. */
void ofl_round_to_sectors(const struct flash_bank *bank, uint64_t *offset, uint64_t *length);
extern const struct command_registration ofl_range_handlers[];

/* ofl_bracket.c: erase and write in one go, for loaders that replace what is there */

/* Returns whether the caller has opened it, and is to close it. */
bool ofl_bracket_open(struct ofl_bank *ofl);
/* Erases what was not written, ends the session that was kept. Returns `retval`, or its own error when that was OK. */
int ofl_bracket_close(struct ofl_bank *ofl, int retval);
/* Remembers sectors that are to be erased. */
int ofl_bracket_defer(struct ofl_bank *ofl, unsigned int first, unsigned int last);
/* A write, and what is to be erased around it; the caller frees `owned`. Nothing is added outside of a bracket. */
struct ofl_wide {
	uint64_t offset;
	const uint8_t *data;
	uint32_t length;
	uint8_t *owned;
};

int ofl_bracket_widen(struct ofl_bank *ofl, struct ofl_wide *wide, uint64_t offset, const uint8_t *data,
		uint32_t length);
/* That was programmed. */
void ofl_bracket_written(struct ofl_bank *ofl, uint64_t offset, uint64_t length);
/* At the end of an operation: does the session stay open? */
bool ofl_bracket_keeps(struct ofl_bank *ofl, int retval);
/* Ends a session that was kept, or those of other banks of the target: they have the same RAM. */
int ofl_bracket_release(struct ofl_bank *ofl);
int ofl_bracket_release_others(const struct ofl_bank *ofl);
extern const struct command_registration ofl_bracket_handlers[];

/* ofl_program.c: `ofl program`, `ofl recover`; ofl_access.c: reading and comparing; ofl_bench.c */

extern const struct command_registration ofl_program_handlers[], ofl_access_handlers[], ofl_bench_handlers[];
/* ofl_info_json.c */
void ofl_info_json(struct flash_bank *bank, struct command_invocation *cmd);

/* ofl_foreign.c: a loader file: its life cycle and its functions */

/* The whole file, which the caller frees; OpenOCD's search path. Says what is wrong with it. */
int ofl_foreign_read_file(const char *name, uint8_t **bytes, size_t *length);
/* Reads the file that options.path names; says what is wrong with it. The target is not touched. */
int ofl_foreign_new(struct ofl_bank *ofl);
void ofl_foreign_free(struct ofl_bank *ofl);
const struct ofl_loader *ofl_foreign_loader(const struct ofl_bank *ofl);
/* Nearest symbol of an address in the target's RAM; NULL: not in the loader, or none. */
const char *ofl_foreign_symbol(const struct ofl_bank *ofl, uint32_t address, uint32_t *offset);
/* For ofl_session.c: where it goes, and that it is there. */
/* A room that the loader leaves in its own RAM, because it owns all other; bytes 0: none. */
void ofl_foreign_room(const struct ofl_bank *ofl, struct ofl_range *room);
/* Can the core that the session found execute the file's code? */
int ofl_foreign_check_core(const struct ofl_bank *ofl);
int ofl_foreign_request(struct ofl_bank *ofl, const struct ofl_range *area, struct ofl_layout_request *request);
int ofl_foreign_upload(struct ofl_bank *ofl);
/* A line of trace for a run of reads or checks: its last call. */
void ofl_foreign_trace_run(struct ofl_bank *ofl, const char *what);
/* Bytes of one call to program, at least. */
uint32_t ofl_foreign_page_bytes(const struct ofl_bank *ofl);
/* ofl_system.c: is it a whole operating system? A room that is too small, in the words of who builds it. */
bool ofl_system_is_one(const struct ofl_bank *ofl);
void ofl_system_explain_room(const struct ofl_bank *ofl, uint32_t stack_bytes, const char *map);
/* Loaders that find the geometry out at run time are asked, once and only on a halted target; else nothing happens. */
/* For a file that does not say how large the flash is. */
int ofl_foreign_set_size(struct ofl_bank *ofl, uint32_t size_bytes);
int ofl_foreign_ask_info(struct ofl_bank *ofl);
/* It has not been asked yet, and could be now. */
bool ofl_foreign_has_question(const struct ofl_bank *ofl);
/* Sectors for the bank, by the file's table; NULL: out of memory, or the bank line cuts them all off. */
struct flash_sector *ofl_foreign_sectors(const struct ofl_bank *ofl, uint64_t covered_bytes, uint32_t *count);

/* ofl_chip.c: SFDP, table and options -> struct ofl_chip; no target */

struct ofl_sfdp;
int ofl_chip_from_sfdp(struct ofl_chip *chip, const struct ofl_sfdp *sfdp, char *why, size_t why_size);
int ofl_chip_from_table(struct ofl_chip *chip, char *why, size_t why_size);
int ofl_chip_apply_options(struct ofl_chip *chip, const struct ofl_options *options, char *why, size_t why_size);
void ofl_chip_note(struct ofl_chip *chip, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *ofl_chip_table_name(const uint8_t jedec_id[3]);
/* "; status register 2 (07h) says: P_ERR", or nothing. */
void ofl_chip_error_text(const struct ofl_chip *chip, uint32_t value, char *text, size_t text_size);

/* ofl_protect_ops.c: the chip's own block protection; is_protected of the sectors says it, or the host's locks */

/* At the end of the identification: what the chip's bits mean, and what they are. */
int ofl_protect_identify(struct ofl_bank *ofl);
/* Once a session, before something is changed. */
int ofl_protect_refresh(struct flash_bank *bank);
/* The registers as last read -> is_protected of all sectors. */
void ofl_protect_show(struct flash_bank *bank);
/* `flash protect`: in the chip where its bits are known, else a lock of the host. */
int ofl_protect(struct flash_bank *bank, int set, unsigned int first, unsigned int last);
int ofl_protect_check(struct flash_bank *bank);
/* ERROR_OK, or says which sector is locked, by what, and what unlocks it. */
int ofl_protect_refuse(const struct flash_bank *bank, const char *what, uint64_t offset, uint64_t length);
void ofl_protect_info(const struct flash_bank *bank, struct command_invocation *cmd);
void ofl_protect_json(const struct flash_bank *bank, struct command_invocation *cmd);

/* ofl_commands.c */

extern const struct command_registration ofl_command_handlers[];
/* The ofl bank that a command's argument names, by name or number; `get`: probed, which does not fail. */
int ofl_find_bank(const char *name, struct flash_bank **result);
int ofl_get_bank(const char *name, struct flash_bank **result);
int ofl_info(struct flash_bank *bank, struct command_invocation *cmd);

/* ofl.c */

int ofl_probe(struct flash_bank *bank);
bool ofl_is_ours(const struct flash_bank *bank);
bool ofl_can_read(const struct ofl_bank *ofl);
/* A session for operations on the identified chip; each begin that returns ERROR_OK is followed by end. */
int ofl_begin(struct flash_bank *bank);
int ofl_end(struct flash_bank *bank, int retval);
/* May this be done? Inside the chip and, if it `changes` the range, not protected and no keep-out. */
int ofl_check_range(struct flash_bank *bank, const char *what, uint64_t offset, uint64_t length, bool changes);
/* The same for what is locked, outside a session; `ask`: the chip, not only what it said last. */
int ofl_check_locks(struct flash_bank *bank, const char *what, uint64_t offset, uint64_t length, bool ask);
/* Within a session: compares with the flash, says what differs. */
int ofl_compare(struct flash_bank *bank, const uint8_t *buffer, uint32_t offset, uint32_t count, bool after_write);
/* Within a session: program, with what is to be erased around it (ofl_bracket.c), and unless -verify off, compare. */
int ofl_program_and_compare(struct flash_bank *bank, uint64_t offset, const uint8_t *data, uint32_t length);
/* A line of progress at most once a second, none for what takes less. */
void ofl_progress_start(struct ofl_bank *ofl);
void ofl_progress(struct ofl_bank *ofl, const char *what, uint64_t done_bytes, uint64_t total_bytes);
const char *ofl_status_text(uint32_t status);

#endif /* OPENOCD_FLASH_NOR_OFL_H */
