/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The client's end of the GDB remote serial protocol ([GDB] "Debugging with GDB", appendix E, "GDB Remote Serial
 * Protocol"): packets over TCP to a gdbstub on this host. Every wait has a deadline. The first thing that goes wrong is
 * said on stderr, and from then on the connection is lost.
 */

#ifndef OFL_VBOARD_GDB_CLIENT_H
#define OFL_VBOARD_GDB_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* QEMU 7.2's gdbstub takes 4096 characters in a packet, and sends no more. */
#define GDB_MAX_PACKET	4096

struct gdb_client;

/* NULL, with a message on stderr, when nobody answers at the port. */
struct gdb_client *gdb_client_new(unsigned int port);
void gdb_client_free(struct gdb_client *client);
/* For tests: how long a reply may take, instead of 10 s. */
void gdb_client_set_timeout(struct gdb_client *client, uint64_t timeout_us);

bool gdb_client_is_lost(const struct gdb_client *client);
/* For what the packets say and cannot be gone on with. */
void gdb_client_lose(struct gdb_client *client, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Sends a packet and returns the reply, which is valid until the next call; NULL when the connection is lost. `what`
 * says in messages what the packet was for ("reading memory").
 */
const char *gdb_client_ask(struct gdb_client *client, const char *packet, const char *what);
/* Sends a packet that has no reply for now. */
void gdb_client_send(struct gdb_client *client, const char *packet, const char *what);
/* The break that stops a running target; the stop reply is still to be waited for. */
void gdb_client_interrupt(struct gdb_client *client);
/* The next packet; NULL when there is none in time, which is no reason to be lost, or when lost. */
const char *gdb_client_wait(struct gdb_client *client, uint64_t timeout_us);

#endif /* OFL_VBOARD_GDB_CLIENT_H */
