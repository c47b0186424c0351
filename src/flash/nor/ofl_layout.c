// SPDX-License-Identifier: GPL-2.0-or-later

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ofl_layout.h"
#include "../../../contrib/loaders/flash/ofl/ofl_abi.h"

/*
 * All sums in 64 bits: an area at the end of the address space must not wrap. What a loader file is laid out in ends
 * before, so that the ends of stack and ring are addresses, too.
 */
#define ADDRESS_SPACE_END	0x100000000ull
#define LAST_AREA_END		0xfffffff8ull

static uint64_t align_up(uint64_t value, uint32_t alignment)
{
	return (value + alignment - 1) / alignment * alignment;
}

static uint64_t align_down(uint64_t value, uint32_t alignment)
{
	return value / alignment * alignment;
}

bool ofl_layout(uint32_t area, uint32_t area_bytes, uint32_t stub_bytes, uint32_t stack_bytes,
		struct ofl_layout *layout, uint32_t *missing_bytes)
{
	uint64_t stack_low = align_up((uint64_t)area + stub_bytes, 4);
	/* AAPCS: SP is a multiple of 8 at a public entry. */
	uint64_t stack_high = align_up(stack_low + stack_bytes, 8);
	uint64_t ring = stack_high + sizeof(struct ofl_params);
	uint64_t end = ((uint64_t)area + area_bytes) & ~3ull;

	if (end < ring + OFL_MIN_RING_BYTES) {
		*missing_bytes = ring + OFL_MIN_RING_BYTES - end;
		return false;
	}
	layout->stub = area;
	layout->stub_bytes = stub_bytes;
	layout->stack_low = stack_low;
	layout->stack_high = stack_high;
	layout->params = stack_high;
	layout->ring = ring;
	layout->ring_bytes = end - ring;
	layout->loader = 0;
	return true;
}

/* From here on: ofl_layout_loader(). */

/* First byte, and first byte behind. */
struct span {
	uint64_t low, high;
};

/* Each range taken out of the areas makes one room more at most. */
#define MAX_SPANS	(2 * OFL_LAYOUT_MAX_RANGES)

struct spans {
	unsigned int count;
	struct span span[MAX_SPANS];
};

static uint64_t span_bytes(const struct span *span)
{
	return span->high - span->low;
}

static int compare_places(const void *a, const void *b)
{
	const struct span *left = a, *right = b;
	return left->low < right->low ? -1 : left->low > right->low;
}

static int compare_sizes(const void *a, const void *b)
{
	uint64_t left = span_bytes(a), right = span_bytes(b);
	if (left != right)
		return left < right ? -1 : 1;
	return compare_places(a, b);
}

/* Sorted by address, none empty, none touching another. */
static void join_ranges(struct spans *spans, const struct ofl_range *range, unsigned int num_ranges, uint64_t end)
{
	struct spans sorted = { .count = 0 };

	for (unsigned int n = 0; n < num_ranges; n++) {
		uint64_t high = (uint64_t)range[n].address + range[n].bytes;
		if (high > end)
			high = end;
		if (range[n].address < high)
			sorted.span[sorted.count++] = (struct span) { range[n].address, high };
	}
	qsort(sorted.span, sorted.count, sizeof(sorted.span[0]), compare_places);
	spans->count = 0;
	for (unsigned int n = 0; n < sorted.count; n++) {
		struct span *last = spans->count ? &spans->span[spans->count - 1] : NULL;
		if (!last || last->high < sorted.span[n].low)
			spans->span[spans->count++] = sorted.span[n];
		else if (last->high < sorted.span[n].high)
			last->high = sorted.span[n].high;
	}
}

static void find_rooms(struct spans *rooms, const struct spans *areas, const struct spans *taken)
{
	rooms->count = 0;
	for (unsigned int area = 0; area < areas->count; area++) {
		uint64_t low = areas->span[area].low;
		uint64_t high = areas->span[area].high;
		for (unsigned int n = 0; n < taken->count; n++) {
			const struct span *out = &taken->span[n];
			if (out->high <= low || out->low >= high)
				continue;
			if (out->low > low)
				rooms->span[rooms->count++] = (struct span) { low, out->low };
			low = out->high;
		}
		if (low < high)
			rooms->span[rooms->count++] = (struct span) { low, high };
	}
}

/* In the order that ofl_abi.h draws. */
enum part_id {
	PART_STUB,
	PART_LOADER,
	PART_STACK,
	PART_PARAMS,
	NUM_SMALL_PARTS,
	PART_RING = NUM_SMALL_PARTS,
	NUM_PARTS
};

