/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What the flash model's tests share: a flash on a board with nothing else, commands by name, a fault plan that fires
 * what a test tells it to, and looks at the violations.
 */

#ifndef OFL_TEST_VB_NOR_RIG_H
#define OFL_TEST_VB_NOR_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../vboard/fault/fault.h"
#include "../vboard/nor/nor.h"

#define SR1_WIP		0x01
#define SR1_WEL		0x02
#define FAST_HZ		1000000

/* Event count of a fault that is there at once. */
#define AT_ONCE		0u

/* A kind fires at its event's n-th count; lasting kinds stay. */
struct fault {
	unsigned int count[FAULT_NUM_EVENTS];
	struct {
		bool armed, at_once;
		enum fault_event event;
		unsigned int n;
		uint32_t value;
	} rule[FAULT_NUM_KINDS];
};

struct rig {
	struct vb vb;
	struct fault fault;
	struct nor *nor;
	const struct nor_part *part;
};

struct rig *rig_new(const char *name);
void rig_free(struct rig *rig);
void rig_arm(struct rig *rig, enum fault_kind kind, enum fault_event event, unsigned int n, uint32_t value);
void rig_pass_us(struct rig *rig, uint64_t us);
/* One command: `out` bytes, then `num_in` read ones. */
void rig_command(struct rig *rig, const uint8_t *out, size_t num_out, uint8_t *in, size_t num_in);
uint8_t rig_read_register(struct rig *rig, uint8_t opcode);
uint8_t rig_status(struct rig *rig);
void rig_wait_done(struct rig *rig);
void rig_send_address(struct rig *rig, uint8_t opcode, uint32_t address, const uint8_t *data, size_t length);
void rig_program(struct rig *rig, uint32_t address, const uint8_t *data, size_t length);
void rig_erase(struct rig *rig, uint8_t opcode, uint32_t address);
void assert_clean(struct rig *rig);
/* Exactly one violation since the last look, with this text in it. */
void assert_violation(struct rig *rig, const char *text);
void assert_cell(struct rig *rig, uint64_t address, uint8_t value);
void rig_send_bits(struct rig *rig, const uint8_t *bytes, unsigned int num_bits);

#define SEND(rig, ...) \
	do { \
		const uint8_t bytes_[] = { __VA_ARGS__ }; \
		rig_command(rig, bytes_, sizeof(bytes_), NULL, 0); \
	} while (0)

extern const uint8_t one_zero[1];

#endif /* OFL_TEST_VB_NOR_RIG_H */
