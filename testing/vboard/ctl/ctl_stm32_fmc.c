// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The SDRAM part of an STM32F42x's FMC: RM0090 rev 19 section 37.7. The chip is an IS42S16400J (4 banks of 4096 rows of
 * 256 columns of 16 bits), as on the STM32F429 Discovery board, on bank 2.
 *
 * Stricter than silicon, which answers with noise: memory that is not initialised does not answer.
 */

#include "ctl.h"

#include <stdlib.h>
#include <string.h>

#define FMC_SDCR1	0x140
#define FMC_SDCR2	0x144
#define FMC_SDTR1	0x148
#define FMC_SDTR2	0x14c
#define FMC_SDCMR	0x150
#define FMC_SDRTR	0x154
#define FMC_SDSR	0x158
#define FMC_SIZE	0x400

/* SDCR: SDCLK is in bank 1's for both */
#define SDCR_RESET	0x000002d0u
#define SDCR_GEOMETRY	0x0000007fu	/* NC, NR, MWID, NB */
#define SDCR_CHIP	0x00000054u	/* 8 bits of column, 12 of row, 16 bits wide, 4 banks */
#define SDTR_RESET	0x0fffffffu

#define SDCMR_CTB2	(1u << 3)
#define SDSR_BUSY	(1u << 5)
#define SDRTR_COUNT(value)	((value) >> 1 & 0x1fff)
#define MIN_REFRESH_COUNT	41	/* 37.7.5, SDRTR */

#define POWER_UP_PS	(100 * VB_PS_PER_US)	/* 37.7.3 step 4: between clock and PALL */
#define MIN_REFRESHES	2	/* before the mode register can be loaded; the chip's data sheet, "Initialization" */

enum command {
	COMMAND_NORMAL,
	COMMAND_CLOCK,
	COMMAND_PRECHARGE,
	COMMAND_REFRESH,
	COMMAND_LOAD_MODE,
	COMMAND_SELF_REFRESH,
	COMMAND_POWER_DOWN,
};

/* How far the initialisation has come */
enum stage {
	STAGE_OFF,
	STAGE_CLOCK,
	STAGE_PRECHARGED,
	STAGE_REFRESHED,
	STAGE_LOADED,
};

struct ctl_stm32_fmc {
	struct bus *bus;
	struct vb *vb;
	struct ctl_stm32_fmc_config config;
	uint32_t word[FMC_SIZE / 4];
	enum stage stage;
	unsigned int refreshes;
	uint64_t clock_on_ps, busy_until_ps;
	uint32_t mode;		/* of bank 2, as SDSR says */
	bool unclocked_reported;
};

static uint32_t get(const struct ctl_stm32_fmc *fmc, uint32_t offset)
{
	return fmc->word[offset / 4];
}

/* SDCR1.SDCLK: 2 or 3 HCLK; 0 and 1 give no clock */
static unsigned int hclks_per_sdclk(const struct ctl_stm32_fmc *fmc)
{
	unsigned int divider = get(fmc, FMC_SDCR1) >> 10 & 3;

	return divider < 2 ? 0 : divider;
}

static void stay_busy(struct ctl_stm32_fmc *fmc, unsigned int sdclks)
{
	uint64_t hclks = (uint64_t)sdclks * (hclks_per_sdclk(fmc) ? hclks_per_sdclk(fmc) : 2);

	fmc->busy_until_ps = fmc->vb->clock.now_ps + hclks * VB_PS_PER_S / fmc->config.hclk_hz;
}

static void update_memory(struct ctl_stm32_fmc *fmc)
{
	bus_set_ram_on(fmc->bus, fmc->config.ram_base, fmc->stage == STAGE_LOADED
		&& fmc->mode == 0 && SDRTR_COUNT(get(fmc, FMC_SDRTR)) != 0);
}

/* NULL if the initialisation allows the command now, else what is wrong. */
static const char *check_order(const struct ctl_stm32_fmc *fmc, enum command command)
{
	bool ready = fmc->stage == STAGE_LOADED;

	switch (command) {
	case COMMAND_CLOCK:
		return (get(fmc, FMC_SDCR2) & SDCR_GEOMETRY) != SDCR_CHIP ? "SDCR does not describe the chip" :
			hclks_per_sdclk(fmc) == 0 ? "SDCLK is off in SDCR1" : NULL;
	case COMMAND_PRECHARGE:
		if (fmc->stage == STAGE_OFF)
			return "the chip has no clock yet";
		return fmc->vb->clock.now_ps - fmc->clock_on_ps < POWER_UP_PS ? "less than 100 us after its clock" : NULL;
	case COMMAND_REFRESH:
		return fmc->stage < STAGE_PRECHARGED ? "before PALL" : NULL;
	case COMMAND_LOAD_MODE:
		return fmc->stage < STAGE_REFRESHED ? "before two refreshes" : NULL;
	case COMMAND_NORMAL:
	case COMMAND_SELF_REFRESH:
	case COMMAND_POWER_DOWN:
		return ready ? NULL : "before the initialisation";
	}
	return "no such command";
}

