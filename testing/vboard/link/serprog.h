/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * flashrom's serprog on loopback: an independent client that judges the flash model. It drives the flash's lines
 * directly, past the microcontroller.
 */

#ifndef OFL_VBOARD_SERPROG_H
#define OFL_VBOARD_SERPROG_H

#include "../nor/nor.h"

struct serprog;

/* Port 0: any free one. Serves one client after another. Returns NULL with a message on stderr. */
struct serprog *serprog_new(struct vb *vb, struct nor *nor, unsigned int port, unsigned int *bound_port);
/* Descriptors to wait for until one is readable; returns how many. Ask again after every serprog_service(). */
int serprog_fds(struct serprog *s, int fds[2]);
/* A descriptor is readable: accept, read, act, answer. Waits for a client that does not fetch its answer, a second. */
void serprog_service(struct serprog *s);
void serprog_free(struct serprog *s);

#endif /* OFL_VBOARD_SERPROG_H */