#define NUM_SETS	(1u << NUM_SMALL_PARTS)	/* of small parts: bit n = part n */

/* In whole words, so that all of a part may be written in words without touching what is beside it. */
struct part {
	const char *name;
	uint32_t bytes;		/* of the ring: the least */
	uint32_t low_alignment, high_alignment;
};

static bool place_low(const struct part *part, const struct span *room, struct span *place)
{
	place->low = align_up(room->low, part->low_alignment);
	place->high = align_up(place->low + part->bytes, part->high_alignment);
	return place->high <= room->high;
}

static bool place_high(const struct part *part, const struct span *room, struct span *place)
{
	place->high = align_down(room->high, part->high_alignment);
	if (place->high < room->low + part->bytes)
		return false;
	place->low = align_down(place->high - part->bytes, part->low_alignment);
	return place->low >= room->low;
}

/* Ways to put a set of parts into one room. */
struct packing {
	const struct part *part;
	bool has_ring;
	int64_t enough;		/* a ring of that size ends the search */
	struct span trial[NUM_PARTS];
	struct span best[NUM_PARTS];
	int64_t best_bytes;	/* of the ring; 0 without; -1: does not fit */
};

static void judge_packing(struct packing *packing, const struct span *rest)
{
	int64_t bytes = 0;

	if (packing->has_ring) {
		const struct part *ring = &packing->part[PART_RING];
		struct span *place = &packing->trial[PART_RING];
		if (!place_low(ring, rest, place))
			return;
		place->high = align_down(rest->high, ring->high_alignment);
		bytes = (int64_t)span_bytes(place);
	}
	if (bytes > packing->best_bytes) {
		packing->best_bytes = bytes;
		memcpy(packing->best, packing->trial, sizeof(packing->best));
	}
}

/*
 * Everything that can be placed at all can be placed so that each part lies against the low or the high end of what the
 * ones before it left: below the ring all can move down, above it up. Hence all orders and both ends are all there is.
 * The first try is the documented order. Recursion ends as `left` loses a bit each time.
 */
static void pack(struct packing *packing, const struct span *room, unsigned int left)
{
	if (!left) {
		judge_packing(packing, room);
		return;
	}
	for (unsigned int n = 0; n < NUM_SMALL_PARTS; n++) {
		struct span *place = &packing->trial[n];
		if (!(left >> n & 1))
			continue;
		if (packing->best_bytes < packing->enough && place_low(&packing->part[n], room, place))
			pack(packing, &(struct span) { place->high, room->high }, left & ~(1u << n));
		/* Without the ring there is no need for the other end. */
		if (packing->has_ring && packing->best_bytes < packing->enough &&
				place_high(&packing->part[n], room, place))
			pack(packing, &(struct span) { room->low, place->low }, left & ~(1u << n));
	}
}

static void pack_room(struct packing *packing, const struct part *part, const struct span *room, unsigned int set,
		bool has_ring, int64_t enough)
{
	*packing = (struct packing) { .part = part, .has_ring = has_ring, .enough = enough, .best_bytes = -1 };
	pack(packing, room, set);
}

/*
 * Which parts go into which room: by dynamic programming over the rooms, from the last, the largest one, so that the
 * effort has a bound for any file. best_ring[room][done][set]: largest ring with the parts of `set` in `room` and the
 * ones behind it; with `done`, the ring lies before, and 0 says that the set fits. -1: it does not.
 */
struct search {
	struct part part[NUM_PARTS];
	unsigned int small_parts;	/* set of the ones that there are */
	struct spans rooms;		/* smallest first */
	bool fits[MAX_SPANS][NUM_SETS];
	int64_t ring[MAX_SPANS][NUM_SETS];
	int64_t best_ring[MAX_SPANS + 1][2][NUM_SETS];
};

static void search_rooms(struct search *search)
{
	unsigned int num_rooms = search->rooms.count;
	struct packing packing;

	for (unsigned int set = 0; set < NUM_SETS; set++) {
		search->best_ring[num_rooms][false][set] = -1;
		search->best_ring[num_rooms][true][set] = set ? -1 : 0;
	}
	for (unsigned int room = num_rooms; room-- > 0; ) {
		const struct span *span = &search->rooms.span[room];
		for (unsigned int set = 0; set < NUM_SETS; set++) {
			pack_room(&packing, search->part, span, set, false, 0);
			search->fits[room][set] = packing.best_bytes >= 0;
			pack_room(&packing, search->part, span, set, true, INT64_MAX);
			search->ring[room][set] = packing.best_bytes;
		}
		int64_t (*behind)[NUM_SETS] = search->best_ring[room + 1];
		for (unsigned int set = 0; set < NUM_SETS; set++) {
			int64_t best[2] = { -1, -1 };
			for (unsigned int here = 0; here < NUM_SETS; here++) {
				unsigned int rest = set & ~here;
				if (here & ~set)
					continue;
				for (unsigned int done = 0; done < 2; done++) {
					if (search->fits[room][here] && behind[done][rest] > best[done])
						best[done] = behind[done][rest];
				}
				if (behind[true][rest] >= 0 && search->ring[room][here] > best[false])
					best[false] = search->ring[room][here];
			}
			search->best_ring[room][false][set] = best[false];
			search->best_ring[room][true][set] = best[true];
		}
	}
}

