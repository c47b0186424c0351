// SPDX-License-Identifier: GPL-2.0-or-later

/* The task that does the work, woken by messages. */

#include "rtos.h"

#ifndef DEVICE_TABLE
#define DEVICE_TABLE	"/dev/flash,0x08000000,0x10000"
#endif

static const char device_table[] = DEVICE_TABLE;

static void print(const char *what, uint32_t address, uint32_t length)
{
	uart_put(what);
	uart_put(" ");
	uart_put_hex(address);
	uart_put(" ");
	uart_put_hex(length);
	uart_put("\r\n");
}

static int verify(const struct message *message)
{
	const uint8_t *data = message->data;
	uint8_t buffer[64];

	for (uint32_t done = 0; done < message->length; done += sizeof(buffer)) {
		uint32_t part = message->length - done < sizeof(buffer) ? message->length - done : sizeof(buffer);

		if (device_read(message->address + done, buffer, part) != 0)
			return -1;
		for (uint32_t i = 0; i < part; i++) {
			if (buffer[i] != data[done + i])
				return -1;
		}
	}
	return 0;
}

static int handle(const struct message *message)
{
	switch (message->action) {
	case ACTION_WRITE:
		return device_write(message->address, message->data, message->length);
	case ACTION_READ:
		return device_read(message->address, message->data, message->length);
	case ACTION_VERIFY:
		return verify(message);
	case ACTION_SYNC:
		return device_sync(message->address);
	default:
		return -1;
	}
}

void worker(void)
{
	uint32_t base, size;
	int status;

	/* The queue is there before the device, so that with no device messages are taken and nobody reads them. */
	queue_open();
	status = device_open(device_table, &base, &size);
	print("device", base, size);
	if (status != 0)
		kernel_exit();
	for (;;) {
		struct message *message = queue_receive();

		print("begin", message->address, message->length);
		status = handle(message);
		print(status ? "error" : "end", message->address, message->length);
		message->action = status ? ACTION_ERROR : ACTION_DONE;
	}
}