static void advance(struct ctl_stm32_fmc *fmc, enum command command, uint32_t value)
{
	/* TRC and TRP are in SDTR1 for both banks, TMRD in each. */
	unsigned int trc = (get(fmc, FMC_SDTR1) >> 12 & 0xf) + 1, trp = (get(fmc, FMC_SDTR1) >> 20 & 0xf) + 1;

	switch (command) {
	case COMMAND_CLOCK:
		fmc->stage = STAGE_CLOCK;
		fmc->refreshes = 0;
		fmc->clock_on_ps = fmc->vb->clock.now_ps;
		stay_busy(fmc, 1);
		break;
	case COMMAND_PRECHARGE:
		if (fmc->stage == STAGE_CLOCK)
			fmc->stage = STAGE_PRECHARGED;
		stay_busy(fmc, trp);
		break;
	case COMMAND_REFRESH:
		fmc->refreshes += (value >> 5 & 0xf) + 1;
		if (fmc->stage == STAGE_PRECHARGED && fmc->refreshes >= MIN_REFRESHES)
			fmc->stage = STAGE_REFRESHED;
		stay_busy(fmc, ((value >> 5 & 0xf) + 1) * trc);
		break;
	case COMMAND_LOAD_MODE:
		fmc->stage = STAGE_LOADED;
		stay_busy(fmc, (get(fmc, FMC_SDTR2) & 0xf) + 1);
		break;
	case COMMAND_NORMAL:
	case COMMAND_SELF_REFRESH:
	case COMMAND_POWER_DOWN:
		fmc->mode = command == COMMAND_NORMAL ? 0 : command == COMMAND_SELF_REFRESH ? 1 : 2;
		stay_busy(fmc, trp);
		break;
	}
}

static void write_command(struct ctl_stm32_fmc *fmc, uint32_t value)
{
	enum command command = value & 7;
	const char *problem;

	if (!(value & SDCMR_CTB2))
		return;
	problem = fmc->vb->clock.now_ps < fmc->busy_until_ps ? "while BUSY" : check_order(fmc, command);
	if (problem) {
		vb_violation(fmc->vb, "FMC: SDRAM command %u: %s", (unsigned int)command, problem);
		return;
	}
	advance(fmc, command, value);
}

static bool is_clocked(struct ctl_stm32_fmc *fmc, bool write, uint32_t offset)
{
	if (ctl_gate_is_open(&fmc->config.gate)) {
		fmc->unclocked_reported = false;
		return true;
	}
	/* A polling loop would fill the list */
	if (!fmc->unclocked_reported)
		vb_violation(fmc->vb, "FMC: %s at offset %03xh while its clock is off in RCC", write ? "write" : "read",
			(unsigned int)offset);
	fmc->unclocked_reported = true;
	return false;
}

static int fmc_read(void *context, uint32_t offset, unsigned int size, uint32_t *value, enum bus_master master)
{
	struct ctl_stm32_fmc *fmc = context;
	uint32_t word = get(fmc, offset & ~3u);

	(void)master;
	*value = 0;
	if (!is_clocked(fmc, false, offset))
		return 0;
	if ((offset & ~3u) == FMC_SDSR)
		word = fmc->mode << 3 | (fmc->vb->clock.now_ps < fmc->busy_until_ps ? SDSR_BUSY : 0);
	*value = word >> 8 * (offset & 3);
	if (size < 4)
		*value &= (1u << 8 * size) - 1;
	return 0;
}

static int fmc_write(void *context, uint32_t offset, unsigned int size, uint32_t value, enum bus_master master)
{
	struct ctl_stm32_fmc *fmc = context;

	(void)master;
	if (!is_clocked(fmc, true, offset))
		return 0;
	if (size != 4) {
		/* 37: the registers are accessed by words */
		vb_violation(fmc->vb, "FMC: %u bytes written at offset %03xh", size, (unsigned int)offset);
		return 0;
	}
	if (offset == FMC_SDSR)
		return 0;
	fmc->word[offset / 4] = value;
	if (offset == FMC_SDCMR)
		write_command(fmc, value);
	if (offset == FMC_SDRTR && SDRTR_COUNT(value) < MIN_REFRESH_COUNT)
		vb_violation(fmc->vb, "FMC: refresh count %u, at least %u are needed", (unsigned int)SDRTR_COUNT(value),
			MIN_REFRESH_COUNT);
	update_memory(fmc);
	return 0;
}

void ctl_stm32_fmc_reset(void *context)
{
	struct ctl_stm32_fmc *fmc = context;

	memset(fmc->word, 0, sizeof(fmc->word));
	fmc->word[FMC_SDCR1 / 4] = SDCR_RESET;
	fmc->word[FMC_SDCR2 / 4] = SDCR_RESET;
	fmc->word[FMC_SDTR1 / 4] = SDTR_RESET;
	fmc->word[FMC_SDTR2 / 4] = SDTR_RESET;
	fmc->stage = STAGE_OFF;
	fmc->mode = 0;
	fmc->busy_until_ps = 0;
	update_memory(fmc);
}

struct ctl_stm32_fmc *ctl_stm32_fmc_new(struct bus *bus, const struct ctl_stm32_fmc_config *config)
{
	struct ctl_stm32_fmc *fmc = calloc(1, sizeof(*fmc));
	const struct bus_device device = {
		.name = "FMC",
		.base = config->base,
		.size = FMC_SIZE,
		.context = fmc,
		.read = fmc_read,
		.write = fmc_write,
		.reset = ctl_stm32_fmc_reset,
	};

	if (!fmc)
		return NULL;
	fmc->bus = bus;
	fmc->vb = bus->vb;
	fmc->config = *config;
	if (bus_add_device(bus, &device)) {
		free(fmc);
		return NULL;
	}
	ctl_stm32_fmc_reset(fmc);
	return fmc;
}

void ctl_stm32_fmc_free(struct ctl_stm32_fmc *fmc)
{
	free(fmc);
}
