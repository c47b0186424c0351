// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Runs guest.c on the simulated core: run CORE IMAGE, where IMAGE is what lies at address 0, with semihosting's
 * SYS_WRITE0 and SYS_EXIT (Arm IHI "Semihosting for AArch32 and AArch64", 7.1 and 7.9) done by the debugger.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../vboard/core/core.h"

#define ROM_BYTES	0x10000u
#define RAM_BASE	0x20000000u
#define RAM_BYTES	0x4000u
#define BKPT_AB		0xbeabu
#define SYS_WRITE0	4
#define SYS_EXIT	0x18

static const struct {
	const char *name;
	enum core_type type;
} cores[] = {
	{ "cortex-m0", CORE_M0 }, { "cortex-m3", CORE_M3 }, { "cortex-m4", CORE_M4 }, { "cortex-m7", CORE_M7 },
};

static int load(struct bus *bus, const char *path)
{
	FILE *file = fopen(path, "rb");
	size_t length;

	if (!file)
		return -1;
	length = fread(bus_ram_pointer(bus, 0, ROM_BYTES), 1, ROM_BYTES, file);
	fclose(file);
	return length > 8 && length < ROM_BYTES ? 0 : -1;
}

/* Returns false at the end of the program. */
static bool serve(struct bus *bus, struct core *core)
{
	uint32_t pc = core_reg_get(core, CORE_PC);
	uint32_t address = core_reg_get(core, 1);
	uint32_t value;

	if (bus_read(bus, pc, 2, &value, BUS_DEBUG) != 0 || value != BKPT_AB) {
		printf("stopped at 0x%08x\n", pc);
		return false;
	}
	if (core_reg_get(core, 0) != SYS_WRITE0)
		return false;
	while (bus_read(bus, address++, 1, &value, BUS_DEBUG) == 0 && value)
		putchar((int)value);
	core_reg_set(core, CORE_PC, pc + 2);
	return true;
}

int main(int argc, char **argv)
{
	/* As QEMU has them: 8 bits of priority but on v6-M. */
	struct core_config config = { .clock_hz = 48000000, .num_irqs = 32, .priority_bits = 8 };
	static struct vb vb = { .seed = 1 };
	struct bus bus;
	struct core *core;
	int status = 1;

	bus_init(&bus, &vb);
	for (unsigned int i = 0; argc == 3 && i < sizeof(cores) / sizeof(cores[0]); i++) {
		if (strcmp(argv[1], cores[i].name) == 0) {
			config.type = cores[i].type;
			status = 0;
		}
	}
	if (status || bus_add_ram(&bus, "rom", 0, ROM_BYTES) || bus_add_ram(&bus, "ram", RAM_BASE, RAM_BYTES)
			|| load(&bus, argv[2])) {
		fprintf(stderr, "usage: run CORE IMAGE\n");
		bus_free(&bus);
		return 2;
	}
	memset(bus_ram_pointer(&bus, RAM_BASE, RAM_BYTES), 0, RAM_BYTES);
	core = core_new(&bus, &config);
	if (core) {
		core_debug_halt(core);
		do {
			core_debug_resume(core);
			core_run_until(core, vb.clock.now_ps + VB_PS_PER_S);
		} while (core_is_halted(core) && serve(&bus, core));
		core_free(core);
	}
	bus_free(&bus);
	return 0;
}
