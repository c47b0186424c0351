/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * How a misbehaving twin misbehaves: -DTWIN=TWIN_... of the Makefile. README says what each does and in which formats
 * it is built. Constants of one enumeration, so that the code of all twins is compiled always.
 */

#ifndef OFL_TEST_LOADERS_TWIN_H
#define OFL_TEST_LOADERS_TWIN_H

enum twin {
	TWIN_NONE,
	TWIN_HANG_INIT,
	TWIN_FAIL_INIT,
	TWIN_FAULT_PROGRAM,
	TWIN_FAIL_SECTOR,
	TWIN_SMASH_STACK,
	TWIN_IRQ,
	TWIN_NEED_INIT,
	TWIN_CLOCK,
	TWIN_LIE_PROGRAM,
	TWIN_LIE_CHIP_ERASE,
	TWIN_EARLY,
	TWIN_OVERWRITE,
	TWIN_SEMIHOSTING,
	TWIN_BKPT,
	TWIN_STRICT_PAGE,
	TWIN_PAGE_192,
	TWIN_SYSTICK,
	TWIN_SVC,
	TWIN_VERIFY_ONE,
	TWIN_UNMAPPED,
};

#ifndef TWIN
#define TWIN	TWIN_NONE
#endif

#endif /* OFL_TEST_LOADERS_TWIN_H */
