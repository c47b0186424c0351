/* SPDX-License-Identifier: GPL-2.0-or-later */

#ifndef OFL_TESTING_FAKE_OPENOCD_TIME_SUPPORT_H
#define OFL_TESTING_FAKE_OPENOCD_TIME_SUPPORT_H

#include <stdint.h>

/* The test's own clock. */
int64_t timeval_ms(void);

#endif /* OFL_TESTING_FAKE_OPENOCD_TIME_SUPPORT_H */
