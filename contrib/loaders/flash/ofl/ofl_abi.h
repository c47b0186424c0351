/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The contract between the ofl driver (host) and its stub (target). Three readers: the stub, the driver and the tests;
 * doc/abi.txt says the same in prose and is compared with this file by testing/unit/test_abi.c.
 *
 * Work area, from its start:  [stub][loader][stack][params][ring]
 * The host starts the stub at its first byte with r0 = address of struct ofl_params and SP = end of the stack. The stub
 * ends at a BKPT; status then is not OFL_STATUS_RUNNING. All words are little-endian, as the cores are.
 *
 * Bump OFL_ABI_MINOR when words are appended or an operation or a status is added, OFL_ABI_MAJOR when anything that an
 * older reader relies on moves or changes its meaning.
 */

#ifndef OPENOCD_LOADERS_FLASH_OFL_ABI_H
#define OPENOCD_LOADERS_FLASH_OFL_ABI_H

#define OFL_ABI_MAJOR		1
#define OFL_ABI_MINOR		3
/* Second word of every blob. */
#define OFL_ABI_WORD		(0x0f100000 | (OFL_ABI_MAJOR << 8) | OFL_ABI_MINOR)

/* Offsets that entry.S needs; the static asserts below tie them to the struct. */
#define OFL_PARAMS_STATUS	8
#define OFL_CALL_FLAGS		24
#define OFL_CALL_R9		28
#define OFL_CALL_R10		32
#define OFL_CALL_CALLED		68

#ifndef __ASSEMBLER__

#include <stddef.h>
#include <stdint.h>

enum ofl_op {
	OFL_OP_RESTORE = 0,	/* put the controller back after a run that did not end by itself */
	OFL_OP_XFER = 1,	/* one raw SPI command */
	OFL_OP_PROGRAM = 2,	/* page loop: consume slots from the ring */
	OFL_OP_ERASE = 3,	/* erase list */
	OFL_OP_READ = 4,	/* produce slots into the ring */
	OFL_OP_CRC = 5,		/* CRC-32 of `count` units */
	OFL_OP_BLANK = 6,	/* is each of `count` units erased? */
	OFL_OP_CALL = 7,	/* one function of a foreign loader */
};

/* One list for the stub's numbers and the host's words (ofl_status_text()). */
#define OFL_STATUS_LIST(X) \
	X(OFL_STATUS_RUNNING, 0, "still running") \
	X(OFL_STATUS_OK, 1, "done") \
	X(OFL_STATUS_ABORTED, 2, "aborted by the host") \
	X(OFL_STATUS_BAD_OP, 3, "operation unknown to the stub") \
	X(OFL_STATUS_WEL_NOT_SET, 4, "the write enable latch did not set (locked, write protected, or no flash)") \
	X(OFL_STATUS_BUSY, 5, "the flash stayed busy past the deadline") \
	X(OFL_STATUS_FLASH_ERROR, 6, "the flash reports a failed program or erase") \
	X(OFL_STATUS_CTL_TIMEOUT, 7, "the SPI controller did not finish a transfer") \
	X(OFL_STATUS_HOST_GONE, 8, "the debugger stopped serving the ring") \
	X(OFL_STATUS_NOT_BLANK, 9, "the sector is not blank after its erase (write protected, or worn out)") \
	X(OFL_STATUS_CALL_FAILED, 10, "the loader's function says that it failed") \
	X(OFL_STATUS_STACK, 11, "the loader used more stack than it was given")

#define OFL_STATUS_ENUM(name, value, text) name = value,
enum ofl_status {
	OFL_STATUS_LIST(OFL_STATUS_ENUM)
};

/*
 * An SPI command: opcode, then address, then dummy bytes (sent as 00), then data. Bits 7:0 opcode, 11:8 address bytes
 * (0..4),
 * 15:12 dummy bytes, bit 16: data goes to the flash (else it comes from it).
 */
#define OFL_COMMAND(opcode, address_bytes, dummy_bytes) \
	((uint32_t)(opcode) | (uint32_t)(address_bytes) << 8 | (uint32_t)(dummy_bytes) << 12)
