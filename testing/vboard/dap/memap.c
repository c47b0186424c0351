// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * MEM-AP on AHB ([ADI] chapter 7), as in the Cortex-M debug access ports: 32-bit addresses, little-endian, no
 * barrier support (MBT) and no large data.
 */

#include "dap_private.h"

#define REG_CSW		0x00
#define REG_TAR		0x04
#define REG_DRW		0x0c
#define REG_BD0		0x10
#define REG_BD3		0x1c
#define REG_CFG		0xf4
#define REG_BASE	0xf8
#define REG_IDR		0xfc

/* CSW, [ADI] chapter 7. The bits above 7 (Prot, DbgSwEnable) but for SPROT are only stored. */
#define CSW_SIZE		0x7u
#define CSW_SIZE_WORD		2u
#define CSW_ADDR_INC		0x30u
#define CSW_ADDR_INC_SINGLE	0x10u
#define CSW_ADDR_INC_PACKED	0x20u
#define CSW_DEVICE_EN		0x40u
#define CSW_SPROT		0x40000000u
#define CSW_STORED		(0xffffff00u | CSW_ADDR_INC | CSW_SIZE)
/* AddrInc and Size are UNKNOWN after power-up; AHB-APs start with MasterType and HPROT[1:0] set. */
#define CSW_POWER_UP		(0x23000000u | CSW_SIZE_WORD)

#define PPB_BASE		0xe0000000u
#define EXTERNAL_BASE		0x60000000u
#define EXTERNAL_END		0xa0000000u
#define SECURE_ALIAS		0x10000000u

void memap_init(struct memap *memap)
{
	memap->csw = CSW_POWER_UP;
	memap->tar = 0;
}

/* dp.c has checked that there is one. */
static struct memap *selected(struct dap *dap)
{
	return &dap->memap[(dap->dp.select >> 24) % DAP_MAX_APS];
}

static uint32_t stored_csw(const struct dap *dap, uint32_t value)
{
	value &= CSW_STORED;

	/* What is not implemented reads back as something that is; this is how clients find out. */
	if ((value & CSW_SIZE) > CSW_SIZE_WORD)
		value = (value & ~CSW_SIZE) | CSW_SIZE_WORD;
	switch (value & CSW_ADDR_INC) {
	case CSW_ADDR_INC_PACKED:
		if (!dap->config.packed)
			value &= ~CSW_ADDR_INC;
		break;
	case CSW_ADDR_INC:
		value &= ~CSW_ADDR_INC;
		break;
	default:
		break;
	}
	return value;
}

/*
 * Whether the AP has a way there at all: an AP beside the core's has none to the Private Peripheral Bus; on a part with
 * security, Non-secure accesses (CSW.SPROT) end at Secure addresses, which have bit 28 set below 60000000h, and at
 * external memory, which is Secure out of reset.
 */
static bool is_reachable(struct dap *dap, uint32_t address)
{
	if (dap->dp.select >> 24 != dap->config.core_ap && address >= PPB_BASE)
		return false;
	if (!dap->config.has_security || !(selected(dap)->csw & CSW_SPROT))
		return true;
	if (address < EXTERNAL_BASE)
		return !(address & SECURE_ALIAS);
	return address >= EXTERNAL_END;
}

/* One aligned access. Data travels in the byte lanes of its address ([ADI] 7.2). */
static bool aligned_access(struct dap *dap, uint32_t address, unsigned int size, bool write, uint32_t *data)
{
	unsigned int shift = 8 * (address & 3);
	uint32_t mask = size == 4 ? 0xffffffffu : (1u << 8 * size) - 1;
	uint32_t value = *data >> shift & mask;

	if (!is_reachable(dap, address))
		return false;
	if (write)
		return bus_write(dap->bus, address, size, value, BUS_DEBUG) == 0;

	if (bus_read(dap->bus, address, size, &value, BUS_DEBUG) != 0)
		return false;
	*data = (*data & ~(mask << shift)) | (value & mask) << shift;
	return true;
}

