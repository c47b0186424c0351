// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * nxflat: makes NXFLAT modules of ordinary objects of arm-none-eabi-gcc, and shows them. Takes the place of mknxflat
 * and ldnxflat: thunks and link are one step.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "nxflat.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION		"of an unnamed build"
#endif

#define EXIT_GOOD		0
#define EXIT_NOT_MADE		1
#define EXIT_USAGE		2

#define DEFAULT_STACK_BYTES	2048u
#define MAX_STACK_BYTES		(16u * 1024 * 1024)

static void print_help(FILE *stream)
{
	fprintf(stream,
		"usage: nxflat link [OPTION]... -o MODULE OBJECT|ARCHIVE...\n"
		"       nxflat dump [--symbols ELF] MODULE\n"
		"\n"
		"link makes an NXFLAT module of object files, and of the members of archives that they need. What nobody\n"
		"defines is imported from the firmware that the module will run beside. Compile with\n"
		"  -mthumb -fpic -msingle-pic-base -mpic-register=r9 -mno-pic-data-is-text-relative\n"
		"\n"
		"  -o, --output FILE      the module\n"
		"  -e, --entry NAME       function to start it by; main\n"
		"  -s, --stack BYTES      that it asks for; %u\n"
		"  -b, --base-register R  r9 (NuttX since August 2026), or r10 (before); the same as -mpic-register\n"
		"\n"
		"dump prints what is in a module, one \"key: value\" per line; --symbols says whether the imports are in an\n"
		"ELF file of the firmware.\n"
		"\n"
		"  --help, --version\n"
		"Exit status: 0 done, 1 not, with the reason, and then no file is written, 2 wrong usage.\n",
		DEFAULT_STACK_BYTES);
}

static int usage(const char *what)
{
	fprintf(stderr, "nxflat: %s; --help shows the usage\n", what);
	return EXIT_USAGE;
}

static bool parse_bytes(const char *text, uint32_t *bytes)
{
	char *end;

	errno = 0;

	const unsigned long long value = strtoull(text, &end, 0);

	*bytes = (uint32_t)value;
	return isdigit((unsigned char)*text) && *end == '\0' && errno == 0 && value <= MAX_STACK_BYTES;
}

static bool make(struct nxflat_link *link, const char *output, char **files, int num_files)
{
	const struct nxflat_object *const *last;

	for (int n = 0; n < num_files; n++)
		if (!nxflat_add_file(link, files[n]))
			return false;
	/* Members of one archive may need those of another, in any order. */
	do {
		last = (const struct nxflat_object *const *)link->last_object;
		for (int n = 0; n < num_files; n++)
			if (!nxflat_add_members(link, files[n]))
				return false;
	} while (last != (const struct nxflat_object *const *)link->last_object);
	return link->num_errors == 0 && nxflat_link_module(link, output);
}

static int do_link(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "entry", required_argument, NULL, 'e' },
		{ "stack", required_argument, NULL, 's' },
		{ "base-register", required_argument, NULL, 'b' },
		{ 0 },
	};
	struct nxflat_link link = { .entry = "main", .stack_bytes = DEFAULT_STACK_BYTES, .base_register = 9 };
	const char *output = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "o:e:s:b:", long_options, NULL)) != -1) {
		switch (option) {
		case 'o':
			output = optarg;
			break;
		case 'e':
			link.entry = optarg;
			break;
		case 's':
			if (!parse_bytes(optarg, &link.stack_bytes))
				return usage("-s wants a number of bytes up to 16 MiB");
			break;
		case 'b':
			if (strcmp(optarg, "r9") != 0 && strcmp(optarg, "r10") != 0)
				return usage("-b wants r9 or r10");
			link.base_register = strcmp(optarg, "r9") == 0 ? 9 : 10;
			break;
		default:
			return usage("unknown option");
		}
	}
	if (!output)
		return usage("-o MODULE is missing");
	if (optind == argc)
		return usage("no object file");
	link.last_object = &link.objects;
	link.last_global = &link.globals;

	const bool made = make(&link, output, argv + optind, argc - optind);

	/* What is there from before would be taken for the new one. */
	if (!made)
		remove(output);
	nxflat_free_objects(&link);
	return made ? EXIT_GOOD : EXIT_NOT_MADE;
}

static int do_dump(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "symbols", required_argument, NULL, 's' },
		{ 0 },
	};
	const char *symbols = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "s:", long_options, NULL)) != -1) {
		if (option != 's')
			return usage("unknown option");
		symbols = optarg;
	}
	if (optind + 1 != argc)
		return usage("dump wants one module");
	return nxflat_dump(argv[optind], symbols) ? EXIT_GOOD : EXIT_NOT_MADE;
}

int main(int argc, char **argv)
{
	if (elf_version(EV_CURRENT) == EV_NONE) {
		fprintf(stderr, "nxflat: libelf is too old\n");
		return EXIT_NOT_MADE;
	}
	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		print_help(stdout);
		return EXIT_GOOD;
	}
	if (argc > 1 && strcmp(argv[1], "--version") == 0) {
		printf("nxflat %s\n", PACKAGE_VERSION);
		return EXIT_GOOD;
	}
	if (argc > 1 && strcmp(argv[1], "link") == 0)
		return do_link(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "dump") == 0)
		return do_dump(argc - 1, argv + 1);
	print_help(stderr);
	return EXIT_USAGE;
}
