// SPDX-License-Identifier: GPL-2.0-or-later

/* vboard's command line and its poll loop. README has the long words. */

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "board.h"
#include "core/core_gdb.h"
#include "fault/fault.h"
#include "link/jlink.h"
#include "link/link.h"
#include "link/serprog.h"

#define VBOARD_VERSION	"0.1"

#define EXIT_USAGE	2
#define EXIT_VIOLATION	3

#define DEFAULT_TCK_KHZ	4000
#define DEFAULT_USB_US	250
#define DEFAULT_SEED	1

#define MAX_TCK_KHZ	1000000
#define MAX_USB_US	1000000

struct arguments {
	const char *board;
	struct board_options options;
	uint8_t jedec_id[3];
	uint8_t sfdp[NOR_MAX_SFDP_BYTES];
	const char *report_path;
	struct fault *fault;
	bool jlink;		/* else remote_bitbang */
	unsigned int link_port;
	bool serprog;
	unsigned int serprog_port;
	uint64_t seed;
	uint32_t tck_khz;	/* 0: not given */
	uint32_t usb_us;
};

/* Written to by the signal handler, so that a signal between a test and poll() is not slept over. */
static int stop_pipe[2];

static void on_stop_signal(int number)
{
	int saved_errno = errno;
	char byte = (char)number;
	ssize_t written = write(stop_pipe[1], &byte, 1);

	(void)written;
	errno = saved_errno;
}

static int install_signal_handlers(void)
{
	struct sigaction action = { .sa_handler = on_stop_signal };

	if (pipe(stop_pipe) != 0)
		return -1;
	sigemptyset(&action.sa_mask);
	if (sigaction(SIGTERM, &action, NULL) != 0 || sigaction(SIGINT, &action, NULL) != 0 ||
			sigaction(SIGHUP, &action, NULL) != 0)
		return -1;
	return 0;
}

static void print_help(void)
{
	printf("Usage: vboard --board NAME [option ...]\n"
		"A simulated microcontroller board with a SPI NOR flash, for a debugger to connect to.\n\n"
		"  --board NAME           which board (see --list)\n"
		"  --flash PART           other flash part than the board's own\n"
		"  --image FILE           content of the flash: read at start if it exists, always written back\n"
		"  --internal-image FILE  likewise for the microcontroller's internal flash\n"
		"  --link rbb[:PORT]      debug link: OpenOCD's remote_bitbang (default; no PORT or 0: any free port)\n"
		"  --link jlink[:PORT]    debug link: a J-Link (no PORT: %d, the only one where clients find it)\n"
		"  --backend gdb:PORT     the gdbstub that has the board's processor (only board emcraft-sf2)\n"
		"  --serprog PORT         flashrom's serprog on the same flash (0: any free port)\n"
		"  --fault PLAN           faults to inject (grammar in README)\n"
		"  --seed N               seed of everything random (%d)\n"
		"  --tck-khz N            TCK frequency in simulated time (%d); with jlink, the fastest that it does\n"
		"  --usb-us N             simulated cost of one round trip of the link (%d)\n"
		"  --report FILE          JSON report, written at exit\n"
		"  --jedec HEX            JEDEC id that the flash answers, e.g. ef4018\n"
		"  --sfdp FILE            raw SFDP bytes that the flash answers\n"
		"  --flash-size N         size of the flash in bytes\n"
		"  --list                 boards and flash parts\n"
		"  --help, --version\n\n"
		"Serves until SIGTERM or SIGINT. Exit status: 0, 3 when the report has violations, 2 for a wrong command\n"
		"line, 1 when something else failed.\n", JLINK_PORT, DEFAULT_SEED, DEFAULT_TCK_KHZ, DEFAULT_USB_US);
}

