// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The host end of the ring. A ring is a number of slots, one page (or piece of a page) each; wp counts the slots that
 * the producer has filled, rp the ones that the consumer has emptied, both from 0 and never wrapping within a run, so
 * that all slots can be in use at once: two pages of RAM are enough to fill one while the other is programmed.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <helper/time_support.h>

#include "ofl.h"

/* Of one transfer to the ring: about 50 ms of a 4 MHz link, so that what it costs to begin one does not matter. */
#define FEED_BYTES	4096

/*
 * A read is served while the link is slow, so it is the flash or the stub that is being waited for; or a loader file,
 * which may have to write a cache back first.
 */
#define READ_STALL_MS	5000
#define FOREIGN_READ_STALL_MS	15000

/* Watches a run that moves in slots: the deadline and, now and then, whether the stub is alive at all. */
struct watch {
	uint32_t last;
	int64_t moved_ms, looked_ms;
	int64_t deadline_ms;
};

/* Returns false when the run is over or must be given up; *waited_ms is then what ofl_session_finish() takes. */
static bool watch_run(struct ofl_bank *ofl, struct watch *watch, uint32_t counter, int64_t *waited_ms)
{
	int64_t now_ms = timeval_ms();
	*waited_ms = -1;
	if (counter != watch->last) {
		watch->last = counter;
		watch->moved_ms = now_ms;
		watch->looked_ms = now_ms;
		return true;
	}
	if (now_ms - watch->moved_ms > watch->deadline_ms) {
		*waited_ms = now_ms - watch->moved_ms;
		return false;
	}
	if (now_ms - watch->looked_ms > 100) {
		watch->looked_ms = now_ms;
		if (ofl->backend->stalled)
			ofl->backend->stalled(ofl);
		return !ofl_session_is_dead(ofl);
	}
	return true;
}

static void watch_start(struct watch *watch, int64_t deadline_ms)
{
	watch->last = 0;
	watch->moved_ms = timeval_ms();
	watch->looked_ms = watch->moved_ms;
	watch->deadline_ms = deadline_ms;
}

/*
 * A transfer of ours over a slow link may take longer than the stub may: the stub's time starts when it has what it
 * waits for.
 */
static void watch_served(struct watch *watch)
{
	watch->moved_ms = timeval_ms();
}

/*
 * Fills up to `room` slots behind `wp` that lie next to each other in the ring, and publishes them. Returns how many.
 */
struct feed {
	struct ofl_bank *ofl;
	const struct ofl_slots *slots;
	bool verify, send_blank;
	uint64_t offset_bytes;
	const uint8_t *data;
	uint32_t length;
	size_t position;
	uint32_t wp;
	uint8_t *staging;	/* the whole ring */
};

static bool next_piece(struct feed *feed, struct ofl_piece *piece)
{
	if (!feed->send_blank)
		return ofl_plan_next_piece(feed->offset_bytes, feed->data, feed->length, feed->slots->piece_bytes,
				feed->ofl->erased_byte, &feed->position, piece);
	if (feed->position >= feed->length)
		return false;
	piece->offset_bytes = feed->offset_bytes + feed->position;
	piece->data_offset = feed->position;
	piece->length_bytes = feed->slots->piece_bytes - piece->offset_bytes % feed->slots->piece_bytes;
	piece->length_bytes = MIN(piece->length_bytes, feed->length - feed->position);
	feed->position += piece->length_bytes;
	return true;
}

