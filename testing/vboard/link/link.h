/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * A debug probe's server side: a socket whose client moves the pins of the debug port. remote_bitbang (rbb.c) is one;
 * others go beside it behind the same four functions, and main.c's poll loop does not change.
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

#endif /* OFL_VBOARD_LINK_H */