static void print_list(void)
{
	printf("boards:\n");
	for (unsigned int i = 0; i < board_num_infos; i++)
		printf("  %-20s %s\n", board_infos[i].name, board_infos[i].description);
	printf("flash parts:\n");
	for (unsigned int i = 0; i < nor_num_parts; i++) {
		const struct nor_part *part = &nor_parts[i];

		printf("  %-20s %02x%02x%02x, %llu KiB%s\n", part->name, part->jedec_id[0], part->jedec_id[1],
			part->jedec_id[2], (unsigned long long)part->size_bytes / 1024,
			part->sfdp ? ", SFDP" : "");
	}
}

/* Decimal, or hex with 0x. */
static bool parse_number(const char *option, const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	bool hex = strncasecmp(text, "0x", 2) == 0;
	const char *digits = hex ? text + 2 : text;
	size_t length = strlen(digits);

	errno = 0;
	if (length > 0 && strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789") == length) {
		*value = strtoull(digits, NULL, hex ? 16 : 10);
		if (errno == 0 && *value >= min && *value <= max)
			return true;
	}
	fprintf(stderr, "vboard: %s: '%s' is not a number from %llu to %llu\n", option, text, (unsigned long long)min,
		(unsigned long long)max);
	return false;
}

static bool parse_link(struct arguments *arguments, const char *text)
{
	const char *colon = strchr(text, ':');
	size_t length = colon ? (size_t)(colon - text) : strlen(text);
	uint64_t port;

	arguments->jlink = length == strlen("jlink") && strncmp(text, "jlink", length) == 0;
	if (!arguments->jlink && (length != strlen("rbb") || strncmp(text, "rbb", length) != 0)) {
		fprintf(stderr, "vboard: --link: unknown link '%s'; it is rbb or jlink, and :PORT may follow\n", text);
		return false;
	}
	port = arguments->jlink ? JLINK_PORT : 0;
	if (colon && !parse_number("--link NAME:PORT", colon + 1, 0, 65535, &port))
		return false;
	arguments->link_port = (unsigned int)port;
	return true;
}

static bool parse_jedec(struct arguments *arguments, const char *text)
{
	const char *digits = strncasecmp(text, "0x", 2) == 0 ? text + 2 : text;
	unsigned long value;

	if (strlen(digits) != 6 || strspn(digits, "0123456789abcdefABCDEF") != 6) {
		fprintf(stderr, "vboard: --jedec: '%s' is not three bytes in hex, as in ef4018\n", text);
		return false;
	}
	value = strtoul(digits, NULL, 16);
	arguments->jedec_id[0] = value >> 16 & 0xff;
	arguments->jedec_id[1] = value >> 8 & 0xff;
	arguments->jedec_id[2] = value & 0xff;
	arguments->options.jedec_id = arguments->jedec_id;
	return true;
}

static bool read_sfdp(struct arguments *arguments, const char *path)
{
	FILE *file = fopen(path, "rb");

	if (!file) {
		fprintf(stderr, "vboard: --sfdp %s: %s\n", path, strerror(errno));
		return false;
	}

	size_t length = fread(arguments->sfdp, 1, sizeof(arguments->sfdp), file);
	bool failed = ferror(file);
	bool longer = fgetc(file) != EOF;

	fclose(file);
	if (failed) {
		fprintf(stderr, "vboard: --sfdp %s: cannot be read\n", path);
		return false;
	}
	if (length == 0 || longer) {
		fprintf(stderr, "vboard: --sfdp %s: must have 1 to %d bytes\n", path, NOR_MAX_SFDP_BYTES);
		return false;
	}
	arguments->options.sfdp = arguments->sfdp;
	arguments->options.sfdp_bytes = length;
	return true;
}

static bool parse_fault(struct arguments *arguments, const char *plan)
{
	char error[256];

	if (arguments->fault) {
		fprintf(stderr, "vboard: --fault given twice; rules of one plan are separated by commas\n");
		return false;
	}
	arguments->fault = fault_parse(plan, error, sizeof(error));
	if (!arguments->fault)
		fprintf(stderr, "vboard: %s\n", error);
	return arguments->fault;
}

