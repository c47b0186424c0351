// SPDX-License-Identifier: GPL-2.0-or-later

#include <string.h>

#include "foreign_rig.h"

/* Behind the usual work area; the smallest board has 8 KiB. */
#define CODE_OFFSET	0x1200u
#define DATA_OFFSET	0x1280u
#define RAM_OFFSET	0x1300u
#define RAM_BYTES	0x0c00u

#define USUAL_OFFSET	0x14u
#define AREA_BYTES	(4 * KIB)

#define FLAGS		0xf0000000u	/* N, Z, C, V */
#define THUMB_STATE	0x01000000u

/*
 * ARMv6-M. The loader is linked nowhere: its data are at r9.
 *
 * 00	main:	bkpt	#1
 * 02		bx	lr
 * 04	read:	bkpt	#2
 * 06		bx	lr
 *
 * 08	program: push	{r4, lr}		@ int program(address, length, buffer)
 * 0a		mov	r3, r9
 * 0c		ldr	r4, [r3, #0]		@ calls++
 * 0e		adds	r4, #1
 * 10		str	r4, [r3, #0]
 * 12		ldr	r4, [r3, #8]		@ delay_loops
 * 14	1:	subs	r4, #1
 * 16		bne	1b
 * 18	2:	subs	r1, #1
 * 1a		bmi	3f
 * 1c		ldrb	r4, [r2, r1]
 * 1e		strb	r4, [r0, r1]
 * 20		b	2b
 * 22	3:	ldr	r0, [r3, #0]		@ return calls == fail_at
 * 24		ldr	r4, [r3, #4]
 * 26		eors	r0, r4
 * 28		rsbs	r4, r0, #0
 * 2a		adcs	r0, r4
 * 2c		pop	{r4, pc}
 *
 * 2e	recurse: push	{lr}
 * 30		subs	r0, #1
 * 32		beq	1f
 * 34		bl	recurse
 * 38	1:	pop	{pc}
 *
 * 3a	unmask:	cpsie	i
 * 3c		movs	r0, #0
 * 3e		bx	lr
 */
static const uint16_t code[] = {
	0xbe01, 0x4770, 0xbe02, 0x4770,
	0xb510, 0x464b, 0x681c, 0x3401, 0x601c, 0x689c, 0x3c01, 0xd1fd, 0x3901, 0xd402,
	0x5c54, 0x5444, 0xe7fa, 0x6818, 0x685c, 0x4060, 0x4244, 0x4160, 0xbd10,
	0xb500, 0x3801, 0xd001, 0xf7ff, 0xfffb, 0xbd00,
	0xb662, 0x2000, 0x4770,
};

static const uint32_t code_offsets[FOREIGN_NUM_FUNCTIONS] = {
	[FOREIGN_MAIN] = 0x00, [FOREIGN_READ] = 0x04, [FOREIGN_PROGRAM] = 0x08, [FOREIGN_RECURSE] = 0x2e,
	[FOREIGN_UNMASK] = 0x3a,
};