static int feed_slots(struct feed *feed, uint32_t room)
{
	struct ofl_bank *ofl = feed->ofl;
	const struct ofl_slots *slots = feed->slots;
	uint32_t first = feed->wp % slots->count;
	uint32_t count = 0;
	uint32_t used = 0;
	struct ofl_piece piece;

	if (room > slots->count - first)
		room = slots->count - first;
	/* In small steps: the first pages are programmed while the link brings the others. */
	if (room > FEED_BYTES / slots->slot_bytes)
		room = MAX(FEED_BYTES / slots->slot_bytes, 1);
	while (count < room && next_piece(feed, &piece)) {
		uint8_t *slot = feed->staging + count * slots->slot_bytes;
		target_buffer_set_u32(ofl->bank->target, slot, ofl->address_base + piece.offset_bytes);
		target_buffer_set_u32(ofl->bank->target, slot + 4, piece.length_bytes);
		memcpy(slot + OFL_SLOT_HEADER_BYTES, feed->data + piece.data_offset, piece.length_bytes);
		/* Whole words go over the link faster; what is behind a short piece does not matter. */
		used = count * slots->slot_bytes + ((OFL_SLOT_HEADER_BYTES + piece.length_bytes + 3) & ~3u);
		count++;
		if (feed->verify)
			ofl->stats.checked_bytes += piece.length_bytes;
		else
			ofl->stats.programmed_bytes += piece.length_bytes;
	}
	if (!count)
		return ERROR_OK;
	int retval = ofl_session_write(ofl, ofl->session.layout.ring + first * slots->slot_bytes, feed->staging, used);
	if (retval != ERROR_OK)
		return retval;
	feed->wp += count;
	ofl->stats.pieces += feed->verify ? 0 : count;
	/* Only after the data: the stub takes what wp shows. */
	return ofl_session_write_words(ofl, ofl->session.layout.params + offsetof(struct ofl_params, wp), &feed->wp, 1);
}

int ofl_ring_program(struct ofl_bank *ofl, const struct ofl_ring_job *job, uint64_t offset_bytes, const uint8_t *data,
		uint32_t length)
{
	const struct ofl_slots slots = job->slots;
	struct ofl_live live;
	int64_t waited_ms = -1;

	uint64_t first_page = offset_bytes / slots.piece_bytes;
	uint64_t pages = (offset_bytes + length + slots.piece_bytes - 1) / slots.piece_bytes - first_page;
	uint32_t count = pages;
	if (!job->send_blank)
		count = ofl_plan_count_pieces(offset_bytes, data, length, slots.piece_bytes, ofl->erased_byte);
	ofl->stats.blank_pieces += pages - count;
	if (!count)
		return ERROR_OK;

	struct feed feed = {
		.ofl = ofl, .slots = &slots, .verify = job->verify, .send_blank = job->send_blank,
		.offset_bytes = offset_bytes, .data = data,
		.length = length, .staging = malloc(slots.count * slots.slot_bytes),
	};
	if (!feed.staging) {
		LOG_ERROR("ofl: out of memory");
		return ERROR_FAIL;
	}

	struct ofl_params *params = &ofl->session.params;
	params->slot_bytes = slots.slot_bytes;
	params->slots = slots.count;
	params->count = count;
	ofl->session.programming = (struct ofl_range) {.address = offset_bytes, .bytes = length};
	int retval = ofl_session_start(ofl);
	if (retval != ERROR_OK) {
		free(feed.staging);
		return retval;
	}

	struct watch watch;
	uint32_t told = 0;
	watch_start(&watch, job->stall_ms);
	/* The first fill needs no look: all slots are free. */
	retval = feed_slots(&feed, slots.count);
	watch_served(&watch);
	while (retval == ERROR_OK) {
		retval = ofl_session_look(ofl, &live);
		if (retval != ERROR_OK)
			break;
		if (job->done && live.rp != told) {
			told = live.rp;
			job->done(ofl, timeval_ms() - watch.moved_ms);
		}
		if (live.status != OFL_STATUS_RUNNING)
			break;
		if (feed.wp - live.rp > slots.count) {
			LOG_ERROR("ofl: %s: the ring's counters make no sense (wp %" PRIu32 ", rp %" PRIu32
				"): something else writes to the work area", ofl->bank->name, feed.wp, live.rp);
			break;
		}
		if (!watch_run(ofl, &watch, live.rp, &waited_ms))
			break;
		ofl_progress(ofl, job->what, (uint64_t)live.rp * slots.piece_bytes, (uint64_t)count * slots.piece_bytes);
		uint32_t room = slots.count - (feed.wp - live.rp);
		if (room && feed.wp < count && !ofl->session.stop_sent) {
			retval = feed_slots(&feed, room);
			watch_served(&watch);
		}
	}
	free(feed.staging);
	int finished = ofl_session_finish(ofl, job->what, waited_ms);
	return retval != ERROR_OK ? retval : finished;
}

