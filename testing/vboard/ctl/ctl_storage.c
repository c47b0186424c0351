// SPDX-License-Identifier: GPL-2.0-or-later

/* Registers that store what is written, with a few rules on top; and RCC, which is made of them. */

#include "ctl.h"

#include <stdlib.h>
#include <string.h>

#define STORAGE_MAX_RULES	32

struct storage_rule {
	uint32_t offset;
	uint32_t mask;
	unsigned int shift;
	void (*action)(void *context);	/* NULL: a rule of ctl_storage_follow */
	void *context;
};

struct ctl_storage {
	uint32_t size;
	uint32_t *word;
	uint32_t *reset_value;
	struct storage_rule rule[STORAGE_MAX_RULES];
	unsigned int num_rules;
};

static uint32_t lane_mask(unsigned int size)
{
	return size == 4 ? 0xffffffff : (1u << (8 * size)) - 1;
}

static void storage_apply_rules(struct ctl_storage *storage, uint32_t offset, uint32_t set)
{
	for (unsigned int i = 0; i < storage->num_rules; i++) {
		const struct storage_rule *rule = &storage->rule[i];
		if (rule->offset != offset)
			continue;
		if (!rule->action) {
			uint32_t *word = &storage->word[offset / 4];
			*word = (*word & ~(rule->mask << rule->shift)) | (*word & rule->mask) << rule->shift;
		} else if (set & rule->mask) {
			rule->action(rule->context);
		}
	}
}

static int storage_read(void *context, uint32_t offset, unsigned int size, uint32_t *value, enum bus_master master)
{
	const struct ctl_storage *storage = context;
	(void)master;

	*value = storage->word[offset / 4] >> (8 * (offset & 3)) & lane_mask(size);
	return 0;
}

static int storage_write(void *context, uint32_t offset, unsigned int size, uint32_t value, enum bus_master master)
{
	struct ctl_storage *storage = context;
	unsigned int shift = 8 * (offset & 3);
	(void)master;

	uint32_t *word = &storage->word[offset / 4];
	uint32_t old = *word;
	*word = (old & ~(lane_mask(size) << shift)) | (value & lane_mask(size)) << shift;
	storage_apply_rules(storage, offset & ~3u, *word & ~old);
	return 0;
}

static void storage_reset(void *context)
{
	struct ctl_storage *storage = context;

	memcpy(storage->word, storage->reset_value, storage->size);
}

struct ctl_storage *ctl_storage_new(struct bus *bus, const char *name, uint32_t base, uint32_t size,
		const uint32_t *reset_values, unsigned int num_values)
{
	if (num_values > size / 4)
		return NULL;
	struct ctl_storage *storage = calloc(1, sizeof(*storage));
	if (!storage)
		return NULL;
	storage->size = size;
	storage->word = calloc(size / 4, 4);
	storage->reset_value = calloc(size / 4, 4);
	const struct bus_device device = {
		.name = name,
		.base = base,
		.size = size,
		.context = storage,
		.read = storage_read,
		.write = storage_write,
		.reset = storage_reset,
	};
	if (!storage->word || !storage->reset_value || bus_add_device(bus, &device)) {
		ctl_storage_free(storage);
		return NULL;
	}
	if (reset_values)
		memcpy(storage->reset_value, reset_values, num_values * 4);
	storage_reset(storage);
	return storage;
}

void ctl_storage_free(struct ctl_storage *storage)
{
	if (!storage)
		return;
	free(storage->word);
	free(storage->reset_value);
	free(storage);
}

int ctl_storage_follow(struct ctl_storage *storage, uint32_t offset, uint32_t source, unsigned int shift)
{
	if (storage->num_rules == STORAGE_MAX_RULES || offset >= storage->size)
		return -1;
	storage->rule[storage->num_rules++] = (struct storage_rule){ offset, source, shift, NULL, NULL };
	return 0;
}

int ctl_storage_on_set(struct ctl_storage *storage, uint32_t offset, uint32_t mask, void (*action)(void *context),
		void *context)
{
	if (storage->num_rules == STORAGE_MAX_RULES || offset >= storage->size)
		return -1;
	storage->rule[storage->num_rules++] = (struct storage_rule){ offset, mask, 0, action, context };
	return 0;
}

void ctl_storage_set(struct ctl_storage *storage, uint32_t offset, uint32_t value)
{
	storage->word[offset / 4] = value;
}

uint32_t ctl_storage_get(const struct ctl_storage *storage, uint32_t offset)
{
	return storage->word[offset / 4];
}

bool ctl_gate_is_open(const struct ctl_gate *gate)
{
	return !gate->rcc || ctl_storage_get(gate->rcc, gate->offset) & gate->mask;
}

