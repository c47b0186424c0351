/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Just enough of OpenOCD's headers to compile a file of the driver into a unit test. Declarations only: the test
 * defines what the file calls.
 */

#ifndef OFL_TESTING_FAKE_OPENOCD_IMP_H
#define OFL_TESTING_FAKE_OPENOCD_IMP_H

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Any values do, as long as they differ. */
#define ERROR_OK				0
#define ERROR_FAIL				(-4)
#define ERROR_TARGET_FAILURE			(-305)
#define ERROR_TARGET_RESOURCE_NOT_AVAILABLE	(-308)
#define ERROR_FLASH_OPERATION_FAILED		(-902)

#define MIN(a, b)	((a) < (b) ? (a) : (b))
#define MAX(a, b)	((a) > (b) ? (a) : (b))
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

void fake_log(const char *level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define LOG_ERROR(...)		fake_log("error", __VA_ARGS__)
#define LOG_WARNING(...)	fake_log("warning", __VA_ARGS__)
#define LOG_INFO(...)		fake_log("info", __VA_ARGS__)

struct target;
struct working_area;
struct command_registration {
	const char *name;
};
struct command_invocation;

struct flash_bank {
	const char *name;
	struct target *target;
	void *driver_priv;
};

void target_buffer_set_u32(struct target *target, uint8_t *buffer, uint32_t value);

#endif /* OFL_TESTING_FAKE_OPENOCD_IMP_H */
