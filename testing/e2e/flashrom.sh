#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Debian's flashrom judges the virtual board's flash model: it knows nothing of our driver, has its own tables and its
# own SFDP parser, and verifies what it writes. Afterwards the image file is compared over the whole chip, and vboard
# itself must have seen no violation (exit status 3).
#
# Usage: flashrom.sh VBOARD, or with VBOARD in the environment. Prints TAP.

set -u
LC_ALL=C
export LC_ALL
PATH=$PATH:/usr/sbin:/sbin

vboard=${1:-${VBOARD:-}}
flashrom=${FLASHROM:-flashrom}

if [ -z "$vboard" ]; then
	echo "usage: $0 VBOARD" >&2
	exit 2
fi
if ! command -v "$flashrom" >/dev/null 2>&1; then
	echo "1..0 # SKIP flashrom is not installed (Debian package flashrom)"
	exit 0
fi
if [ ! -x "$vboard" ]; then
	echo "Bail out! $vboard is not an executable"
	exit 1
fi

dir=$(mktemp -d "${TMPDIR:-/tmp}/ofl-flashrom.XXXXXX") || exit 1
pid=
number=0
failed=0

# Ends vboard as a user would; its exit status goes to $vboard_status.
stop_vboard()
{
	vboard_status=none
	[ -n "$pid" ] || return 0
	kill -TERM "$pid" 2>/dev/null
	wait "$pid"
	vboard_status=$?
	pid=
}

clean_up()
{
	stop_vboard
	rm -rf "$dir"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

# $1: exit status to judge; $2: description. On failure the last output follows as comments.
result()
{
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number - $2"
		return
	fi
	echo "not ok $number - $2"
	failed=$((failed + 1))
	for log in "$dir/flashrom.log" "$dir/vboard.err"; do
		[ -s "$log" ] && tail -n 20 "$log" | sed 's/^/#   /'
	done
}

# $1: part. Starts a board with this chip on $dir/chip.img and sets $port. `timeout` passes our SIGTERM on, and sees
# to it that a vboard that does not end does not hang the test.
start_vboard()
{
	port=
	: >"$dir/vboard.err"
	timeout -k 10 300 "$vboard" --board stm32f4-gpio --flash "$1" --image "$dir/chip.img" --serprog 0 \
		--report "$dir/report.json" >"$dir/vboard.out" 2>"$dir/vboard.err" &
	pid=$!
	tries=0
	while [ $tries -lt 100 ]; do
		port=$(sed -n 's/^vboard: serprog on 127\.0\.0\.1:\([0-9]*\)$/\1/p' "$dir/vboard.err")
		[ -n "$port" ] && return 0
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.1
		tries=$((tries + 1))
	done
	return 1
}

# $1: chip as flashrom calls it; the rest: what to do.
run_flashrom()
{
	chip=$1
	shift
	timeout 100 "$flashrom" -p "serprog:ip=127.0.0.1:$port" -c "$chip" "$@" >"$dir/flashrom.log" 2>&1
}

# $1: file, $2: size in KiB, of FF.
make_erased()
{
	head -c $(($2 * 1024)) /dev/zero | tr '\000' '\377' >"$1"
}

# $1: file, $2: byte offset, a multiple of 512, $3: bytes, likewise, $4: number that varies the content. Overwrites in
# place with bytes that look random.
put_random()
{
	seq "$4" 400000 | gzip -9n | tail -c +20 | head -c "$3" >"$dir/block"
	[ "$(wc -c <"$dir/block")" -eq "$3" ] || { echo "Bail out! test data too short"; exit 1; }
	dd if="$dir/block" of="$1" bs=512 seek=$(($2 / 512)) conv=notrunc status=none
}

# $1: what flashrom must have said, as a basic regular expression.
said()
{
	grep -q "$1" "$dir/flashrom.log"
}

# Ends the board of part $1; what it saw must be without violation.
finish_board()
{
	stop_vboard
	[ "$vboard_status" = 0 ]
	result $? "$1: vboard exits with status 0, no violations (status $vboard_status)"
	if [ "$vboard_status" = 3 ]; then
		grep -o '"what": *"[^"]*"' "$dir/report.json" | sort | uniq -c | head -n 10 | sed 's/^/#   /'
	fi
}

# $1: part, $2: flashrom's name for it, $3: KiB. Probes by both ways; returns false when there is no board to talk to.
probe_board()
{
	start_vboard "$1"
	started=$?
	result $started "$1: vboard offers serprog"
	[ $started -eq 0 ] || return 1

	run_flashrom "SFDP-capable chip" && said "\"SFDP-capable chip\" ($3 kB, SPI)"
	result $? "$1: probed by SFDP, $3 KiB"
	run_flashrom "$2" && said "\"$2\" ($3 kB, SPI)"
	result $? "$1: probed by name, $2"
}

# $1: part, $2: flashrom's chip, $3: image to write, $4: description.
write_and_compare()
{
	run_flashrom "$2" -w "$3" && said VERIFIED
	result $? "$1: $4: written and verified"
	cmp "$3" "$dir/chip.img" >"$dir/flashrom.log" 2>&1
	result $? "$1: $4: image file as expected, whole chip"
}

echo "1..18"

# An ordinary chip, with old content where the new goes, so that blocks are erased, whole and in part.
part=w25q64jv name="W25Q64JV-.Q" kib=8192
make_erased "$dir/chip.img" $kib
put_random "$dir/chip.img" $((0x0fe000)) 65536 1
make_erased "$dir/want" $kib
put_random "$dir/want" $((0x123000)) 131072 2
if probe_board $part "$name" $kib; then
	write_and_compare $part "$name" "$dir/want" "128 KiB over old content"

	run_flashrom "$name" -r "$dir/back" && cmp "$dir/want" "$dir/back" >>"$dir/flashrom.log" 2>&1
	result $? "$part: read back"

	# Opcodes and block sizes from the chip's own table.
	put_random "$dir/want" $((0x7f0000)) 65536 3
	put_random "$dir/want" 0 4096 4
	write_and_compare $part "SFDP-capable chip" "$dir/want" "first and last block, as SFDP says"

	make_erased "$dir/want" $kib
	run_flashrom "$name" -E && cmp "$dir/want" "$dir/chip.img" >>"$dir/flashrom.log" 2>&1
	result $? "$part: erased, whole chip"
	finish_board $part
fi

# Four address bytes, write enable before the address mode, erase types in unusual order.
part=mt25qu256a name="MT25QU256" kib=32768
make_erased "$dir/chip.img" $kib
put_random "$dir/chip.img" $((0xffe000)) 16384 5
make_erased "$dir/want" $kib
put_random "$dir/want" $((0xff0000)) 131072 6
start_vboard $part
started=$?
result $started "$part: vboard offers serprog"
if [ $started -eq 0 ]; then
	write_and_compare $part "$name" "$dir/want" "128 KiB across the 16 MiB boundary"
	finish_board $part
fi

# Locked at power-on, blocks of three sizes with one opcode.
part=sst26vf064b name="SST26VF064B(A)" kib=8192
make_erased "$dir/chip.img" $kib
put_random "$dir/chip.img" $((0x004000)) 65536 7
make_erased "$dir/want" $kib
put_random "$dir/want" $((0x7e0000)) 131072 8
start_vboard $part
started=$?
result $started "$part: vboard offers serprog"
if [ $started -eq 0 ]; then
	write_and_compare $part "$name" "$dir/want" "128 KiB with sector map and lock"
	finish_board $part
fi

[ "$failed" -eq 0 ] && [ "$number" -eq 18 ]