static bool parse_backend(struct arguments *arguments, const char *text)
{
	uint64_t port;

	if (strncmp(text, "gdb:", 4) != 0) {
		fprintf(stderr, "vboard: --backend: '%s' is not gdb:PORT\n", text);
		return false;
	}
	if (!parse_number("--backend", text + 4, 1, 65535, &port))
		return false;
	arguments->options.gdb_port = (unsigned int)port;
	return true;
}

enum vboard_option {
	OPTION_BOARD = 256,
	OPTION_FLASH,
	OPTION_IMAGE,
	OPTION_INTERNAL_IMAGE,
	OPTION_LINK,
	OPTION_BACKEND,
	OPTION_SERPROG,
	OPTION_FAULT,
	OPTION_SEED,
	OPTION_TCK_KHZ,
	OPTION_USB_US,
	OPTION_REPORT,
	OPTION_JEDEC,
	OPTION_SFDP,
	OPTION_FLASH_SIZE,
	OPTION_LIST,
	OPTION_HELP,
	OPTION_VERSION,
};

static const struct option long_options[] = {
	{ "board", required_argument, NULL, OPTION_BOARD },
	{ "flash", required_argument, NULL, OPTION_FLASH },
	{ "image", required_argument, NULL, OPTION_IMAGE },
	{ "internal-image", required_argument, NULL, OPTION_INTERNAL_IMAGE },
	{ "link", required_argument, NULL, OPTION_LINK },
	{ "backend", required_argument, NULL, OPTION_BACKEND },
	{ "serprog", required_argument, NULL, OPTION_SERPROG },
	{ "fault", required_argument, NULL, OPTION_FAULT },
	{ "seed", required_argument, NULL, OPTION_SEED },
	{ "tck-khz", required_argument, NULL, OPTION_TCK_KHZ },
	{ "usb-us", required_argument, NULL, OPTION_USB_US },
	{ "report", required_argument, NULL, OPTION_REPORT },
	{ "jedec", required_argument, NULL, OPTION_JEDEC },
	{ "sfdp", required_argument, NULL, OPTION_SFDP },
	{ "flash-size", required_argument, NULL, OPTION_FLASH_SIZE },
	{ "list", no_argument, NULL, OPTION_LIST },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ NULL, 0, NULL, 0 }
};

/* Returns false on a wrong value, said on stderr. */
static bool take_option(struct arguments *arguments, int option, const char *value)
{
	uint64_t number = 0;

	switch (option) {
	case OPTION_BOARD:
		arguments->board = value;
		return true;
	case OPTION_FLASH:
		arguments->options.flash_part = value;
		return true;
	case OPTION_IMAGE:
		arguments->options.image_path = value;
		return true;
	case OPTION_INTERNAL_IMAGE:
		arguments->options.internal_image_path = value;
		return true;
	case OPTION_LINK:
		return parse_link(arguments, value);
	case OPTION_BACKEND:
		return parse_backend(arguments, value);
	case OPTION_SERPROG:
		if (!parse_number("--serprog", value, 0, 65535, &number))
			return false;
		arguments->serprog = true;
		arguments->serprog_port = (unsigned int)number;
		return true;
	case OPTION_FAULT:
		return parse_fault(arguments, value);
	case OPTION_SEED:
		return parse_number("--seed", value, 0, UINT64_MAX, &arguments->seed);
	case OPTION_TCK_KHZ:
		if (!parse_number("--tck-khz", value, 1, MAX_TCK_KHZ, &number))
			return false;
		arguments->tck_khz = (uint32_t)number;
		return true;
	case OPTION_USB_US:
		if (!parse_number("--usb-us", value, 0, MAX_USB_US, &number))
			return false;
		arguments->usb_us = (uint32_t)number;
		return true;
	case OPTION_REPORT:
		arguments->report_path = value;
		return true;
	case OPTION_JEDEC:
		return parse_jedec(arguments, value);
	case OPTION_SFDP:
		return read_sfdp(arguments, value);
	case OPTION_FLASH_SIZE:
		/* Up to what four address bytes reach. */
		if (!parse_number("--flash-size", value, 4096, 1ull << 32, &number))
			return false;
		if (number % 4096 != 0) {
			fprintf(stderr, "vboard: --flash-size: %s is not a multiple of 4096\n", value);
			return false;
		}
		arguments->options.flash_size_bytes = number;
		return true;
	default:
		return false;	/* getopt_long() has said why */
	}
}

