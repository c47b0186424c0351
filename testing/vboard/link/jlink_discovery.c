// SPDX-License-Identifier: GPL-2.0-or-later

/* How libjaylink finds the probe; see jlink.h. Nothing is sent to another address than 127.0.0.1. */

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "jlink.h"

/* libjaylink listens for 20 ms: several fall into that, also on a busy host. */
#define PERIOD_NS	2000000

static void put_u32(uint8_t *bytes, uint32_t value)
{
	for (unsigned int i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
}

void jlink_announcement(uint8_t message[JLINK_ANNOUNCEMENT_BYTES])
{
	static const uint8_t address[4] = { 127, 0, 0, 1 };
	static const uint8_t mac[6] = { 0x02, 0, 0, 0, 0, 1 };	/* locally administered */

	memset(message, 0, JLINK_ANNOUNCEMENT_BYTES);
	memcpy(message, "Found", 5);
	memcpy(message + 16, address, sizeof(address));
	memcpy(message + 32, mac, sizeof(mac));
	put_u32(message + 48, JLINK_SERIAL_NUMBER);
	put_u32(message + 52, JLINK_HARDWARE_VERSION);
	strcpy((char *)message + 64, "vboard");		/* product */
	strcpy((char *)message + 96, "vboard");		/* nickname */
}

int jlink_discovery_open(struct jlink_discovery *discovery)
{
	static const struct itimerspec period = {
		.it_value.tv_nsec = PERIOD_NS,
		.it_interval.tv_nsec = PERIOD_NS,
	};

	discovery->timer_fd = -1;
	discovery->udp_fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (discovery->udp_fd < 0)
		return -1;
	discovery->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (discovery->timer_fd < 0 || timerfd_settime(discovery->timer_fd, 0, &period, NULL) != 0) {
		int error = errno;

		jlink_discovery_close(discovery);
		errno = error;
		return -1;
	}
	return 0;
}

void jlink_discovery_announce(struct jlink_discovery *discovery)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(JLINK_PORT),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	uint8_t message[JLINK_ANNOUNCEMENT_BYTES];
	uint64_t expirations;

	if (read(discovery->timer_fd, &expirations, sizeof(expirations)) != sizeof(expirations))
		return;
	jlink_announcement(message);
	/* Nobody may be listening: that is no error. */
	(void)!sendto(discovery->udp_fd, message, sizeof(message), MSG_NOSIGNAL, (const struct sockaddr *)&address,
		sizeof(address));
}

void jlink_discovery_close(struct jlink_discovery *discovery)
{
	if (discovery->udp_fd >= 0)
		close(discovery->udp_fd);
	if (discovery->timer_fd >= 0)
		close(discovery->timer_fd);
	discovery->udp_fd = -1;
	discovery->timer_fd = -1;
}
