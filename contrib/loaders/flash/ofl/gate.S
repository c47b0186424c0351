/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The call gate: void ofl_gate(struct ofl_call *call) calls call->called with call->called_arg[] by the rules of the
 * AAPCS (IHI 0042), and stores what it returns. Sets for each call what a loader may rely on or may have changed in
 * the one before: r9 and r10 (static base; thread-safe only for the loader, so ours are kept), PRIMASK.
 */

#include "ofl_abi.h"

	.syntax unified
	.cpu cortex-m0
	.thumb
	.section .text.ofl_gate, "ax"
	.global	ofl_gate
	.thumb_func
ofl_gate:
	/* Six words: SP stays a multiple of 8, as the called function expects it. */
	push	{r3, r4, r5, r6, r7, lr}
	movs	r4, r0
	mov	r5, r9
	mov	r6, r10
	ldr	r0, [r4, #OFL_CALL_R9]
	mov	r9, r0
	ldr	r0, [r4, #OFL_CALL_R10]
	mov	r10, r0
	ldr	r7, [r4, #OFL_CALL_CALLED]
	ldr	r0, [r4, #OFL_CALL_FLAGS]
	lsls	r0, r0, #31
	beq	1f
	cpsie	i
1:	ldr	r0, [r4, #OFL_CALL_CALLED + 4]
	ldr	r1, [r4, #OFL_CALL_CALLED + 8]
	ldr	r2, [r4, #OFL_CALL_CALLED + 12]
	ldr	r3, [r4, #OFL_CALL_CALLED + 16]
	blx	r7
	cpsid	i
	str	r0, [r4, #OFL_CALL_CALLED + 20]
	str	r1, [r4, #OFL_CALL_CALLED + 24]
	mov	r9, r5
	mov	r10, r6
	pop	{r3, r4, r5, r6, r7, pc}
