// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The target end of the ring, and the other operations of the stub. Every loop has a deadline; a unit of work ends in
 * unit_done(), where the host's wish to stop is seen.
 */

#include "loader.h"

uint32_t ofl_main(struct ofl_params *p);

/* Words that the other side reads or writes while the stub runs. */
static uint32_t live(const uint32_t *word)
{
	return *(const volatile uint32_t *)word;
}

static void set_live(uint32_t *word, uint32_t value)
{
	*(volatile uint32_t *)word = value;
}

static void unit_done(struct ofl_params *p)
{
	set_live(&p->done, p->done + 1);
	if (live(&p->abort))
		ofl_fail(p, OFL_STATUS_ABORTED);
}

/* Waits until `counter` differs from `value`: the producer has filled, or the consumer has emptied, one more slot. */
static void wait_for_host(struct ofl_params *p, const uint32_t *counter, uint32_t value)
{
	uint32_t left = p->max_wait;
	while (live(counter) == value) {
		if (live(&p->abort))
			ofl_fail(p, OFL_STATUS_ABORTED);
		if (!--left)
			ofl_fail(p, OFL_STATUS_HOST_GONE);
	}
}

static uint8_t *next_slot(const struct ofl_params *p, uint8_t *slot)
{
	slot += p->slot_bytes;
	if ((uint32_t)slot == p->ring + p->slots * p->slot_bytes)
		slot = (uint8_t *)p->ring;
	return slot;
}

static void program_loop(struct ofl_params *p)
{
	uint8_t *slot = (uint8_t *)p->ring;
	for (uint32_t n = 0; n != p->count; ) {
		wait_for_host(p, &p->wp, n);
		struct ofl_slot *s = (struct ofl_slot *)slot;
		p->address = s->address;
		loader_program(p, (uint8_t *)(s + 1), s->length_bytes);
		slot = next_slot(p, slot);
		set_live(&p->rp, ++n);
		unit_done(p);
	}
}

static void read_loop(struct ofl_params *p)
{
	uint8_t *slot = (uint8_t *)p->ring;
	for (uint32_t n = 0; n != p->count; ) {
		/* Full when the host is `slots` behind. */
		wait_for_host(p, &p->rp, n - p->slots);
		n++;
		const uint32_t length = n == p->count ? p->unit_bytes : p->slot_bytes;
		loader_read(p, slot, length);
		p->address += length;
		slot = next_slot(p, slot);
		set_live(&p->wp, n);
		unit_done(p);
	}
}

static void erase_loop(struct ofl_params *p)
{
	struct ofl_erase_entry *entry = (struct ofl_erase_entry *)p->ring;
	for (uint32_t n = p->count; n; n--, entry++) {
		p->address = entry->address;
		p->unit_bytes = entry->unit_bytes;
		p->max_polls = entry->max_polls;
		for (uint32_t unit = entry->count; unit; unit--) {
			loader_erase(p, entry);
			p->address += p->unit_bytes;
			unit_done(p);
		}
	}
}

static void check_loop(struct ofl_params *p)
{
	uint32_t *result = (uint32_t *)p->ring;
	uint32_t *table = result;
	if (p->op == OFL_OP_CRC)
		result += OFL_CRC_TABLE_WORDS;
	for (uint32_t n = p->count; n; n--) {
		if (p->op == OFL_OP_CRC)
			*result++ = loader_crc(p, table);
		else
			*result++ = loader_blank(p);
		p->address += p->unit_bytes;
		unit_done(p);
	}
}

uint32_t ofl_main(struct ofl_params *p)
{
	uint32_t op = p->op;
	if (op == OFL_OP_RESTORE)
		return OFL_STATUS_OK;
	loader_begin(p);
	if (op == OFL_OP_PROGRAM)
		program_loop(p);
	else if (op == OFL_OP_ERASE)
		erase_loop(p);
	else if (op == OFL_OP_READ)
		read_loop(p);
	else if (op == OFL_OP_CRC || op == OFL_OP_BLANK)
		check_loop(p);
	else
		return loader_other(p, op);
	return OFL_STATUS_OK;
}