static bool one_access(struct dap *dap, uint32_t address, unsigned int size, bool write, uint32_t *data)
{
	/*
	 * The bus matrix of a v7-M or v8-M core splits an unaligned access of the debugger; the AHB-Lite of a v6-M core
	 * has no such thing (OpenOCD refuses it there), and the bus then reports an error.
	 * "Packed" stands for that difference too: both come with the bigger AHB-AP.
	 */
	if (address % size == 0 || !dap->config.packed)
		return aligned_access(dap, address, size, write, data);

	for (unsigned int i = 0; i < size; i++) {
		if (!aligned_access(dap, address + i, 1, write, data))
			return false;
	}
	return true;
}

static void increment_tar(struct dap *dap, unsigned int size)
{
	/* Only the low bits count ([ADI] 7.2.2); how many is up to the AP: 10, or 12 in Cortex-M3 and M4. */
	uint32_t mask = dap->config.tar_wrap_bytes - 1;
	uint32_t tar = selected(dap)->tar;

	selected(dap)->tar = (tar & ~mask) | ((tar + size) & mask);
}

static bool access_drw(struct dap *dap, bool write, uint32_t *data)
{
	unsigned int size = 1u << (selected(dap)->csw & CSW_SIZE);
	uint32_t increment = selected(dap)->csw & CSW_ADDR_INC;
	unsigned int count = increment == CSW_ADDR_INC_PACKED ? 4 / size : 1;

	for (unsigned int i = 0; i < count; i++) {
		/* TAR stays at the access that failed, by which the client tells where. */
		if (!one_access(dap, selected(dap)->tar, size, write, data))
			return false;
		if (increment)
			increment_tar(dap, size);
	}
	return true;
}

static bool access_banked(struct dap *dap, unsigned int reg, bool write, uint32_t *data)
{
	uint32_t address = (selected(dap)->tar & ~0xfu) | (reg - REG_BD0);

	/* Banked accesses of less than a word are UNPREDICTABLE ([ADI] chapter 7). */
	if ((selected(dap)->csw & CSW_SIZE) != CSW_SIZE_WORD) {
		vb_violation(dap->vb, "dap: BD%u used at 0x%08x while CSW.Size is %u, not a word", (reg - REG_BD0) / 4,
			address, selected(dap)->csw & CSW_SIZE);
		return false;
	}
	return aligned_access(dap, address, 4, write, data);
}

static bool access_memory(struct dap *dap, unsigned int reg, bool write, uint32_t *data)
{
	uint64_t stalled_until_ps;
	bool good;

	dap_sync(dap);
	if (!dap_access_starts(dap))
		good = false;
	else if (reg == REG_DRW)
		good = access_drw(dap, write, data);
	else
		good = access_banked(dap, reg, write, data);
	dap->dp.busy_until_ps = dap->vb->clock.now_ps + dap->config.ap_access_ns * VB_PS_PER_NS;
	stalled_until_ps = bus_take_stall(dap->bus);
	if (stalled_until_ps > dap->dp.busy_until_ps)
		dap->dp.busy_until_ps = stalled_until_ps;
	dap_access_done(dap);
	return good;
}

static bool is_memory(unsigned int reg)
{
	return reg == REG_DRW || (reg >= REG_BD0 && reg <= REG_BD3);
}

bool memap_read(struct dap *dap, unsigned int reg, uint32_t *value)
{
	*value = 0;
	if (is_memory(reg))
		return access_memory(dap, reg, false, value);

	switch (reg) {
	case REG_CSW:
		*value = selected(dap)->csw | CSW_DEVICE_EN;
		break;
	case REG_TAR:
		*value = selected(dap)->tar;
		break;
	case REG_BASE:
		*value = dap->config.ap_base;
		break;
	case REG_IDR:
		*value = dap->config.ahb_ap_idr;
		break;
	case REG_CFG:	/* little-endian, no large data, no large addresses */
	default:
		break;
	}
	return true;
}

bool memap_write(struct dap *dap, unsigned int reg, uint32_t value)
{
	if (is_memory(reg))
		return access_memory(dap, reg, true, &value);

	switch (reg) {
	case REG_CSW:
		selected(dap)->csw = stored_csw(dap, value);
		break;
	case REG_TAR:
		selected(dap)->tar = value;
		break;
	default:
		break;
	}
	return true;
}
