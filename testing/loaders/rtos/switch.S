/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Every exception: what it interrupts goes on the stack, kernel_exception() says whose stack to go on with. There is
 * one stack pointer, MSP: each task's exceptions use the task's stack, and no floating point is ever stacked.
 */

	.syntax	unified
	.cpu	cortex-m4
	.thumb
	.text

	.global	exception_entry
	.type	exception_entry, %function
	.thumb_func
exception_entry:
	push	{r3, r4, r5, r6, r7, r8, r9, r10, r11, lr}
	mrs	r0, ipsr
	mov	r1, sp
	bl	kernel_exception
	mov	sp, r0
	pop	{r3, r4, r5, r6, r7, r8, r9, r10, r11, pc}
	.size	exception_entry, . - exception_entry

	.global	kernel_switch
	.type	kernel_switch, %function
	.thumb_func
kernel_switch:
	svc	#0
	bx	lr
	.size	kernel_switch, . - kernel_switch
