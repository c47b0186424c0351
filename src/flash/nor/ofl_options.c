// SPDX-License-Identifier: GPL-2.0-or-later

/* The bank line: LOADER and options, and the built-in controllers that LOADER names. No target. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <helper/align.h>

#include "ofl.h"

/* A loader with less cannot even call its own functions. */
#define MIN_STACK_BYTES		128
/* Outputs 0 to 7, one of which is at a pin (UG0331, 13.4.3.8). */
#define MAX_SLAVE_SELECT	7

static const uint8_t gpio_blob[] = {
#include "../../../contrib/loaders/flash/ofl/images/gpio.inc"
};

static const uint8_t stm32_spi_blob[] = {
#include "../../../contrib/loaders/flash/ofl/images/stm32-spi.inc"
};

static const uint8_t stm32_qspi_blob[] = {
#include "../../../contrib/loaders/flash/ofl/images/stm32-qspi.inc"
};

static const uint8_t stm32_ospi_blob[] = {
#include "../../../contrib/loaders/flash/ofl/images/stm32-ospi.inc"
};

static const uint8_t mss_blob[] = {
#include "../../../contrib/loaders/flash/ofl/images/mss.inc"
};

static const uint8_t stm32_spi2_blob[] = {
#include "../../../contrib/loaders/flash/ofl/images/stm32-spi2.inc"
};

static const uint8_t pl022_blob[] = {
#include "../../../contrib/loaders/flash/ofl/images/pl022.inc"
};

static const struct ofl_controller controllers[] = {
	{
		.name = "gpio",
		.blob = gpio_blob,
		.blob_bytes = sizeof(gpio_blob),
		.needs_cs = true,
		.needs_gpio_pins = true,
		.max_dummy_bytes = 15,
		/* 16 bits, at least 4 accesses to a bus each, at 250 MHz. */
		.min_poll_ns = 250,
	},
	{
		.name = "stm32-spi",
		.blob = stm32_spi_blob,
		.blob_bytes = sizeof(stm32_spi_blob),
		.needs_base = true,
		.needs_cs = true,
		.max_dummy_bytes = 15,
		/* 16 bits at 50 MHz, the fastest SCK of these parts. */
		.min_poll_ns = 320,
	},
	{
		.name = "stm32-qspi",
		.blob = stm32_qspi_blob,
		.blob_bytes = sizeof(stm32_qspi_blob),
		.needs_base = true,
		/* DCYC is a field of five bits, for clocks (RM0385 rev 8, 14.5.6). */
		.max_dummy_bytes = 3,
		/* 16 bits at 133 MHz, the fastest clock of these parts (H7). */
		.min_poll_ns = 120,
		/* CCR: FMODE = 11, IMODE, SIOO */
		.mapped = {.mask = 0x0c000000, .quad = 0x00000300, .once = 0x10000000, .word = OFL_CTL_FOUND_CCR,
			.opcode_word = OFL_CTL_FOUND_CCR},
	},
	{
		.name = "stm32-ospi",
		.blob = stm32_ospi_blob,
		.blob_bytes = sizeof(stm32_ospi_blob),
		.needs_base = true,
		/* DCYC is a field of five bits, for clocks (RM0456, OCTOSPI_TCR). */
		.max_dummy_bytes = 3,
		/* 16 bits at 200 MHz, the fastest clock of these parts (XSPI of the N6). */
		.min_poll_ns = 80,
		/* CR: FMODE = 11; CCR: IMODE, SIOO (not of the XSPI) */
		.mapped = {.mask = 0x30000000, .quad = 0x00000003, .once = 0x80000000, .word = OFL_CTL_FOUND_CR,
			.opcode_word = OFL_CTL_FOUND_IR},
	},
	{
		.name = "mss",
		.blob = mss_blob,
		.blob_bytes = sizeof(mss_blob),
		.needs_base = true,
		.has_slave_select = true,
		.max_dummy_bytes = 15,
		/* 16 bits at 83 MHz: SPICLK is at most half of PCLK, which is 166 MHz (UG0331, 13.4.3.1). */
		.min_poll_ns = 190,
	},
	{
		.name = "stm32-spi2",
		.blob = stm32_spi2_blob,
		.blob_bytes = sizeof(stm32_spi2_blob),
		.needs_base = true,
		.needs_cs = true,
		.max_dummy_bytes = 15,
		/* 16 bits at 150 MHz, the fastest SCK of these parts (H7). */
		.min_poll_ns = 106,
	},
	{
		.name = "pl022",
		.blob = pl022_blob,
		.blob_bytes = sizeof(pl022_blob),
		.needs_base = true,
		.needs_cs = true,
		.max_dummy_bytes = 15,
		/* 16 bits at half of a core clock of 250 MHz. */
		.min_poll_ns = 128,
	},
};

