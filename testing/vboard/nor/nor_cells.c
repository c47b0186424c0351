// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The flash's cells: the image file, and what programs and erases do to it, finished or cut.
 *
 * The file is mapped shared, so that it holds the true content at every moment, a chip that is never touched costs no
 * memory, and even a killed vboard leaves what was finished. A hole in a file reads as 00 but an erased cell is FF, so
 * a missing or short file is filled up once.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nor_private.h"

#define FILL_BYTES	65536u

/* Writes FF from `offset` to `end`. Returns 0, or -1 with errno. */
static int fill_erased(int fd, uint64_t offset, uint64_t end)
{
	uint8_t block[FILL_BYTES];

	memset(block, 0xff, sizeof(block));
	while (offset < end) {
		uint64_t length = end - offset < sizeof(block) ? end - offset : sizeof(block);
		ssize_t written = pwrite(fd, block, length, (off_t)offset);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return -1;

		offset += (uint64_t)written;
	}

	return 0;
}

static uint8_t *map_file(int fd, uint64_t size_bytes)
{
	struct stat status;

	if (fstat(fd, &status) != 0)
		return NULL;

	if (!S_ISREG(status.st_mode)) {
		errno = EINVAL;
		return NULL;
	}

	if ((uint64_t)status.st_size < size_bytes && fill_erased(fd, (uint64_t)status.st_size, size_bytes) != 0)
		return NULL;

	void *cells = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return cells == MAP_FAILED ? NULL : cells;
}

int nor_cells_open(struct nor *nor, const char *path)
{
	uint64_t size_bytes = nor->part.size_bytes;

	if (!path) {
		void *cells = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (cells == MAP_FAILED) {
			fprintf(stderr, "vboard: no memory for a flash of %llu bytes\n",
					(unsigned long long)size_bytes);
			return -1;
		}
		memset(cells, 0xff, size_bytes);
		nor->cells = cells;
		return 0;
	}

	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);

	if (fd < 0) {
		fprintf(stderr, "vboard: cannot open the flash image %s: %s\n", path, strerror(errno));
		return -1;
	}

	nor->cells = map_file(fd, size_bytes);
	int error = errno;

	close(fd);	/* the mapping stays */
	if (!nor->cells) {
		fprintf(stderr, "vboard: cannot map %llu bytes of the flash image %s: %s\n",
				(unsigned long long)size_bytes, path, strerror(error));
		return -1;
	}

	return 0;
}

void nor_cells_sync(struct nor *nor)
{
	/* Other processes see a shared mapping's content at once; this only asks the kernel to start writing it out. */
	msync(nor->cells, nor->part.size_bytes, MS_ASYNC);
}

void nor_cells_close(struct nor *nor)
{
	nor_cells_sync(nor);
	munmap(nor->cells, nor->part.size_bytes);
	nor->cells = NULL;
}

/* A byte in which each bit is 1 with probability chance / 256. */
static uint8_t random_bits(struct nor *nor, unsigned int chance)
{
	uint64_t random = vb_random(&nor->random_state);
	uint8_t bits = 0;

	for (unsigned int i = 0; i < 8; i++, random >>= 8)
		bits |= (uint8_t)(((random & 0xff) < chance) << i);

	return bits;
}

void nor_operation_start(struct nor *nor, uint64_t duration_ps)
{
	nor->operation.start_ps = nor->vb->clock.now_ps;
	nor->operation.end_ps = nor->operation.start_ps + duration_ps;
}

static void finish_program(struct nor *nor)
{
	const struct nor_operation *operation = &nor->operation;
	uint8_t *cells = nor->cells + operation->address;
	bool failed = false;

	for (uint64_t i = 0; i < operation->length_bytes; i++) {
		/* Bits that are to become 0 and cannot. */
		uint8_t stuck = cells[i] & (uint8_t)~operation->data[i] & operation->stuck_bits;

		failed = failed || stuck;
		cells[i] &= operation->data[i] | stuck;
	}

	nor->error_program = nor->error_program || failed;
}

/* The latch clears by itself, but Micron's and the S25FL-L's stays set after a failure until 04h. */
static bool latch_stays(const struct nor *nor)
{
	return nor->part.traits & (NOR_TRAIT_FLAG_STATUS | NOR_TRAIT_SR2_ERRORS) &&
		(nor->error_program || nor->error_erase);
}

void nor_operation_settle(struct nor *nor)
{
	struct nor_operation *operation = &nor->operation;

	if (operation->kind == NOR_OPERATION_NONE || nor->vb->clock.now_ps < operation->end_ps)
		return;

	switch (operation->kind) {
	case NOR_OPERATION_PROGRAM:
		finish_program(nor);
		break;
	case NOR_OPERATION_ERASE:
		memset(nor->cells + operation->address, 0xff, operation->length_bytes);
		nor->cells[operation->address] = (uint8_t)~operation->stuck_bits;
		nor->error_erase = nor->error_erase || operation->stuck_bits;
		break;
	case NOR_OPERATION_STATUS:
		memcpy(nor->status, operation->status, sizeof(nor->status));
		memcpy(nor->status_kept, operation->status, sizeof(nor->status));
		break;
	case NOR_OPERATION_NONE:
		break;
	}

	operation->kind = NOR_OPERATION_NONE;
	if (!latch_stays(nor))
		nor->write_enabled = false;
}

/*
 * How far an operation had come. Never "not at all" or "all": a cut in the first or last 256th would be one that no
 * test can see.
 */
static unsigned int progress_now(const struct nor *nor)
{
	const struct nor_operation *operation = &nor->operation;
	uint64_t duration_ps = operation->end_ps - operation->start_ps;
	uint64_t now_ps = nor->vb->clock.now_ps;
	uint64_t elapsed_ps = now_ps > operation->start_ps ? now_ps - operation->start_ps : 0;
	/* Divided first: 256 times the picoseconds of a chip erase would overflow. */
	uint64_t step_ps = duration_ps / 256 + 1;
	uint64_t progress = elapsed_ps / step_ps;

	if (progress < 1)
		return 1;

	return progress > 255 ? 255 : (unsigned int)progress;
}

/* An erase first programs all cells to 0 so that they age alike, then lifts them to 1. */
static void cut_erase(struct nor *nor, unsigned int progress)
{
	const struct nor_operation *operation = &nor->operation;
	uint8_t *cells = nor->cells + operation->address;

	for (uint64_t i = 0; i < operation->length_bytes; i++) {
		if (progress < 128)
			cells[i] &= (uint8_t)~random_bits(nor, 2 * progress);
		else
			cells[i] = random_bits(nor, 2 * (progress - 128));
	}
}

static void cut_program(struct nor *nor, unsigned int progress)
{
	const struct nor_operation *operation = &nor->operation;
	uint8_t *cells = nor->cells + operation->address;

	for (uint64_t i = 0; i < operation->length_bytes; i++)
		cells[i] &= operation->data[i] | operation->stuck_bits | (uint8_t)~random_bits(nor, progress);
}

void nor_operation_cut(struct nor *nor, int progress)
{
	struct nor_operation *operation = &nor->operation;

	if (operation->kind == NOR_OPERATION_NONE)
		return;

	unsigned int reached = progress < 0 ? progress_now(nor) : (unsigned int)progress;

	if (operation->kind == NOR_OPERATION_PROGRAM)
		cut_program(nor, reached);
	else if (operation->kind == NOR_OPERATION_ERASE)
		cut_erase(nor, reached);
	/* A register write that is cut leaves the old value: its cells are few and written last. */

	operation->kind = NOR_OPERATION_NONE;
}