static bool check_names(const struct arguments *arguments)
{
	const char *part = arguments->options.flash_part;

	if (!arguments->board) {
		fprintf(stderr, "vboard: --board NAME is missing; --list names the boards, --help the options\n");
		return false;
	}
	if (part && !nor_part_by_name(part)) {
		fprintf(stderr, "vboard: --flash: unknown part '%s'; --list names the parts\n", part);
		return false;
	}
	for (unsigned int i = 0; i < board_num_infos; i++) {
		if (strcmp(board_infos[i].name, arguments->board) != 0)
			continue;
		if (!arguments->options.gdb_port || board_needs_backend(i))
			return true;
		fprintf(stderr, "vboard: --backend: board %s is simulated by vboard itself\n", arguments->board);
		return false;
	}
	fprintf(stderr, "vboard: --board: unknown board '%s'; --list names the boards\n", arguments->board);
	return false;
}

/*
 * Truncates it as well, so that nobody takes the report of an earlier run for this one's if this one is killed.
 */
static bool check_report_path(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0) {
		fprintf(stderr, "vboard: --report %s: %s\n", path, strerror(errno));
		return false;
	}
	close(fd);
	return true;
}

/* Until a signal says stop. Returns -1 when waiting fails. */
static int serve(struct probe_link *probe, struct serprog *serprog)
{
	for (;;) {
		struct pollfd fds[1 + LINK_MAX_FDS + 2];
		int serprog_fd[2];
		int num_serprog_fds = serprog ? serprog_fds(serprog, serprog_fd) : 0;
		unsigned int num_fds = 1;
		unsigned int serprog_first;
		bool probe_ready = false;
		bool serprog_ready = false;

		fds[0] = (struct pollfd){ .fd = stop_pipe[0], .events = POLLIN };
		num_fds += probe->ops->poll_fds(probe, fds + num_fds);
		serprog_first = num_fds;
		for (int i = 0; i < num_serprog_fds; i++)
			fds[num_fds++] = (struct pollfd){ .fd = serprog_fd[i], .events = POLLIN };

		if (poll(fds, num_fds, -1) < 0) {
			if (errno == EINTR)
				continue;
			fprintf(stderr, "vboard: poll: %s\n", strerror(errno));
			return -1;
		}
		if (fds[0].revents)
			return 0;

		for (unsigned int i = 1; i < num_fds; i++) {
			if (!fds[i].revents)
				continue;
			if (i < serprog_first)
				probe_ready = true;
			else
				serprog_ready = true;
		}
		if (probe_ready)
			probe->ops->service(probe);
		if (serprog_ready)
			serprog_service(serprog);
	}
}