const struct ofl_controller *ofl_controller_by_index(unsigned int index)
{
	return index < ARRAY_SIZE(controllers) ? &controllers[index] : NULL;
}

const struct ofl_controller *ofl_controller_by_name(const char *name)
{
	for (unsigned int n = 0; n < ARRAY_SIZE(controllers); n++) {
		if (strcmp(controllers[n].name, name) == 0)
			return &controllers[n];
	}
	return NULL;
}

/*
 * Parses exactly `count` numbers (or, with `at_most`, up to that many) out of a Tcl list. Returns how many, -1 with a
 * message.
 */
static int parse_numbers(const char *option, const char *text, uint64_t *numbers, unsigned int count, bool at_most,
		uint64_t limit)
{
	unsigned int n = 0;
	const char *at = text;

	for (;;) {
		at += strspn(at, " \t\n");
		if (!*at)
			break;
		char *end;
		errno = 0;
		unsigned long long value = strtoull(at, &end, 0);
		if (end == at || (*end && !strchr(" \t\n", *end)) || errno || *at == '-' || value > limit) {
			LOG_ERROR("ofl: %s {%s}: '%.*s' is not a number up to 0x%" PRIx64, option, text, (int)strcspn(at, " \t\n"),
					at, limit);
			return -1;
		}
		if (n == count) {
			LOG_ERROR("ofl: %s {%s}: at most %u numbers", option, text, count);
			return -1;
		}
		numbers[n++] = value;
		at = end;
	}
	if (n != count && !(at_most && n)) {
		LOG_ERROR("ofl: %s {%s}: %u numbers expected", option, text, count);
		return -1;
	}
	return n;
}

static int parse_words(const char *option, const char *text, uint32_t *words, unsigned int count)
{
	uint64_t numbers[OFL_PIN_WORDS];
	if (parse_numbers(option, text, numbers, count, false, UINT32_MAX) < 0)
		return ERROR_COMMAND_ARGUMENT_INVALID;
	for (unsigned int n = 0; n < count; n++)
		words[n] = numbers[n];
	return ERROR_OK;
}

static int parse_erase(struct ofl_options *options, const char *text)
{
	uint64_t numbers[2 * OFL_MAX_ERASE_TYPES];
	int count = parse_numbers("-erase", text, numbers, ARRAY_SIZE(numbers), true, UINT32_MAX);
	if (count < 0)
		return ERROR_COMMAND_ARGUMENT_INVALID;
	if (count % 2) {
		LOG_ERROR("ofl: -erase {%s}: pairs of size and opcode expected, e.g. {0x1000 0x20 0x10000 0xd8}", text);
		return ERROR_COMMAND_ARGUMENT_INVALID;
	}
	options->num_erase_types = count / 2;
	for (int n = 0; n < count / 2; n++) {
		if (!numbers[2 * n] || !IS_PWR_OF_2(numbers[2 * n]) || numbers[2 * n + 1] > 0xff) {
			LOG_ERROR("ofl: -erase {%s}: a size must be a power of two, an opcode at most 0xff", text);
			return ERROR_COMMAND_ARGUMENT_INVALID;
		}
		options->erase[n].size_bytes = numbers[2 * n];
		options->erase[n].opcode = numbers[2 * n + 1];
	}
	return ERROR_OK;
}

