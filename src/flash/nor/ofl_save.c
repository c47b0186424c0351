// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _WIN32
#include <io.h>
#define fsync	_commit
#else
#include <unistd.h>
#endif

#include "ofl_crc.h"
#include "ofl_elf.h"
#include "ofl_save.h"

#define HEADER_BYTES	88
#define IDENTITY	24

static const char magic[8] = {'O', 'F', 'L', 'S', 'A', 'V', 'E', '1'};

static bool fault(char *why, size_t why_size, const char *text)
{
	snprintf(why, why_size, "%s", text);
	return false;
}

static void put_u32(uint8_t *bytes, uint32_t value)
{
	for (unsigned int n = 0; n < 4; n++)
		bytes[n] = value >> (8 * n);
}

/* Of where it belongs, to which chip, and what it is. */
static uint32_t file_crc(const uint8_t header[HEADER_BYTES], const uint8_t *content, uint32_t length)
{
	uint32_t parts[3] = {ofl_crc(header + 8, 12), ofl_crc(header + IDENTITY, HEADER_BYTES - IDENTITY),
		ofl_crc(content, length)};
	uint8_t bytes[12];
	for (unsigned int n = 0; n < 3; n++)
		put_u32(bytes + 4 * n, parts[n]);
	return ofl_crc(bytes, sizeof(bytes));
}

/* The name in the directory must be on the disk, too; where that cannot be done, the file is as safe as it gets. */
static void sync_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *directory = slash ? strndup(path, slash - path + 1) : strdup(".");
	FILE *handle = directory ? fopen(directory, "r") : NULL;
	if (handle) {
		fsync(fileno(handle));
		fclose(handle);
	}
	free(directory);
}

bool ofl_save_write(const char *path, const struct ofl_save *save, char *why, size_t why_size)
{
	uint8_t header[HEADER_BYTES] = {0};

	memcpy(header, magic, sizeof(magic));
	put_u32(header + 8, save->base);
	put_u32(header + 12, save->offset_bytes);
	put_u32(header + 16, save->length_bytes);
	memcpy(header + IDENTITY, save->identity, sizeof(save->identity));
	put_u32(header + 20, file_crc(header, save->content, save->length_bytes));

	FILE *file = fopen(path, "wbx");
	if (!file)
		return fault(why, why_size, strerror(errno));
	bool good = fwrite(header, sizeof(header), 1, file) == 1 &&
		fwrite(save->content, 1, save->length_bytes, file) == save->length_bytes && fflush(file) == 0 &&
		fsync(fileno(file)) == 0;
	if (!good)
		fault(why, why_size, strerror(errno));
	if (fclose(file) != 0 && good)
		good = fault(why, why_size, strerror(errno));
	if (!good)
		remove(path);
	else
		sync_directory(path);
	return good;
}

static bool read_content(FILE *file, const uint8_t header[HEADER_BYTES], struct ofl_save *save, char *why,
		size_t why_size)
{
	uint8_t more;

	save->content = malloc(save->length_bytes);
	if (!save->content)
		return fault(why, why_size, "out of memory");
	if (fread(save->content, 1, save->length_bytes, file) != save->length_bytes || fread(&more, 1, 1, file) == 1)
		return fault(why, why_size, "its length is wrong");
	if (ofl_le32(header + 20) != file_crc(header, save->content, save->length_bytes))
		return fault(why, why_size, "its checksum is wrong");
	return true;
}

bool ofl_save_read(const char *path, struct ofl_save *save, bool *exists, char *why, size_t why_size)
{
	uint8_t header[HEADER_BYTES];

	memset(save, 0, sizeof(*save));
	FILE *file = fopen(path, "rb");
	*exists = file || errno != ENOENT;
	if (!file)
		return fault(why, why_size, strerror(errno));
	if (fread(header, sizeof(header), 1, file) != 1 || memcmp(header, magic, sizeof(magic)) != 0) {
		fclose(file);
		return fault(why, why_size, "it is not a file of saved flash content");
	}
	save->base = ofl_le32(header + 8);
	save->offset_bytes = ofl_le32(header + 12);
	save->length_bytes = ofl_le32(header + 16);
	memcpy(save->identity, header + IDENTITY, sizeof(save->identity));
	save->identity[sizeof(save->identity) - 1] = 0;
	bool good = save->length_bytes && save->length_bytes <= OFL_SAVE_MAX_BYTES;
	good = good ? read_content(file, header, save, why, why_size) : fault(why, why_size, "its length is wrong");
	fclose(file);
	if (!good) {
		free(save->content);
		save->content = NULL;
	}
	return good;
}
