/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * First bytes of every blob. The host starts here with r0 = params and SP = end of the stack, in thread mode,
 * privileged, on MSP, interrupts masked.
 */

#include "ofl_abi.h"

	.syntax unified
	.cpu cortex-m0
	.thumb
	.section .entry, "ax"
	.global ofl_entry
	.thumb_func
ofl_entry:
	b	ofl_start
	.balign	4
	.word	OFL_ABI_WORD

	.thumb_func
ofl_start:
	mov	r4, r0
	bl	ofl_main
	movs	r5, r0
	movs	r0, r4
	bl	loader_end
	b	ofl_end

	/*
	 * void ofl_fail(struct ofl_params *p, uint32_t status): the way out from any depth. No unwinding is needed: the
	 * host sets SP anew for each run. Releases the chip select first, so that the flash forgets a half-sent command.
	 * The stack of a built-in loader ends at the parameters (doc/abi.txt); what it holds is not needed any more.
	 */
	.global	ofl_fail
	.thumb_func
ofl_fail:
#ifdef OFL_STACK_ENDS_AT_PARAMS
	mov	sp, r0
#endif
	movs	r4, r0
	movs	r5, r1
	bl	loader_end
	.thumb_func
ofl_end:
	str	r5, [r4, #OFL_PARAMS_STATUS]
	bkpt	#0
	/* A debugger that resumes here finds nothing else to run. */
	b	ofl_end