int ofl_ring_read(struct ofl_bank *ofl, uint64_t offset_bytes, uint8_t *data, uint32_t length)
{
	struct ofl_live live;
	int64_t waited_ms = -1;

	if (!length)
		return ERROR_OK;
	/* At least two slots, so that one is drained while the other is filled; a slot above 1 KiB gains nothing. */
	uint32_t slot_bytes = MIN(ofl->session.layout.ring_bytes / 2, 1024) & ~3u;
	uint32_t slots = ofl->session.layout.ring_bytes / slot_bytes;
	uint32_t count = (length + slot_bytes - 1) / slot_bytes;
	struct ofl_params *params = ofl_session_params(ofl, OFL_OP_READ);
	params->address = ofl->address_base + offset_bytes;
	params->slot_bytes = slot_bytes;
	params->slots = slots;
	params->count = count;
	params->unit_bytes = length - (count - 1) * slot_bytes;
	int retval = ofl_session_start(ofl);
	if (retval != ERROR_OK)
		return retval;

	struct watch watch;
	watch_start(&watch, ofl->foreign ? FOREIGN_READ_STALL_MS : READ_STALL_MS);
	uint32_t rp = 0;
	while (rp < count) {
		retval = ofl_session_look(ofl, &live);
		if (retval != ERROR_OK)
			break;
		if (live.wp - rp > slots || live.wp > count) {
			LOG_ERROR("ofl: %s: the ring's counters make no sense (wp %" PRIu32 ", rp %" PRIu32
				"): something else writes to the work area", ofl->bank->name, live.wp, rp);
			retval = ERROR_FAIL;
			break;
		}
		if (live.wp == rp) {
			if (live.status != OFL_STATUS_RUNNING)
				break;
			if (watch_run(ofl, &watch, live.wp, &waited_ms))
				continue;
			/* Not running any more: it may have ended well since the look, with slots that are still to be read. */
			if (waited_ms >= 0 || ofl_session_look(ofl, &live) != ERROR_OK || live.wp == rp || live.wp - rp > slots ||
					live.wp > count)
				break;
		}
		watch_run(ofl, &watch, live.wp, &waited_ms);
		/* All filled slots up to the ring's end in one transfer. */
		uint32_t first = rp % slots;
		uint32_t filled = MIN(live.wp - rp, slots - first);
		uint32_t at = rp * slot_bytes;
		uint32_t n = MIN(filled * slot_bytes, length - at);
		retval = ofl_session_read(ofl, ofl->session.layout.ring + first * slot_bytes, data + at, n);
		if (retval != ERROR_OK)
			break;
		rp += filled;
		ofl->stats.read_bytes += n;
		retval = ofl_session_write_words(ofl, ofl->session.layout.params + offsetof(struct ofl_params, rp), &rp, 1);
		if (retval != ERROR_OK)
			break;
		watch_served(&watch);
		ofl_progress(ofl, "reading", at + n, length);
	}
	if (retval == ERROR_OK && rp == count) {
		/* The last slot was published before the stub's status: give it the time for that. */
		int64_t started_ms = timeval_ms();
		do {
			retval = ofl_session_look(ofl, &live);
		} while (retval == ERROR_OK && live.status == OFL_STATUS_RUNNING && timeval_ms() - started_ms < READ_STALL_MS);
	}
	int finished = ofl_session_finish(ofl, "reading", waited_ms);
	if (retval == ERROR_OK && finished == ERROR_OK && rp < count) {
		LOG_ERROR("ofl: %s: the stub ended after %" PRIu32 " of %" PRIu32 " pieces of a read", ofl->bank->name, rp,
			count);
		return ERROR_FAIL;
	}
	return retval != ERROR_OK ? retval : finished;
}