static int parse_choice(const char *name, const char *value, const char *first, const char *second, bool *is_second)
{
	if (strcmp(value, first) != 0 && strcmp(value, second) != 0) {
		LOG_ERROR("ofl: %s %s: %s or %s expected", name, value, first, second);
		return ERROR_COMMAND_ARGUMENT_INVALID;
	}
	*is_second = strcmp(value, second) == 0;
	return ERROR_OK;
}

/* Of both kinds of loader. *known: it is one of these. */
static int parse_common_option(struct ofl_options *options, const char *name, const char *value, bool *known)
{
	*known = true;
	if (strcmp(name, "-size") == 0) {
		if (parse_numbers(name, value, &options->chip_bytes, 1, false, 1ull << 32) < 0)
			return ERROR_COMMAND_ARGUMENT_INVALID;
		return ERROR_OK;
	}
	if (strcmp(name, "-verify") == 0)
		return parse_choice(name, value, "on", "off", &options->no_verify);
	if (strcmp(name, "-elf-header") == 0)
		return parse_choice(name, value, "refuse", "allow", &options->elf_header_allow);
	if (strcmp(name, "-preserve") == 0)
		return parse_choice(name, value, "off", "on", &options->preserve_on);
	if (strcmp(name, "-save") == 0) {
		free(options->save_path);
		options->save_path = strdup(value);
		return options->save_path ? ERROR_OK : ERROR_FAIL;
	}
	*known = false;
	return ERROR_OK;
}

static int parse_file_option(struct ofl_options *options, const char *name, const char *value)
{
	uint64_t numbers[2];
	bool known, is_second;

	int retval = parse_common_option(options, name, value, &known);
	if (retval != ERROR_OK || known)
		return retval;
	if (strcmp(name, "-init") == 0) {
		retval = parse_choice(name, value, "once", "each", &is_second);
		options->init = is_second ? OFL_WHEN_EACH : OFL_WHEN_ONCE;
		return retval;
	}
	if (strcmp(name, "-nuttx-wake") == 0)
		return parse_choice(name, value, "off", "on", &options->nuttx_wake);
	if (strcmp(name, "-irq") == 0) {
		options->has_irq = true;
		return parse_choice(name, value, "off", "on", &options->irq_on);
	}
	if (strcmp(name, "-stream") == 0)
		return parse_choice(name, value, "on", "off", &options->stream_off);
	if (strcmp(name, "-map") == 0) {
		options->has_map = true;
		return parse_words(name, value, &options->map, 1);
	}
	if (strcmp(name, "-symbols-check") == 0)
		return parse_choice(name, value, "on", "off", &options->symbols_unchecked);
	if (strcmp(name, "-symbols") == 0) {
		free(options->symbols);
		options->symbols = strdup(value);
		if (!options->symbols)
			LOG_ERROR("ofl: out of memory");
		return options->symbols ? ERROR_OK : ERROR_FAIL;
	}
	if (strcmp(name, "-clock") == 0)
		return parse_words(name, value, &options->clock_hz, 1);
	if (strcmp(name, "-stack") == 0) {
		if (parse_numbers(name, value, numbers, 1, false, 0x100000) < 0)
			return ERROR_COMMAND_ARGUMENT_INVALID;
		if (numbers[0] < MIN_STACK_BYTES) {
			LOG_ERROR("ofl: -stack %s: at least %d bytes", value, MIN_STACK_BYTES);
			return ERROR_COMMAND_ARGUMENT_INVALID;
		}
		options->stack_bytes = numbers[0];
		return ERROR_OK;
	}
	if (strcmp(name, "-ram") == 0) {
		if (parse_numbers(name, value, numbers, 2, false, UINT32_MAX) < 0)
			return ERROR_COMMAND_ARGUMENT_INVALID;
		if ((numbers[0] & 3) || !numbers[1] || numbers[0] + numbers[1] > 1ull << 32) {
			LOG_ERROR("ofl: -ram {%s}: the address must be a multiple of 4, the size not 0 and within 4 GiB", value);
			return ERROR_COMMAND_ARGUMENT_INVALID;
		}
		options->ram.address = numbers[0];
		options->ram.bytes = numbers[1];
		return ERROR_OK;
	}
	LOG_ERROR("ofl: option '%s' is unknown for a loader file; known are -init -irq -nuttx-wake -stream -map "
		"-ram -stack -symbols -symbols-check -clock -size -verify -elf-header -preserve -save", name);
	return ERROR_COMMAND_ARGUMENT_INVALID;
}