/* Opens the links, says where, and serves. Returns an exit status. */
static int run_board(const struct arguments *arguments, struct vb *vb, struct board *board)
{
	struct dap *dap = dap_new(vb, &board->bus, board->core, &board->dap_config);
	struct probe_link *probe = NULL;
	struct serprog *serprog = NULL;
	unsigned int port, serprog_port;
	int status = EXIT_FAILURE;

	if (!dap) {
		fprintf(stderr, "vboard: out of memory\n");
		return EXIT_FAILURE;
	}
	dap_set_timing(dap, arguments->tck_khz ? arguments->tck_khz : DEFAULT_TCK_KHZ, arguments->usb_us);

	if (arguments->jlink)
		probe = jlink_new(dap, arguments->link_port, arguments->tck_khz, &port);
	else
		probe = rbb_new(dap, arguments->link_port, &port);
	if (!probe)
		goto done;
	if (arguments->serprog) {
		serprog = serprog_new(vb, board->nor, arguments->serprog_port, &serprog_port);
		if (!serprog) {
			fprintf(stderr, "vboard: --serprog %u: cannot be served\n", arguments->serprog_port);
			goto done;
		}
		fprintf(stderr, "vboard: serprog on 127.0.0.1:%u\n", serprog_port);
		/* As an in-circuit programmer does: the MCU must not drive the bus meanwhile. */
		core_hold_reset(board->core, true);
	}
	printf("vboard: listening on 127.0.0.1:%u\n", port);
	fflush(stdout);

	if (serve(probe, serprog) == 0)
		status = EXIT_SUCCESS;
	/* The core may lag behind; the report is of one moment. */
	core_run_until(board->core, vb->clock.now_ps);
	/* Said when it happened */
	if (core_gdb_is_lost(board->core))
		status = EXIT_FAILURE;
done:
	if (serprog)
		serprog_free(serprog);
	if (probe)
		probe->ops->free(probe);
	dap_free(dap);
	return status;
}

static int run(const struct arguments *arguments)
{
	struct vb vb = { .seed = arguments->seed, .fault = arguments->fault };
	struct board *board;
	int status;

	if (!check_names(arguments))
		return EXIT_USAGE;
	if (arguments->report_path && !check_report_path(arguments->report_path))
		return EXIT_USAGE;

	board = board_new(&vb, arguments->board, &arguments->options);
	if (!board)
		return EXIT_FAILURE;
	if (arguments->serprog && !board->nor) {
		fprintf(stderr, "vboard: --serprog: board %s has no external flash\n", arguments->board);
		board_free(board);
		return EXIT_USAGE;
	}

	/* Before the board is announced: from then on its image must survive a signal. */
	if (install_signal_handlers() != 0) {
		fprintf(stderr, "vboard: signals: %s\n", strerror(errno));
		board_free(board);
		return EXIT_FAILURE;
	}

	status = run_board(arguments, &vb, board);
	board_free(board);	/* writes the images back */

	if (arguments->report_path && vb_report_write(&vb, arguments->report_path) != 0) {
		fprintf(stderr, "vboard: --report %s: %s\n", arguments->report_path, strerror(errno));
		status = EXIT_FAILURE;
	}
	for (unsigned int i = 0; i < vb.num_violations && i < VB_VIOLATION_MAX; i++)
		fprintf(stderr, "vboard: violation at %.6f s: %s\n", (double)vb.violation[i].at_ps / VB_PS_PER_S,
			vb.violation[i].what);
	free(vb.serial);
	if (status == EXIT_SUCCESS && vb.num_violations > 0)
		status = EXIT_VIOLATION;
	return status;
}

int main(int argc, char **argv)
{
	/* Static: it holds the SFDP bytes that the board refers to. */
	static struct arguments arguments = {
		.seed = DEFAULT_SEED,
		.usb_us = DEFAULT_USB_US,
	};
	int option, status;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		switch (option) {
		case OPTION_HELP:
			print_help();
			return EXIT_SUCCESS;
		case OPTION_VERSION:
			printf("vboard %s\n", VBOARD_VERSION);
			return EXIT_SUCCESS;
		case OPTION_LIST:
			print_list();
			return EXIT_SUCCESS;
		default:
			break;
		}
		if (!take_option(&arguments, option, optarg)) {
			fault_free(arguments.fault);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "vboard: '%s' is no option; see --help\n", argv[optind]);
		fault_free(arguments.fault);
		return EXIT_USAGE;
	}

	status = run(&arguments);
	fault_free(arguments.fault);
	return status;
}
