/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The J-Link's TCP protocol, as libjaylink 0.3.1 speaks it (its files discovery_tcp.c, transport_tcp.c, device.c,
 * target.c, swd.c, jtag.c); numbers are little-endian.
 *
 * Finding it. libjaylink binds UDP port 19020 of every address, broadcasts "Discover" to port 19020, and for 20 ms
 * takes 128-byte messages that begin with "Found" from anybody; the probe's address is in the message. Since it binds
 * the very port that its question goes to, and without SO_REUSEADDR, a server on the same host cannot have that port:
 * it would make libjaylink fail. So the answer is sent unasked, every few milliseconds while no client is connected.
 * The TCP port is fixed, 19020, too.
 */

#ifndef OFL_VBOARD_JLINK_H
#define OFL_VBOARD_JLINK_H

#include <stdbool.h>
#include <stdint.h>

#define JLINK_PORT		19020
#define JLINK_SERIAL_NUMBER	123456789u
/* type * 1000000 + major * 10000 + minor * 100 + revision; a J-Link PRO V5: clients take major 5 for JTAG version 3 */
#define JLINK_HARDWARE_VERSION	(3 * 1000000u + 5 * 10000u)
#define JLINK_ANNOUNCEMENT_BYTES	128

struct jlink_discovery {
	int udp_fd;
	int timer_fd;	/* readable when it is time for the next announcement; -1: closed */
};

void jlink_announcement(uint8_t message[JLINK_ANNOUNCEMENT_BYTES]);
/* Returns 0, or -1 with errno. */
int jlink_discovery_open(struct jlink_discovery *discovery);
void jlink_discovery_announce(struct jlink_discovery *discovery);
void jlink_discovery_close(struct jlink_discovery *discovery);

#endif /* OFL_VBOARD_JLINK_H */