static int parse_option(struct ofl_options *options, const char *name, const char *value)
{
	const struct ofl_controller *controller = options->controller;
	uint64_t number;
	bool known;

	if (!controller)
		return parse_file_option(options, name, value);
	int retval = parse_common_option(options, name, value, &known);
	if (retval != ERROR_OK || known)
		return retval;

	if (strcmp(name, "-cs") == 0 && controller->needs_cs) {
		options->has_cs = true;
		return parse_words(name, value, options->ctl + OFL_CTL_CS, OFL_PIN_WORDS);
	}
	if (strcmp(name, "-base") == 0 && controller->needs_base) {
		options->has_base = true;
		return parse_words(name, value, options->ctl + OFL_CTL_BASE, 1);
	}
	if (strcmp(name, "-ss") == 0 && controller->has_slave_select) {
		if (parse_numbers(name, value, &number, 1, false, MAX_SLAVE_SELECT) < 0)
			return ERROR_COMMAND_ARGUMENT_INVALID;
		options->ctl[OFL_CTL_SS] = 1u << number;
		return ERROR_OK;
	}
	if (strcmp(name, "-sck") == 0 && controller->needs_gpio_pins) {
		options->has_sck = true;
		return parse_words(name, value, options->ctl + OFL_CTL_SCK, OFL_PIN_WORDS);
	}
	if (strcmp(name, "-mosi") == 0 && controller->needs_gpio_pins) {
		options->has_mosi = true;
		return parse_words(name, value, options->ctl + OFL_CTL_MOSI, OFL_PIN_WORDS);
	}
	if (strcmp(name, "-miso") == 0 && controller->needs_gpio_pins) {
		options->has_miso = true;
		return parse_words(name, value, options->ctl + OFL_CTL_MISO, 2);
	}
	if (strcmp(name, "-map") == 0 && controller->mapped.mask) {
		options->has_map = true;
		return parse_words(name, value, &options->map, 1);
	}
	if (strcmp(name, "-qe") == 0 && controller->mapped.mask)
		return parse_choice(name, value, "off", "on", &options->qe_on);
	if (strcmp(name, "-page") == 0) {
		if (parse_numbers(name, value, &number, 1, false, 4096) < 0)
			return ERROR_COMMAND_ARGUMENT_INVALID;
		if (!number || !IS_PWR_OF_2(number)) {
			LOG_ERROR("ofl: -page %s: not a power of two", value);
			return ERROR_COMMAND_ARGUMENT_INVALID;
		}
		options->page_bytes = number;
		return ERROR_OK;
	}
	if (strcmp(name, "-erase") == 0)
		return parse_erase(options, value);
	LOG_ERROR("ofl: option '%s' is unknown for spi:%s; known are%s%s%s%s%s -size -page -erase -verify -elf-header "
			"-preserve -save", name,
			controller->name, controller->needs_base ? " -base" : "", controller->needs_cs ? " -cs" : "",
			controller->has_slave_select ? " -ss" : "",
			controller->needs_gpio_pins ? " -sck -mosi -miso" : "", controller->mapped.mask ? " -map -qe" : "");
	return ERROR_COMMAND_ARGUMENT_INVALID;
}

