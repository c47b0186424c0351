#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Builds everything, then lets OpenOCD write a real firmware image into the SPI flash of a virtual board, and shows it.

set -euo pipefail

usage() {
	cat <<END
Usage: ./demo.sh [--jlink] [--help]

Installs what is missing (Debian packages, as root or with sudo), obtains and builds OpenOCD with the ofl driver, starts
a virtual board (an STM32F030, a Cortex-M0 with 8 KiB of RAM, and a Winbond W25Q128 flash), writes a firmware image into
its flash with OpenOCD, verifies it, and stops everything that it started. But for installed packages, it changes only
build/.

  --jlink      the board is behind a J-Link, over SWD. The probe is found by a broadcast, so all of it runs in a network
               of its own, where that is permitted

  VERBOSE=1    also the output of the builds, and OpenOCD's debug messages
  IMAGE=FILE   what to write (default: Debian's seabios, bios-256k.bin)
END
}

jlink=
case ${1-} in
--jlink) jlink=yes ;;
-h | --help) usage; exit 0 ;;
?*) usage >&2; exit 2 ;;
esac

top=$(cd "$(dirname "$0")" && pwd)
build=${OFL_BUILD:-$top/build}
board=stm32f030-w25q128
chip_base=0x90000000
offset=0x10123
chip_bytes=$((16 * 1024 * 1024))

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n== %s\n' "$*"; }
die() { printf 'demo: %s\n' "$*" >&2; exit 1; }

work=$(mktemp -d)
vboard_pid=

stop_vboard() {
	local status=0
	[ -n "$vboard_pid" ] || return 0
	kill -TERM "$vboard_pid" 2>/dev/null || true
	wait "$vboard_pid" || status=$?
	vboard_pid=
	return "$status"
}

cleanup() {
	stop_vboard || true
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# With a J-Link, what follows the build is a second call of this script, in the private network.
if [ -z "$jlink" ] || [ -z "${OFL_PRIVATE_NETWORK-}" ]; then
	say "1. Building (the first time: some minutes)"
	"$top/tools/build"
	if [ -n "$jlink" ]; then
		if ! reason=$("$top/tools/private-network" true 2>&1); then
			say "Skipped: $reason"
			exit 0
		fi
		rm -rf "$work"
		OFL_PRIVATE_NETWORK=yes exec "$top/tools/private-network" "$top/demo.sh" --jlink
	fi
fi

image=${IMAGE:-/usr/share/seabios/bios-256k.bin}
[ -f "$image" ] || die "$image is missing; say what to write with IMAGE=FILE"
image_bytes=$(wc -c <"$image")
[ $((offset + image_bytes)) -le "$chip_bytes" ] || die "$image has $image_bytes bytes, too many for the chip"

link=rbb
[ -z "$jlink" ] || link=jlink
say "2. Starting a virtual board: $board"
: >"$work/vboard.out"
"$build/bin/vboard" --board "$board" --image "$work/chip.img" --report "$work/report.json" --link "$link" \
	>"$work/vboard.out" 2>"$work/vboard.err" </dev/null &
vboard_pid=$!
port=
for ((tries = 0; tries < 200; tries++)); do
	port=$(sed -n 's/^vboard: listening on 127\.0\.0\.1:\([0-9]*\)$/\1/p' "$work/vboard.out")
	if [ -n "$port" ] || ! kill -0 "$vboard_pid" 2>/dev/null; then
		break
	fi
	sleep 0.05
done
[ -n "$port" ] || { cat "$work/vboard.err" >&2; die "the virtual board did not start"; }
echo "The board's debug port is at 127.0.0.1:$port."

# What this demo does can be done by hand, with the same words.
address=$(printf '0x%08x' $((chip_base + offset)))
say "3. OpenOCD writes $(basename "$image"), $image_bytes bytes, at offset $offset, and verifies it"
options=(-c "gdb_port disabled; telnet_port disabled; tcl_port disabled")
[ "${VERBOSE-}" != 1 ] || options=(-d2 "${options[@]}")
commands=(
	"init" "reset init" "flash probe ext" "ofl info ext"
	"flash write_image erase {$image} $address"
	"flash verify_image {$image} $address"
	"ofl stats ext" "shutdown"
)
connection=VBOARD_PORT=$port
[ -z "$jlink" ] || connection=VBOARD_LINK=jlink
echo "\$ $connection build/bin/openocd -f board/vboard-$board.cfg \\"
arguments=()
for command in "${commands[@]}"; do
	arguments+=(-c "$command")
	echo "      -c \"$command\""
done
openocd() {
	env "$connection" "$build/bin/openocd" "${options[@]}" -f "board/vboard-$board.cfg" "${arguments[@]}" 2>&1 \
		</dev/null | tee "$work/openocd.log" | sed 's/^/  | /'
}
# libjaylink looks for probes for 20 ms only: on a busy host vboard may not run that soon.
for try in 3 2 1 0; do
	! openocd || break
	grep -q "No J-Link device found" "$work/openocd.log" && [ "$try" -gt 0 ] || die "OpenOCD failed"
	echo "No J-Link answered in time; once more."
done

say "4. Looking at the chip, now that the board is switched off"
status=0
stop_vboard || status=$?
[ "$status" -eq 0 ] || {
	cat "$work/report.json" "$work/vboard.err" >&2
	die "vboard ended with status $status: the flash was not driven as its data sheet asks"
}
cmp -n "$image_bytes" -i 0:$((offset)) "$image" "$work/chip.img" || die "the chip does not hold the image"
echo "The chip holds the image at offset $offset, byte for byte."
head -c "$((offset))" "$work/chip.img" | tr -d '\377' | cmp -s - /dev/null || die "bytes before the image have changed"
tail -c "+$((offset + image_bytes + 1))" "$work/chip.img" | tr -d '\377' | cmp -s - /dev/null ||
	die "bytes behind the image have changed"
echo "Every other byte of the $chip_bytes is as it was: erased."
perl -MJSON::PP -e '
	local $/;
	my $report = decode_json(<STDIN>);
	printf "Simulated time: %.2f s. No rule of the data sheet was broken.\n", $report->{simulated_seconds};
	for my $name (sort keys %$report) {
		next if $name =~ /^(?:simulated_seconds|seed)$/ || $report->{$name} !~ /^[1-9][0-9]*$/;
		printf "  %-18s %s\n", $name =~ tr/_/ /r, $report->{$name};
	}' <"$work/report.json"

say "Done."