#define OFL_COMMAND_DATA_OUT	(1u << 16)
/* Only for controllers with four lines: data on all of them; opcode, address and data on all of them. */
#define OFL_COMMAND_QUAD_DATA	(1u << 17)
#define OFL_COMMAND_QPI		(1u << 18)
/* CRC: nothing is sent; `address` is where the controller maps the flash, and the CPU reads there. */
#define OFL_COMMAND_MAPPED	(1u << 19)

/* Or-ed to error_mask: the part stays busy with a failure, so that its bits are looked at while it is, too. */
#define OFL_ERROR_WHILE_BUSY	0x100

#define OFL_CTL_WORDS		17

/*
 * How a function of a foreign loader is called (args) and which r0 means success (result). `address` is the flash
 * address of the unit, `length` its bytes, `buffer` its data in RAM.
 */
enum ofl_args {
	OFL_ARGS_GIVEN = 0,	/* call.arg[0..3] as the host wrote them */
	OFL_ARGS_DATA = 1,	/* (address, length, buffer) */
	OFL_ARGS_WORDS = 2,	/* (address, buffer, length in words, 0): stldr's Verify */
	OFL_ARGS_SECTOR = 3,	/* (address, number of the sector, 1) */
	OFL_ARGS_FIRST_LAST = 4, /* (address, address): stldr's SectorErase, both ends inclusive */
	OFL_ARGS_BLANK = 5,	/* (address, length, erased byte) */
	OFL_ARGS_CRC = 6,	/* (FFFFFFFF, address, length, EDB88320): CalcCRC */
};

/*
 * A loader with one entry point for all that it does (NXFLAT) is told by r0 which it is: a number from 1. The arguments
 * above follow in r1 to r3, and the fourth of them is dropped. Or-ed to `args`; for `read` to `read_result`.
 */
#define OFL_ARGS_OP(number)	((uint32_t)(number) << 8)
#define OFL_ARGS_STYLE(args)	((args) & 0xff)
#define OFL_ARGS_GET_OP(args)	((args) >> 8)

enum ofl_result {
	OFL_RESULT_ANY = 0,
	OFL_RESULT_ZERO = 1,		/* 0 */
	OFL_RESULT_ONE = 2,		/* 1 */
	OFL_RESULT_END = 3,		/* address + length; else the address that differs */
	OFL_RESULT_NOT_NEGATIVE = 4,	/* as a signed number */
};

#define OFL_CALL_ARGS		4
#define OFL_CALL_IRQ_ON		1	/* call.flags: interrupts on while the loader runs */

/*
 * A foreign loader; takes the place of what only the built-in ones need. Function addresses have the Thumb bit.
 * The stub writes `called`, `called_arg` and `called_result` for each call, the last one after its return: with them a
 * call that does not return can be told.
 */
struct ofl_call {
	uint32_t function;		/* in: of CALL, PROGRAM, ERASE; of CRC and BLANK, 0: the content is read instead */
	uint32_t args, result;		/* in: enum ofl_args and OFL_ARGS_OP, enum ofl_result of `function` */
	uint32_t read;			/* in: the loader's read function; 0: content is read at address + map_offset */
	uint32_t read_result;		/* in: enum ofl_result of `read`, and OFL_ARGS_OP */
	uint32_t map_offset;		/* in */
	uint32_t flags;			/* in: OFL_CALL_... */
	uint32_t r9, r10;		/* in: for each call */
	uint32_t stack_low;		/* in: address of the stack's lowest word, which holds OFL_STACK_CANARY */
	uint32_t scratch;		/* in: CRC, BLANK: buffer for what is read */
	uint32_t scratch_bytes;		/* in */
	uint32_t erased_byte;		/* in */
	uint32_t arg[OFL_CALL_ARGS];	/* in: OFL_ARGS_GIVEN */
	/* out: the function that was called last, its arguments, what it returned */
	uint32_t called;
	uint32_t called_arg[OFL_CALL_ARGS];
	uint32_t called_result;
	uint32_t called_result_high;	/* r1: the second word of a 64-bit result */
};

#define OFL_STACK_CANARY	0xdeadf00d

/*
 * `in`: the host writes it before the run; `out`: the stub writes it; `live`: the other side looks while the stub runs.
 */