static int parse_loader(struct ofl_options *options, const char *loader)
{
	char known[256] = "";

	if (strncmp(loader, "spi:", 4) != 0) {
		options->path = strdup(loader);
		if (!options->path)
			LOG_ERROR("ofl: out of memory");
		return options->path ? ERROR_OK : ERROR_FAIL;
	}
	options->controller = ofl_controller_by_name(loader + 4);
	if (options->controller && options->controller->has_slave_select)
		options->ctl[OFL_CTL_SS] = 1;
	if (options->controller)
		return ERROR_OK;
	for (unsigned int n = 0; n < ARRAY_SIZE(controllers); n++) {
		size_t used = strlen(known);
		snprintf(known + used, sizeof(known) - used, " spi:%s", controllers[n].name);
	}
	LOG_ERROR("ofl: there is no controller '%s'; built in are%s", loader, known);
	return ERROR_COMMAND_ARGUMENT_INVALID;
}

void ofl_free_options(struct ofl_options *options)
{
	free(options->path);
	free(options->symbols);
	options->path = NULL;
	options->symbols = NULL;
	free(options->save_path);
	options->save_path = NULL;
}

static int missing(const char *loader, const char *option)
{
	LOG_ERROR("ofl: %s needs %s", loader, option);
	return ERROR_COMMAND_ARGUMENT_INVALID;
}

int ofl_parse_options(struct ofl_options *options, unsigned int argc, const char **argv)
{
	if (!argc) {
		LOG_ERROR("ofl: LOADER is missing at the end of the bank line, e.g. spi:gpio");
		return ERROR_COMMAND_SYNTAX_ERROR;
	}
	int retval = parse_loader(options, argv[0]);
	for (unsigned int n = 1; retval == ERROR_OK && n < argc; n += 2) {
		if (n + 1 == argc) {
			LOG_ERROR("ofl: option '%s' has no value (lists go into braces)", argv[n]);
			return ERROR_COMMAND_ARGUMENT_INVALID;
		}
		retval = parse_option(options, argv[n], argv[n + 1]);
	}
	if (retval != ERROR_OK)
		return retval;

	const struct ofl_controller *controller = options->controller;
	if (!controller)
		return ERROR_OK;
	if (controller->needs_base && !options->has_base)
		return missing(argv[0], "-base ADDRESS, the controller's first register");
	if (controller->needs_cs && !options->has_cs)
		return missing(argv[0], "-cs {HIGH_ADDR HIGH_VALUE LOW_ADDR LOW_VALUE}");
	if (controller->needs_gpio_pins && !options->has_sck)
		return missing(argv[0], "-sck {HIGH_ADDR HIGH_VALUE LOW_ADDR LOW_VALUE}");
	if (controller->needs_gpio_pins && !options->has_mosi)
		return missing(argv[0], "-mosi {HIGH_ADDR HIGH_VALUE LOW_ADDR LOW_VALUE}");
	if (controller->needs_gpio_pins && !options->has_miso)
		return missing(argv[0], "-miso {ADDR MASK}");
	/* The stub stores whole words; a half-word address would fault there, where it is harder to understand. */
	for (unsigned int n = 0; n < OFL_CTL_WORDS; n++) {
		bool is_address = n == OFL_CTL_BASE || (controller->needs_cs && (n == OFL_CTL_CS || n == OFL_CTL_CS + 2));
		if (controller->needs_gpio_pins)
			is_address = n % 2 == 0;
		if (is_address && (options->ctl[n] & 3)) {
			LOG_ERROR("ofl: register address 0x%" PRIx32 " is not on a word boundary", options->ctl[n]);
			return ERROR_COMMAND_ARGUMENT_INVALID;
		}
	}
	return ERROR_OK;
}
