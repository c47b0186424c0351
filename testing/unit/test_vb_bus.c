// SPDX-License-Identifier: GPL-2.0-or-later

/* The bus and the parts of vb.c that every model uses. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../vboard/bus/bus.h"
#include "../vboard/fault/fault.h"

/* A fault plan that says yes as often as it is told. */
static unsigned int bus_errors_left;

bool fault_active(struct fault *fault, enum fault_kind kind, uint64_t now_ps, uint32_t *value)
{
	(void)now_ps;
	(void)value;
	if (!fault || kind != FAULT_BUS_ERROR || bus_errors_left == 0)
		return false;
	bus_errors_left--;
	return true;
}

struct probe {
	unsigned int reads, writes, resets;
	uint32_t offset, value;
	unsigned int size;
	enum bus_master master;
};

static int probe_read(void *context, uint32_t offset, unsigned int size, uint32_t *value, enum bus_master master)
{
	struct probe *probe = context;

	probe->reads++;
	probe->offset = offset;
	probe->size = size;
	probe->master = master;
	*value = 0x55;
	return offset == 0x10 ? -1 : 0;
}

static int probe_write(void *context, uint32_t offset, unsigned int size, uint32_t value, enum bus_master master)
{
	struct probe *probe = context;

	probe->writes++;
	probe->offset = offset;
	probe->size = size;
	probe->value = value;
	probe->master = master;
	return offset == 0x10 ? -1 : 0;
}

static void probe_reset(void *context)
{
	((struct probe *)context)->resets++;
}

static int add_probe(struct bus *bus, struct probe *probe, uint32_t base, uint32_t size)
{
	struct bus_device device = {
		.name = "probe", .base = base, .size = size, .context = probe,
		.read = probe_read, .write = probe_write, .reset = probe_reset,
	};

	return bus_add_device(bus, &device);
}

static void test_ram_starts_with_seeded_noise(void **state)
{
	struct vb vb = { .seed = 1 };
	struct bus a, b, c;

	(void)state;
	bus_init(&a, &vb);
	bus_init(&b, &vb);
	assert_int_equal(bus_add_ram(&a, "ram", 0x20000000, 0x2000), 0);
	assert_int_equal(bus_add_ram(&b, "ram", 0x20000000, 0x2000), 0);
	vb.seed = 2;
	bus_init(&c, &vb);
	assert_int_equal(bus_add_ram(&c, "ram", 0x20000000, 0x2000), 0);

	assert_int_equal((uintptr_t)a.ram[0].bytes % BUS_PAGE_BYTES, 0);
	assert_memory_equal(a.ram[0].bytes, b.ram[0].bytes, 0x2000);
	assert_memory_not_equal(a.ram[0].bytes, c.ram[0].bytes, 0x2000);
	for (unsigned int i = 0; i < 0x2000; i++) {
		assert_int_not_equal(a.ram[0].bytes[i], 0x00);
		assert_int_not_equal(a.ram[0].bytes[i], 0xff);
	}
	bus_free(&a);
	bus_free(&b);
	bus_free(&c);
}

static void test_decode(void **state)
{
	struct vb vb = { .seed = 1 };
	struct probe first = { 0 }, second = { 0 };
	struct bus bus;
	uint32_t value;

	(void)state;
	bus_init(&bus, &vb);
	assert_int_equal(bus_add_ram(&bus, "ram", 0x20000000, 0x1000), 0);
	assert_int_equal(add_probe(&bus, &first, 0x48000000, 0x400), 0);
	assert_int_equal(add_probe(&bus, &second, 0x48000400, 0x400), 0);

	assert_int_equal(bus_write(&bus, 0x20000010, 4, 0x12345678, BUS_DEBUG), 0);
	assert_int_equal(bus_write(&bus, 0x20000011, 1, 0xab, BUS_DEBUG), 0);
	assert_int_equal(bus_read(&bus, 0x20000010, 4, &value, BUS_CPU), 0);
	assert_int_equal(value, 0x1234ab78);
	assert_int_equal(bus_read(&bus, 0x20000012, 2, &value, BUS_CPU), 0);
	assert_int_equal(value, 0x1234);

	assert_int_equal(bus_read(&bus, 0x48000404, 2, &value, BUS_DEBUG), 0);
	assert_int_equal(value, 0x55);
	assert_int_equal(second.reads, 1);
	assert_int_equal(second.offset, 4);
	assert_int_equal(second.size, 2);
	assert_int_equal(second.master, BUS_DEBUG);
	assert_int_equal(bus_write(&bus, 0x480003fc, 4, 7, BUS_CPU), 0);
	assert_int_equal(first.writes, 1);
	assert_int_equal(first.offset, 0x3fc);
	assert_int_equal(first.value, 7);
	assert_int_equal(first.master, BUS_CPU);

	/* The device's own bus error, nothing there, not aligned, past the end of RAM. */
	assert_int_equal(bus_read(&bus, 0x48000010, 4, &value, BUS_CPU), -1);
	assert_int_equal(bus_write(&bus, 0x48000010, 4, 0, BUS_CPU), -1);
	assert_int_equal(bus_read(&bus, 0x48000800, 4, &value, BUS_CPU), -1);
	assert_int_equal(bus_write(&bus, 0x1ffffffc, 4, 0, BUS_CPU), -1);
	assert_int_equal(bus_read(&bus, 0x20000002, 4, &value, BUS_CPU), -1);
	assert_int_equal(bus_read(&bus, 0x20000001, 2, &value, BUS_CPU), -1);
	assert_int_equal(bus_read(&bus, 0x20000000, 3, &value, BUS_CPU), -1);
	assert_int_equal(bus_read(&bus, 0x20001000, 4, &value, BUS_CPU), -1);

	assert_ptr_equal(bus_ram_pointer(&bus, 0x20000ff0, 0x10), bus.ram[0].bytes + 0xff0);
	assert_null(bus_ram_pointer(&bus, 0x20000ff0, 0x11));
	assert_null(bus_ram_pointer(&bus, 0x48000000, 4));

	bus_reset(&bus);
	assert_int_equal(first.resets, 1);
	assert_int_equal(second.resets, 1);
	bus_free(&bus);
}

