// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Has the user asked for a long operation to end? OpenOCD serves nobody while a command runs: the driver looks by
 * itself, between two looks at the stub.
 *
 * What is seen: a signal, which OpenOCD only notes (server.c: sig_handler()), and Ctrl-C typed into the telnet session
 * whose command this is. What is not: a command of another client, or one that was typed ahead, such as `shutdown`;
 * these are run when the command has ended. Nor is a client that closes its connection: `echo flash ... | nc` does so
 * at once, and a flash that is written to the end is better than one that is not.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#ifndef _WIN32
#include <sys/socket.h>
#endif

#include <helper/time_support.h>
#include <server/server.h>

#include "ofl.h"

/* A person does not notice it, and it costs two system calls. */
#define POLL_MS		50

/* What telnet clients send when the server echoes, as OpenOCD does; RFC 854's Interrupt Process it does not know. */
#define CTRL_C		0x03

/* Commands of all clients and of the shell have one; what GDB asks for by its own protocol has none. */
static const struct command_context *running_in(const struct ofl_bank *ofl)
{
	return Jim_GetAssocData(ofl->interp, "context");
}

bool ofl_is_for_gdb(const struct ofl_bank *ofl)
{
	return !running_in(ofl);
}

/* The telnet session whose command is being run; NULL: it is no telnet session's. */
static const struct connection *running_for(const struct ofl_bank *ofl)
{
	const struct command_context *context = running_in(ofl);

	/* Whoever has an output handler's private data in OpenOCD (servers of telnet, Tcl, GDB) has a connection there. */
	const struct connection *connection = context ? context->output_handler_priv : NULL;
	if (!connection || !connection->service || connection->service->type != CONNECTION_TCP ||
			strcmp(connection->service->name, "telnet") != 0)
		return NULL;
	return connection;
}

/* Looks at what has come and leaves it there: the server takes it when the command has ended, as if nothing was. */
static bool has_interrupt(const struct connection *connection)
{
	uint8_t bytes[256];
	struct timeval now = {0};
	fd_set set;

	FD_ZERO(&set);
	FD_SET(connection->fd, &set);
	if (socket_select(connection->fd + 1, &set, NULL, NULL, &now) <= 0)
		return false;
	int count = recv(connection->fd, (void *)bytes, sizeof(bytes), MSG_PEEK);
	return count > 0 && memchr(bytes, CTRL_C, count);
}

bool ofl_stop_is_asked(struct ofl_bank *ofl)
{
	struct ofl_session *session = &ofl->session;
	int64_t now_ms = timeval_ms();

	if (session->stop_reason)
		return true;
	if (now_ms - session->stop_looked_ms < POLL_MS)
		return false;
	session->stop_looked_ms = now_ms;
	const struct connection *connection = running_for(ofl);
	if (openocd_is_shutdown_pending())
		session->stop_reason = "OpenOCD is to end";
	else if (connection && has_interrupt(connection))
		session->stop_reason = "Ctrl-C";
	return session->stop_reason;
}