static uint64_t set_bytes(const struct search *search, unsigned int set)
{
	uint64_t sum = 0;

	for (unsigned int n = 0; n < NUM_SMALL_PARTS; n++) {
		if (set >> n & 1)
			sum += search->part[n].bytes;
	}
	return sum;
}

/*
 * What goes into `room`, of `left`, so that a ring of `enough` comes about there or behind it: as many bytes as
 * possible, as the room is the smallest one that is left, and the ring only when no larger one will do for it. There is
 * an answer.
 */
static unsigned int choose_set(const struct search *search, unsigned int room, unsigned int left, bool done,
		int64_t enough, bool *has_ring)
{
	const int64_t (*behind)[NUM_SETS] = search->best_ring[room + 1];
	unsigned int choice = 0;
	bool found = false;

	for (unsigned int ring_here = 0; ring_here < (done ? 1 : 2) && !found; ring_here++) {
		for (unsigned int here = 0; here < NUM_SETS; here++) {
			if (here & ~left)
				continue;
			bool fits = ring_here ?
				search->ring[room][here] >= enough && behind[true][left & ~here] >= 0 :
				search->fits[room][here] && behind[done][left & ~here] >= (done ? 0 : enough);
			if (!fits || (found && set_bytes(search, here) <= set_bytes(search, choice)))
				continue;
			choice = here;
			found = true;
			*has_ring = ring_here;
		}
	}
	return choice;
}

/* What the documented order costs, at most, against the best order of the same parts, for its alignments' sake. */
#define ORDER_COST_BYTES	31

static void place_parts(const struct search *search, int64_t ring_min_bytes, struct span place[NUM_PARTS])
{
	int64_t enough = search->best_ring[0][false][search->small_parts] - ORDER_COST_BYTES;
	unsigned int left = search->small_parts;
	bool done = false;

	if (enough < ring_min_bytes)
		enough = ring_min_bytes;
	for (unsigned int room = 0; room < search->rooms.count; room++) {
		struct packing packing;
		bool has_ring = false;
		unsigned int here = choose_set(search, room, left, done, enough, &has_ring);
		pack_room(&packing, search->part, &search->rooms.span[room], here, has_ring, has_ring ? enough : 0);
		for (unsigned int n = 0; n < NUM_PARTS; n++) {
			if ((here >> n & 1) || (has_ring && n == PART_RING))
				place[n] = packing.best[n];
		}
		left &= ~here;
		done |= has_ring;
	}
}

/* Text of whole lines: what does not fit is left out. */
struct text {
	char *at;
	size_t room;	/* with the terminator */
};

static void __attribute__((format(printf, 2, 3))) add_text(struct text *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int length = vsnprintf(text->at, text->room, format, args);
	va_end(args);
	if (length < 0 || (size_t)length >= text->room) {
		if (text->room)
			text->at[0] = '\0';
		return;
	}
	text->at += length;
	text->room -= (size_t)length;
}

/* What is needed, and which parts are in the way: those that are over when as many bytes as possible are placed. */
static void say_needs(const struct search *search, uint32_t ring_min_bytes, struct text *text)
{
	unsigned int placed = 0;

	for (unsigned int set = 0; set < NUM_SETS; set++) {
		if (set & ~search->small_parts || search->best_ring[0][true][set] < 0)
			continue;
		/* A set with parts of no bytes in addition has the higher number. */
		if (set_bytes(search, set) >= set_bytes(search, placed))
			placed = set;
	}
	int64_t best_room = search->best_ring[0][false][placed];
	const char *separator = "needed: ";
	for (unsigned int n = 0; n < NUM_SMALL_PARTS; n++) {
		const struct part *part = &search->part[n];
		if (!(search->small_parts >> n & 1))
			continue;
		add_text(text, "%s%s %" PRIu32, separator, part->name, part->bytes);
		if (part->low_alignment > 8)
			add_text(text, " aligned to %" PRIu32, part->low_alignment);
		separator = ", ";
	}
	add_text(text, ", ring at least %" PRIu32, ring_min_bytes);
	separator = "; no room for: ";
	for (unsigned int n = 0; n < NUM_PARTS; n++) {
		bool missing = n == PART_RING ? best_room < ring_min_bytes : (search->small_parts & ~placed) >> n & 1;
		if (!missing)
			continue;
		add_text(text, "%s%s", separator, search->part[n].name);
		separator = ", ";
	}
	add_text(text, " (best room left %" PRIi64 " bytes)\n", best_room < 0 ? 0 : best_room);
}