static void test_overlaps_are_refused(void **state)
{
	static struct probe probe;
	struct vb vb = { .seed = 1 };
	struct bus bus;

	(void)state;
	bus_init(&bus, &vb);
	assert_int_equal(bus_add_ram(&bus, "ram", 0x20000000, 0x2000), 0);
	assert_int_equal(bus_add_ram(&bus, "ram2", 0x20001000, 0x1000), -1);
	assert_int_equal(bus_add_ram(&bus, "odd", 0x20004000, 0x800), -1);
	assert_int_equal(bus_add_ram(&bus, "odd", 0x20004400, 0x1000), -1);
	assert_int_equal(bus_add_ram(&bus, "end", 0xfffff000, 0x2000), -1);
	assert_int_equal(add_probe(&bus, &probe, 0x20001ffc, 4), -1);
	assert_int_equal(add_probe(&bus, &probe, 0x40000000, 0x400), 0);
	assert_int_equal(add_probe(&bus, &probe, 0x400003fc, 0x10), -1);
	assert_int_equal(add_probe(&bus, &probe, 0x40000400, 0), -1);
	/* libunicorn maps whole pages. */
	assert_int_equal(bus_add_ram(&bus, "same page", 0x40000000, 0x1000), -1);
	assert_int_equal(add_probe(&bus, &probe, 0xfffffff0, 0x10), 0);
	for (unsigned int i = 0; i < BUS_MAX_DEVICES - 2; i++)
		assert_int_equal(add_probe(&bus, &probe, 0x50000000 + 0x100 * i, 0x100), 0);
	assert_int_equal(add_probe(&bus, &probe, 0x60000000, 0x100), -1);
	bus_free(&bus);
}

struct written {
	unsigned int calls;
	uint32_t address[4], size[4];
};

static void on_written(void *context, uint32_t address, uint32_t size)
{
	struct written *written = context;

	if (written->calls < 4) {
		written->address[written->calls] = address;
		written->size[written->calls] = size;
	}
	written->calls++;
}

static void test_aliases_and_read_only(void **state)
{
	struct vb vb = { .seed = 1 };
	struct written written = { 0 };
	struct bus bus;
	uint32_t value;

	(void)state;
	bus_init(&bus, &vb);
	assert_int_equal(bus_add_ram(&bus, "flash", 0x08000000, 0x2000), 0);
	assert_int_equal(bus_add_alias(&bus, "boot", 0x00000000, 0x1000, 0x08000000), 0);
	assert_int_equal(bus_add_alias(&bus, "bad", 0x00010000, 0x1000, 0x09000000), -1);
	assert_int_equal(bus_add_alias(&bus, "big", 0x00010000, 0x4000, 0x08000000), -1);
	bus.ram_written = on_written;
	bus.ram_written_context = &written;

	assert_int_equal(bus_write(&bus, 0x08000004, 4, 0xcafe, BUS_DEBUG), 0);
	assert_int_equal(bus_read(&bus, 0x00000004, 4, &value, BUS_CPU), 0);
	assert_int_equal(value, 0xcafe);
	assert_int_equal(written.calls, 2);
	assert_int_equal(written.address[0], 0x08000004);
	assert_int_equal(written.address[1], 0x00000004);
	assert_int_equal(written.size[1], 4);

	/* The alias is shorter. */
	written.calls = 0;
	assert_int_equal(bus_write(&bus, 0x08001800, 2, 0, BUS_DEBUG), 0);
	assert_int_equal(written.calls, 1);
	bus_note_ram_written(&bus, 0x08000ff0, 0x100);
	assert_int_equal(written.calls, 3);
	assert_int_equal(written.address[2], 0x00000ff0);
	assert_int_equal(written.size[2], 0x10);

	assert_int_equal(bus_set_read_only(&bus, 0x08000000), 0);
	assert_int_equal(bus_write(&bus, 0x08000004, 4, 0, BUS_DEBUG), -1);
	assert_int_equal(bus_write(&bus, 0x00000004, 4, 0, BUS_CPU), -1);
	assert_int_equal(bus_read(&bus, 0x08000004, 4, &value, BUS_CPU), 0);
	assert_int_equal(value, 0xcafe);
	bus_free(&bus);
}

