/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Sockets of the links: 127.0.0.1 only, never blocking. */

#ifndef OFL_VBOARD_LOOPBACK_H
#define OFL_VBOARD_LOOPBACK_H

/* Listens on `port` (0: any free one, told in *bound_port). Returns the descriptor, or -1 with errno. */
int loopback_listen(unsigned int port, unsigned int *bound_port);
/* Also closed on exec. Returns 0, or -1 with errno. */
int loopback_set_nonblocking(int fd);

#endif /* OFL_VBOARD_LOOPBACK_H */
