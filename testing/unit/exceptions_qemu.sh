#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Exceptions of the simulated core against an outside judge: one program on it and on QEMU, which must print the same.
# timeout: 300

. "$(dirname "$0")/../lib.sh"

command -v qemu-system-arm >/dev/null || skip_all "qemu-system-arm is not installed"
command -v arm-none-eabi-gcc >/dev/null || skip_all "arm-none-eabi-gcc is not installed"

guest=$OFL_TOP/testing/unit/exceptions

# compare CORE MACHINE [OPTION of the compiler ...]
compare() {
	local core=$1 machine=$2 status
	shift 2
	if ! arm-none-eabi-gcc -mcpu="$core" -mthumb "$@" -O1 -ffreestanding -nostdlib -Wall -Wextra -Werror \
			-Wl,--build-id=none -T "$guest/guest.ld" -o "$T/$core.elf" "$guest/guest.c" 2>"$T/out" ||
			! arm-none-eabi-objcopy -O binary -j .text "$T/$core.elf" "$T/$core.bin" 2>>"$T/out"; then
		t_ok "$core: the program compiles" 1 || note "$(cat "$T/out")"
		return
	fi
	if ! timeout 100 qemu-system-arm -M "$machine" -nographic -semihosting-config enable=on,target=native \
			-kernel "$T/$core.elf" >"$T/$core.qemu" 2>&1 </dev/null; then
		# An old QEMU, or one without this machine, is no judge.
		skip "$core: exceptions as QEMU has them" "$machine: $(tail -n 1 "$T/$core.qemu")"
		return
	fi
	timeout 100 "$OFL_BUILD/testing/unit/exceptions/run" "$core" "$T/$core.bin" >"$T/$core.ours" 2>&1
	status=$?
	[ "$status" -ne 0 ] || [ "$(tail -n 1 "$T/$core.ours")" = "done" ] || status=1
	[ "$status" -ne 0 ] || cmp -s "$T/$core.ours" "$T/$core.qemu" || status=1
	t_ok "$core: exceptions as QEMU has them, $(wc -l <"$T/$core.ours") lines" "$status" ||
		note "$(diff "$T/$core.ours" "$T/$core.qemu" | head -n 20)"
}

compare cortex-m0 microbit
compare cortex-m3 mps2-an385
compare cortex-m4 mps2-an386 -mfloat-abi=hard -mfpu=fpv4-sp-d16
compare cortex-m7 mps2-an500 -mfloat-abi=hard -mfpu=fpv5-sp-d16

done_testing
