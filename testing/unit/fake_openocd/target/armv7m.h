/* SPDX-License-Identifier: GPL-2.0-or-later */

#ifndef OFL_TESTING_FAKE_OPENOCD_ARMV7M_H
#define OFL_TESTING_FAKE_OPENOCD_ARMV7M_H

struct armv7m_algorithm {
	unsigned int common_magic;
};

#endif /* OFL_TESTING_FAKE_OPENOCD_ARMV7M_H */