static bool serve(struct stub_rig *rig)
{
	struct core *core = rig->board->core;
	const struct ofl_layout *layout = &rig->layout;
	struct foreign *f = rig->foreign;
	unsigned int function = 0;
	uint32_t primask = core_reg_get(core, CORE_SPECIAL);
	uint32_t sp = core_reg_get(core, CORE_SP);
	uint32_t lr = core_reg_get(core, CORE_LR);

	while (function < FOREIGN_NUM_SERVED && core_reg_get(core, CORE_PC) != f->function[function] - 1)
		function++;
	if (function == FOREIGN_NUM_SERVED)
		return false;

	/* AAPCS (IHI 0042): SP a multiple of 8 at a public entry. The rest is doc/abi.txt's. */
	assert_int_equal(sp % 8, 0);
	assert_in_range(sp, layout->stack_low, layout->stack_high);
	assert_int_equal(lr & 1, 1);
	assert_in_range(lr, layout->stub, layout->stub + rig->blob_bytes);
	assert_int_equal(primask & ~1u, 0);
	assert_int_equal(core_reg_get(core, CORE_R0 + 9), rig->sent.call.r9);
	assert_int_equal(core_reg_get(core, CORE_R0 + 10), rig->sent.call.r10);

	assert_in_range(f->num_calls, 0, FOREIGN_MAX_CALLS - 1);
	struct foreign_call *call = &f->call[f->num_calls++];
	*call = (struct foreign_call) { .function = function, .sp = sp, .primask = primask, .primask_after = primask };
	assert_int_equal(stub_live(rig, offsetof(struct ofl_params, status)), OFL_STATUS_RUNNING);
	assert_int_equal(stub_live(rig, offsetof(struct ofl_params, call.called)), f->function[function]);
	for (unsigned int n = 0; n < OFL_CALL_ARGS; n++) {
		call->arg[n] = core_reg_get(core, CORE_R0 + n);
		assert_int_equal(stub_live(rig, offsetof(struct ofl_params, call.called_arg) + 4 * n), call->arg[n]);
	}
	if (f->body)
		f->body(f, call);

	/*
	 * r10 is a function's to save unless it is a static base of the loader's build; r9 is the platform's. As rubbish
	 * both show that the stub keeps its own.
	 */
	static const unsigned int changed[] = { 2, 3, 9, 10, 12, CORE_LR };
	for (unsigned int n = 0; n < sizeof(changed) / sizeof(changed[0]); n++)
		core_reg_set(core, changed[n], 0xbad00000 + changed[n] + 0x100 * f->num_calls);
	core_reg_set(core, CORE_R0, call->result);
	core_reg_set(core, CORE_R0 + 1, call->result_high);
	core_reg_set(core, CORE_SPECIAL, call->primask_after);
	core_reg_set(core, CORE_XPSR, THUMB_STATE | (f->num_calls & 1 ? FLAGS : 0));
	core_reg_set(core, CORE_PC, lr & ~1u);
	core_debug_resume(core);
	return true;
}

/* Everything that the host has not to read is as it was. */
static void check_params(const struct stub_rig *rig)
{
	struct ofl_params expected = rig->sent;
	const struct ofl_params *params = &rig->params;

	expected.abort = params->abort;
	expected.status = params->status;
	expected.done = params->done;
	expected.wp = params->wp;
	expected.rp = params->rp;
	expected.fail_value = params->fail_value;
	expected.address = params->address;
	if (expected.op == OFL_OP_ERASE) {
		/* Of the entry being worked on. */
		expected.unit_bytes = params->unit_bytes;
		expected.max_polls = params->max_polls;
	}
	memcpy(&expected.call.called, &params->call.called,
		sizeof(expected.call) - offsetof(struct ofl_call, called));
	assert_memory_equal(params, &expected, sizeof(expected));
}

static void allow(struct stub_rig *rig, uint32_t address, uint32_t length)
{
	assert_in_range(address, rig->layout.ring, rig->layout.ring + rig->layout.ring_bytes);
	memcpy(rig->ram_before + (address - rig->board->ram_base), stub_ram(rig, address, length), length);
}

static void check_ring(struct stub_rig *rig)
{
	const struct ofl_params *sent = &rig->sent;
	uint32_t slots = sent->slots < sent->count ? sent->slots : sent->count;
	uint32_t table_bytes = 4 * OFL_CRC_TABLE_WORDS;

	switch (sent->op) {
	case OFL_OP_PROGRAM:	/* by the host; stub_program() knows */
	case OFL_OP_READ:
		allow(rig, sent->ring, slots * sent->slot_bytes);
		break;
	case OFL_OP_ERASE:
		for (uint32_t n = 0; n < sent->count; n++)
			allow(rig, sent->ring + n * sizeof(struct ofl_erase_entry) + offsetof(struct ofl_erase_entry, command), 4);
		break;
	case OFL_OP_CRC:
	case OFL_OP_BLANK:
		allow(rig, sent->ring + (sent->op == OFL_OP_CRC ? table_bytes : 0), 4 * rig->params.done);
		if (!sent->call.function)
			allow(rig, sent->call.scratch, sent->call.scratch_bytes);
		break;
	default:
		break;
	}
	assert_memory_equal(stub_ram(rig, rig->layout.ring, rig->layout.ring_bytes),
		rig->ram_before + (rig->layout.ring - rig->board->ram_base), rig->layout.ring_bytes);
}