static void draw_spans(const struct spans *areas, const struct spans *taken, const struct spans *rooms,
		struct text *text)
{
	unsigned int next_taken = 0, next_room = 0;

	for (unsigned int n = 0; n < areas->count; n++)
		add_text(text, "work area 0x%08" PRIx64 "-0x%08" PRIx64 "\n", areas->span[n].low, areas->span[n].high - 1);
	while (next_taken < taken->count || next_room < rooms->count) {
		bool is_room = next_taken == taken->count ||
			(next_room < rooms->count && rooms->span[next_room].low < taken->span[next_taken].low);
		const struct span *span = is_room ? &rooms->span[next_room++] : &taken->span[next_taken++];
		add_text(text, "0x%08" PRIx64 "-0x%08" PRIx64 "  %-8s %8" PRIu64 " bytes\n", span->low, span->high - 1,
			is_room ? "free" : "loader", span_bytes(span));
	}
}

bool ofl_layout_loader(const struct ofl_layout_request *request, struct ofl_layout *layout, char *map, size_t map_size)
{
	struct text text = { .at = map, .room = map_size };

	add_text(&text, "%s", "");
	if (request->num_areas > OFL_LAYOUT_MAX_RANGES || request->num_taken > OFL_LAYOUT_MAX_RANGES) {
		add_text(&text, "more than %d ranges of RAM\n", OFL_LAYOUT_MAX_RANGES);
		return false;
	}

	struct spans areas, taken, rooms;
	join_ranges(&areas, request->area, request->num_areas, LAST_AREA_END);
	join_ranges(&taken, request->taken, request->num_taken, ADDRESS_SPACE_END);
	find_rooms(&rooms, &areas, &taken);

	/* A ring of no bytes is none. */
	uint32_t ring_min_bytes = request->ring_min_bytes ? request->ring_min_bytes : 4;
	uint32_t loader_alignment = request->loader_alignment < 4 ? 4 : request->loader_alignment;
	struct search search = {
		.part = {
			[PART_STUB] = { "stub", request->stub_bytes, 4, 4 },
			[PART_LOADER] = { "loader", request->loader_bytes, loader_alignment, 4 },
			/* AAPCS: SP is a multiple of 8 at a public entry. */
			[PART_STACK] = { "stack", request->stack_bytes, 4, 8 },
			[PART_PARAMS] = { "parameters", sizeof(struct ofl_params), 4, 4 },
			/*
			 * On 8 for the sake of data behind the header of a slot. The largest is looked for, and said when too
			 * small.
			 */
			[PART_RING] = { "ring", 4, 8, 4 },
		},
		.small_parts = (NUM_SETS - 1) & ~(request->loader_bytes ? 0 : 1u << PART_LOADER),
		.rooms = rooms,
	};
	qsort(search.rooms.span, search.rooms.count, sizeof(search.rooms.span[0]), compare_sizes);
	search_rooms(&search);
	if (search.best_ring[0][false][search.small_parts] < ring_min_bytes) {
		char needs[320];
		struct text needs_text = { .at = needs, .room = sizeof(needs) };
		say_needs(&search, ring_min_bytes, &needs_text);
		/* When space for the map is short, its last line is the one that must not be missing. */
		size_t needs_length = strlen(needs);
		if (needs_length < map_size)
			text.room -= needs_length;
		draw_spans(&areas, &taken, &rooms, &text);
		if (needs_length < map_size)
			text.room += needs_length;
		add_text(&text, "%s", needs);
		return false;
	}

	struct span place[NUM_PARTS] = { { 0, 0 } };
	place_parts(&search, ring_min_bytes, place);
	*layout = (struct ofl_layout) {
		.stub = place[PART_STUB].low,
		.stub_bytes = request->stub_bytes,
		.stack_low = place[PART_STACK].low,
		.stack_high = place[PART_STACK].high,
		.params = place[PART_PARAMS].low,
		.ring = place[PART_RING].low,
		.ring_bytes = span_bytes(&place[PART_RING]),
		.loader = place[PART_LOADER].low,
	};
	return true;
}