struct rcc_reset_value {
	uint32_t offset, value;
};

struct rcc_follow {
	uint32_t offset, source;
	unsigned int shift;
};

struct rcc_family {
	uint32_t base;
	struct rcc_reset_value reset_value[8];
	struct rcc_follow follow[4];
};

static const struct rcc_family rcc_family[] = {
	[RCC_STM32F0] = {
		/* RM0360 section 7.4: CR, AHBENR, CSR; RDY is one above ON; CFGR.SWS follows SW; CR2.HSI14RDY */
		.base = 0x40021000,
		.reset_value = { { 0x00, 0x00000083 }, { 0x14, 0x00000014 }, { 0x24, 0x0c000000 }, { 0x34, 0x00000080 } },
		.follow = { { 0x00, 0x01010001, 1 }, { 0x04, 0x3, 2 }, { 0x24, 0x1, 1 }, { 0x34, 0x1, 1 } },
	},
	[RCC_STM32F4] = {
		/* RM0090 section 6.3: CR, PLLCFGR, AHB1ENR, CSR, PLLI2SCFGR, PLLSAICFGR */
		.base = 0x40023800,
		.reset_value = { { 0x00, 0x00000083 }, { 0x04, 0x24003010 }, { 0x30, 0x00100000 }, { 0x74, 0x0e000000 },
			{ 0x84, 0x24003000 }, { 0x88, 0x24003000 } },
		.follow = { { 0x00, 0x15010001, 1 }, { 0x08, 0x3, 2 }, { 0x70, 0x1, 1 }, { 0x74, 0x1, 1 } },
	},
	[RCC_STM32F7] = {
		/* RM0385 section 5.3: as the F4's but for PLLSAICFGR; DTCMRAMEN in AHB1ENR */
		.base = 0x40023800,
		.reset_value = { { 0x00, 0x00000083 }, { 0x04, 0x24003010 }, { 0x30, 0x00100000 }, { 0x74, 0x0e000000 },
			{ 0x84, 0x24003000 }, { 0x88, 0x24003000 } },
		.follow = { { 0x00, 0x15010001, 1 }, { 0x08, 0x3, 2 }, { 0x70, 0x1, 1 }, { 0x74, 0x1, 1 } },
	},
	[RCC_STM32G0] = {
		/* RM0454 section 5.4: CR, PLLCFGR, AHBENR; HSIRDY is two above HSION, the other RDY one above */
		.base = 0x40021000,
		.reset_value = { { 0x00, 0x00000500 }, { 0x0c, 0x00001000 }, { 0x38, 0x00000100 } },
		.follow = { { 0x00, 0x00000100, 2 }, { 0x00, 0x01010000, 1 }, { 0x08, 0x7, 3 }, { 0x60, 0x1, 1 } },
	},
	[RCC_STM32H503] = {
		/*
		 * RM0492: CR, HSICFGR, CSICFGR, PLL1DIVR, PLL2DIVR, AHB1ENR, AHB2ENR; RDY is one above ON; CFGR1.SWS follows
		 * SW; BDCR
		 */
		.base = 0x44020c00,
		.reset_value = { { 0x00, 0x0000002b }, { 0x10, 0x00400000 }, { 0x18, 0x00200000 }, { 0x34, 0x01010280 },
			{ 0x3c, 0x01010280 }, { 0x88, 0xd0000100 }, { 0x8c, 0x40000000 } },
		.follow = { { 0x00, 0x05011101, 1 }, { 0x1c, 0x7, 3 }, { 0xf0, 0x04000001, 1 } },
	},
};

struct ctl_storage *ctl_rcc_new(struct bus *bus, enum ctl_rcc_family family)
{
	const struct rcc_family *rcc = &rcc_family[family];
	uint32_t reset_values[0x90 / 4] = { 0 };

	for (unsigned int i = 0; i < sizeof(rcc->reset_value) / sizeof(rcc->reset_value[0]); i++) {
		if (rcc->reset_value[i].value)
			reset_values[rcc->reset_value[i].offset / 4] = rcc->reset_value[i].value;
	}
	struct ctl_storage *storage = ctl_storage_new(bus, "RCC", rcc->base, 0x400, reset_values,
		sizeof(reset_values) / sizeof(reset_values[0]));
	if (!storage)
		return NULL;
	for (unsigned int i = 0; i < sizeof(rcc->follow) / sizeof(rcc->follow[0]); i++)
		ctl_storage_follow(storage, rcc->follow[i].offset, rcc->follow[i].source, rcc->follow[i].shift);
	return storage;
}
