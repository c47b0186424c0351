/* SPDX-License-Identifier: GPL-2.0-or-later */

#ifndef OFL_TESTING_FAKE_OPENOCD_ALGORITHM_H
#define OFL_TESTING_FAKE_OPENOCD_ALGORITHM_H

struct reg_param {
	char *name;
};

#endif /* OFL_TESTING_FAKE_OPENOCD_ALGORITHM_H */