struct ofl_params {
	uint32_t op;			/* in: enum ofl_op */
	uint32_t abort;			/* live, in: nonzero makes the stub end with OFL_STATUS_ABORTED after the current unit */
	uint32_t status;		/* live, out: enum ofl_status, written last; the host writes OFL_STATUS_RUNNING before */
	uint32_t done;			/* live, out: slots, erase units or check units finished */
	uint32_t wp;			/* live: slots that the producer has filled, counted from 0 */
	uint32_t rp;			/* live: slots that the consumer has emptied, counted from 0 */
	uint32_t fail_value;		/* out: register value (flash or controller) that showed the failure */
	uint32_t address;		/* in: flash address (XFER READ CRC BLANK); out: the one being worked on */
	uint32_t unit_bytes;		/* in: bytes of a unit (CRC BLANK), of the data phase (XFER), of the last slot (READ) */
	uint32_t count;			/* in: slots (PROGRAM READ), entries (ERASE), units (CRC BLANK) */
	uint32_t ring;			/* in: address of the ring, or of the buffer of the operations that need one */
	uint32_t slot_bytes;		/* in: distance of two slots; PROGRAM: 8 + data, READ: data; multiple of 4 */
	uint32_t slots;			/* in: number of slots in the ring */
	uint32_t command;		/* in: OFL_COMMAND of XFER, of the program command (PROGRAM), else of the read command */
	uint32_t max_polls;		/* in: deadline of one page program or erase, in status reads */
	uint32_t max_wait;		/* in: deadline of waiting for the host, in loops */
	uint32_t ctl_max_wait;		/* in: deadline of a wait inside the controller, in loops */
	union {
		/* Built-in loaders */
		struct {
			uint32_t write_enable;	/* in: OFL_COMMAND, usually 06h */
			uint32_t status_command;	/* in: OFL_COMMAND of the register that shows busy, usually 05h */
			uint32_t busy_mask;	/* in: busy while (register ^ busy_invert) & busy_mask */
			uint32_t busy_invert;	/* in */
			uint32_t latch_mask;	/* in: write enable latch, in register 05h; 0: not checked */
			uint32_t error_command;	/* in: OFL_COMMAND of the register with the error bits */
			uint32_t error_mask;	/* in: 0: none. Any of these bits set after a program or erase is a failure */
			/*
			 * in: registers and pins of the controller, see OFL_CTL_...; the words behind are the stub's, for what
			 * it must put back (not to be written before OFL_OP_RESTORE)
			 */
			uint32_t ctl[OFL_CTL_WORDS];
		};
		/* Loader files */
		struct ofl_call call;
	};
};

/* A slot of the ring for OFL_OP_PROGRAM; the piece lies within one page. */
struct ofl_slot {
	uint32_t address;
	uint32_t length_bytes;
	/* data follows */
};

/*
 * An entry of the list for OFL_OP_ERASE: `count` units from `address`. The built-in loaders skip units that are blank,
 * and read each after its erase; of a loader file only the erase function is called.
 */
struct ofl_erase_entry {
	uint32_t address;
	uint32_t unit_bytes;
	uint32_t count;
	uint32_t command;		/* OFL_COMMAND, no address bytes for chip erase; loader files: number of the first sector */
	uint32_t max_polls;		/* deadline of one unit, in status reads */
	uint32_t skipped;		/* the stub counts the units that were blank already; the host writes 0 */
};

/*
 * OFL_OP_CRC: the buffer starts with the 16 words of the nibble table of CRC-32 (reflected, polynomial EDB88320, as
 * zlib's); results follow, one word a unit: the register's value before the final complement, started from FFFFFFFF.
 * OFL_OP_BLANK: results start at the buffer's first word: offset of the first byte that is not FF, or unit_bytes.
 */
#define OFL_CRC_TABLE_WORDS	16

/* params.ctl[] for each controller. A pin is four words: the store that drives it high, the one that drives it low. */
#define OFL_PIN_HIGH_ADDRESS	0
#define OFL_PIN_HIGH_VALUE	1
#define OFL_PIN_LOW_ADDRESS	2
#define OFL_PIN_LOW_VALUE	3
#define OFL_PIN_WORDS		4