static void ended(struct stub_rig *rig)
{
	check_params(rig);
	check_ring(rig);
	/* As stub_start() set them: the gate has given them back, and nothing else of the stub needs them. */
	for (unsigned int reg = 8; reg <= 11; reg++)
		assert_int_equal(core_reg_get(rig->board->core, CORE_R0 + reg), 0xdead0000 + reg);
}

void foreign_open(struct foreign *f, struct stub_rig *rig, uint32_t offset)
{
	uint8_t pattern[AREA_BYTES];

	memset(f, 0, sizeof(*f));
	f->rig = rig;
	f->number = UINT32_MAX;
	rig->foreign = f;
	rig->serve = serve;
	rig->ended = ended;
	stub_open(rig, NULL, NULL, offset, AREA_BYTES);
	uint32_t base = rig->board->ram_base;
	assert_true(rig->layout.ring + rig->layout.ring_bytes <= base + CODE_OFFSET);
	stub_write(rig, base + CODE_OFFSET, code, sizeof(code));
	for (unsigned int n = 0; n < FOREIGN_NUM_FUNCTIONS; n++)
		f->function[n] = base + CODE_OFFSET + code_offsets[n] + 1;
	f->data = base + DATA_OFFSET;
	f->ram = base + RAM_OFFSET;
	f->ram_bytes = RAM_BYTES;
	foreign_data(f, 0, 1);
	/* What is left alone must not look like what is written. */
	stub_fill_random(pattern, rig->layout.ring_bytes, 77);
	stub_write(rig, rig->layout.ring, pattern, rig->layout.ring_bytes);
}

void foreign_open_usual(struct foreign *f, struct stub_rig *rig)
{
	foreign_open(f, rig, USUAL_OFFSET);
}

void foreign_params(struct foreign *f, enum ofl_op op)
{
	const struct ofl_layout *layout = &f->rig->layout;

	f->num_calls = 0;
	f->rig->params = (struct ofl_params) {
		.op = op,
		.status = OFL_STATUS_RUNNING,
		.ring = layout->ring,
		.max_wait = 100000000,
		/* Not for this stub: it must not take them for anything. */
		.command = 0xc0de0001,
		.max_polls = 0xc0de0002,
		.ctl_max_wait = 0xc0de0003,
		.call = {
			.function = f->function[FOREIGN_MAIN],
			.args = OFL_ARGS_GIVEN,
			.result = OFL_RESULT_ANY,
			.r9 = f->data,
			.r10 = 0x10101010,
			.stack_low = layout->stack_low,
			.scratch = (layout->ring + layout->ring_bytes / 2) & ~7u,
			.scratch_bytes = 96,
			.erased_byte = 0xff,
			.called = 0xca11ed00,
			.called_result = 0xca11ed01,
			.called_result_high = 0xca11ed02,
		},
	};
}

void foreign_params_function(struct foreign *f, enum ofl_op op, enum foreign_function function, enum ofl_args args,
		enum ofl_result result)
{
	foreign_params(f, op);
	f->rig->params.call.function = f->function[function];
	f->rig->params.call.args = args;
	f->rig->params.call.result = result;
}

void foreign_data(struct foreign *f, uint32_t fail_at, uint32_t delay_loops)
{
	const struct foreign_data data = { .fail_at = fail_at, .delay_loops = delay_loops };

	stub_write(f->rig, f->data, &data, sizeof(data));
}

void foreign_read_body(struct foreign *f, struct foreign_call *call)
{
	uint32_t offset = call->arg[0] - f->flash_address;

	assert_int_equal(call->function, FOREIGN_READ);
	assert_int_equal(call->arg[3], 0);
	assert_in_range(offset, 0, f->flash_bytes);
	assert_in_range(call->arg[1], 1, f->flash_bytes - offset);
	stub_write(f->rig, call->arg[2], f->flash + offset, call->arg[1]);
	call->result = 1;
	if (f->num_calls == f->number + 1)
		call->result = f->value;
}

void foreign_assert_called(struct foreign *f, enum foreign_function function, uint32_t r0, uint32_t r1, uint32_t r2,
		uint32_t r3)
{
	const struct ofl_call *call = &f->rig->params.call;

	assert_int_equal(call->called, f->function[function]);
	assert_int_equal(call->called_arg[0], r0);
	assert_int_equal(call->called_arg[1], r1);
	assert_int_equal(call->called_arg[2], r2);
	assert_int_equal(call->called_arg[3], r3);
}