static void test_fault_plan_hits_cpu_accesses_to_devices(void **state)
{
	static struct probe probe;
	struct vb vb = { .seed = 1 };
	struct bus bus;
	uint32_t value;

	(void)state;
	vb.fault = (struct fault *)&vb;	/* only passed on */
	bus_init(&bus, &vb);
	assert_int_equal(bus_add_ram(&bus, "ram", 0x20000000, 0x1000), 0);
	assert_int_equal(add_probe(&bus, &probe, 0x40000000, 0x400), 0);
	assert_int_equal(add_probe(&bus, &probe, 0xe000e000, 0x400), 0);
	bus_errors_left = 2;
	assert_int_equal(bus_read(&bus, 0x40000000, 4, &value, BUS_DEBUG), 0);
	assert_int_equal(bus_read(&bus, 0xe000e000, 4, &value, BUS_CPU), 0);
	assert_int_equal(bus_read(&bus, 0x20000000, 4, &value, BUS_CPU), 0);
	assert_int_equal(bus_errors_left, 2);
	assert_int_equal(bus_read(&bus, 0x40000000, 4, &value, BUS_CPU), -1);
	assert_int_equal(bus_write(&bus, 0x40000000, 4, 0, BUS_CPU), -1);
	assert_int_equal(bus_read(&bus, 0x40000000, 4, &value, BUS_CPU), 0);
	bus_free(&bus);
}

static void test_random_is_splitmix64(void **state)
{
	/* First outputs for seed 0; the published reference vector. */
	uint64_t seed = 0;

	(void)state;
	assert_true(vb_random(&seed) == 0xe220a8397b1dcdafull);
	assert_true(vb_random(&seed) == 0x6e789e6aa1b965f4ull);
}

static char *read_report(const struct vb *vb, char *text, size_t size)
{
	char path[] = "vb-report-XXXXXX";
	int fd = mkstemp(path);
	FILE *file;
	size_t length;

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(vb_report_write(vb, path), 0);
	file = fopen(path, "r");
	assert_non_null(file);
	length = fread(text, 1, size - 1, file);
	text[length] = 0;
	fclose(file);
	unlink(path);
	return text;
}

static void test_report(void **state)
{
	static struct vb vb;
	static char text[65536];

	(void)state;
	vb.seed = 7;
	vb.clock.now_ps = 1500000000001ull;
	vb.count.instructions = 42;
	vb.count.erase_4k = 3;
	vb.serial = "a\"b\n\x80";
	vb.serial_length = 5;
	vb_violation(&vb, "flash: page program (%02xh) without write enable", 2);
	read_report(&vb, text, sizeof(text));
	assert_non_null(strstr(text, "\"simulated_seconds\": 1.500000000001,"));
	assert_non_null(strstr(text, "\"instructions\": 42,"));
	assert_non_null(strstr(text, "\"4k\": 3,"));
	assert_non_null(strstr(text, "\"serial\": \"a\\\"b\\n\\u0080\","));
	assert_non_null(strstr(text, "{ \"what\": \"flash: page program (02h) without write enable\", "
			"\"at_seconds\": 1.500000000001 }"));
	assert_int_equal(vb.num_violations, 1);

	for (unsigned int i = 0; i < VB_VIOLATION_MAX + 9; i++)
		vb_violation(&vb, "again");
	assert_int_equal(vb.num_violations, VB_VIOLATION_MAX + 10);
	read_report(&vb, text, sizeof(text));
	assert_non_null(strstr(text, "\"violations_not_listed\": 10,"));

	assert_int_equal(vb_report_write(&vb, "no-such-directory/report"), -1);
}

static void test_report_without_violations(void **state)
{
	static struct vb vb;
	static char text[8192];

	(void)state;
	read_report(&vb, text, sizeof(text));
	assert_non_null(strstr(text, "\"violations\": []\n}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ram_starts_with_seeded_noise),
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_overlaps_are_refused),
		cmocka_unit_test(test_aliases_and_read_only),
		cmocka_unit_test(test_fault_plan_hits_cpu_accesses_to_devices),
		cmocka_unit_test(test_random_is_splitmix64),
		cmocka_unit_test(test_report),
		cmocka_unit_test(test_report_without_violations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