#define OFL_CTL_CS		0	/* all controllers whose chip select is a pin: that pin */
#define OFL_CTL_SS		0	/* mss: value of the slave select register */
#define OFL_CTL_BASE		4	/* all but gpio: base address of the controller */
/* words of the stub's: three (stm32-spi), five (pl022), six (stm32-spi2), ten (mss) */
#define OFL_CTL_SAVE		5
/*
 * Controllers that map the flash: registers as the run found them, also there for the host when it has ended. They lie
 * where Thumb's short loads reach, as there is no pin.
 */
#define OFL_CTL_FOUND_CR	0
#define OFL_CTL_FOUND_DCR	1	/* stm32-ospi: DCR1 */
#define OFL_CTL_FOUND_DLR	2
#define OFL_CTL_FOUND_CCR	3
#define OFL_CTL_FOUND_TCR	5	/* stm32-ospi, with IR and whether they are to be put back; stm32-qspi: only that */
#define OFL_CTL_FOUND_IR	6
#define OFL_CTL_SCK		4	/* gpio: a pin */
#define OFL_CTL_MOSI		8	/* gpio: a pin */
#define OFL_CTL_MISO		12	/* gpio: address and mask of the input register */

#define OFL_ASSERT_OFFSET(member, offset) \
	_Static_assert(offsetof(struct ofl_params, member) == (offset), "ofl_params." #member)
OFL_ASSERT_OFFSET(op, 0x00);
OFL_ASSERT_OFFSET(abort, 0x04);
OFL_ASSERT_OFFSET(status, OFL_PARAMS_STATUS);
OFL_ASSERT_OFFSET(done, 0x0c);
OFL_ASSERT_OFFSET(wp, 0x10);
OFL_ASSERT_OFFSET(rp, 0x14);
OFL_ASSERT_OFFSET(fail_value, 0x18);
OFL_ASSERT_OFFSET(address, 0x1c);
OFL_ASSERT_OFFSET(unit_bytes, 0x20);
OFL_ASSERT_OFFSET(count, 0x24);
OFL_ASSERT_OFFSET(ring, 0x28);
OFL_ASSERT_OFFSET(slot_bytes, 0x2c);
OFL_ASSERT_OFFSET(slots, 0x30);
OFL_ASSERT_OFFSET(command, 0x34);
OFL_ASSERT_OFFSET(max_polls, 0x38);
OFL_ASSERT_OFFSET(max_wait, 0x3c);
OFL_ASSERT_OFFSET(ctl_max_wait, 0x40);
OFL_ASSERT_OFFSET(write_enable, 0x44);
OFL_ASSERT_OFFSET(status_command, 0x48);
OFL_ASSERT_OFFSET(busy_mask, 0x4c);
OFL_ASSERT_OFFSET(busy_invert, 0x50);
OFL_ASSERT_OFFSET(latch_mask, 0x54);
OFL_ASSERT_OFFSET(error_command, 0x58);
OFL_ASSERT_OFFSET(error_mask, 0x5c);
OFL_ASSERT_OFFSET(ctl, 0x60);
OFL_ASSERT_OFFSET(call, 0x44);
OFL_ASSERT_OFFSET(call.flags, 0x44 + OFL_CALL_FLAGS);
OFL_ASSERT_OFFSET(call.r9, 0x44 + OFL_CALL_R9);
OFL_ASSERT_OFFSET(call.r10, 0x44 + OFL_CALL_R10);
OFL_ASSERT_OFFSET(call.called, 0x44 + OFL_CALL_CALLED);
OFL_ASSERT_OFFSET(call.called_result, 0x9c);
OFL_ASSERT_OFFSET(call.called_result_high, 0xa0);
_Static_assert(sizeof(struct ofl_params) == 0xa4, "ofl_params");
_Static_assert(sizeof(struct ofl_slot) == 8, "ofl_slot");
_Static_assert(sizeof(struct ofl_erase_entry) == 24, "ofl_erase_entry");

#endif /* __ASSEMBLER__ */

#endif /* OPENOCD_LOADERS_FLASH_OFL_ABI_H */
