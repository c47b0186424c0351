/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * A debug probe's server side: a socket whose client moves the pins of the debug port. remote_bitbang (rbb.c) and
 * J-Link (jlink.c), behind the same three functions, so that main.c's poll loop knows neither.
 */

#ifndef OFL_VBOARD_LINK_H
#define OFL_VBOARD_LINK_H

#include <poll.h>

#include "../dap/dap.h"

#define LINK_MAX_FDS	2

struct probe_link;

struct probe_link_ops {
	/* Fills in descriptors and events to wait for; returns how many (at most LINK_MAX_FDS). */
	unsigned int (*poll_fds)(struct probe_link *self, struct pollfd fds[LINK_MAX_FDS]);
	/* Some descriptor is ready: accept, read, act, answer. Never blocks. */
	void (*service)(struct probe_link *self);
	void (*free)(struct probe_link *self);
};

/* First member of each link's own struct. */
struct probe_link {
	const struct probe_link_ops *ops;
};

/*
 * OpenOCD's remote_bitbang protocol on 127.0.0.1; port 0: any free one. Serves one client after another.
 * Returns NULL with a message on stderr.
 */
struct probe_link *rbb_new(struct dap *dap, unsigned int port, unsigned int *bound_port);

/*
 * A J-Link on 127.0.0.1 (jlink.h); clients find it on port 19020 only. `max_khz`: the fastest clock, 0 for the probe's
 * own. Returns NULL with a message on stderr.
 */
struct probe_link *jlink_new(struct dap *dap, unsigned int port, uint32_t max_khz, unsigned int *bound_port);

#endif /* OFL_VBOARD_LINK_H */
