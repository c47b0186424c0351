#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# ofl-check on real SFDP dumps, on damaged ones, on loader files and on what is none of these; prints TAP.
#
# usage: test_ofl_check.sh OFL_CHECK [FIXTURE_DIRECTORY], or with OFL_CHECK in the environment

tool=${1:-${OFL_CHECK:-}}
fixtures=${2:-$(dirname "$0")/../fixtures/sfdp}
if [ ! -x "$tool" ] || [ ! -f "$fixtures/w25q128jv.txt" ]; then
	echo "usage: $0 OFL_CHECK [FIXTURE_DIRECTORY]" >&2
	exit 2
fi

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
out=$work/out
number=0
failures=0

# ok NAME: reports the status of the command before it
ok()
{
	if [ $? -eq 0 ]; then
		number=$((number + 1))
		echo "ok $number - $1"
		return
	fi
	number=$((number + 1))
	failures=$((failures + 1))
	echo "not ok $number - $1"
	sed 's/^/# /' "$out"
}

# run STATUS ARGUMENT...: the tool's output goes to $out; fails when its exit status is another one
run()
{
	expected=$1
	shift
	"$tool" "$@" >"$out" 2>&1
	status=$?
	[ $status -eq "$expected" ] && return 0
	echo "exit status $status, not $expected" >>"$out"
	return 1
}

# has LINE: exactly this line was printed
has()
{
	grep -Fqx -e "$1" "$out" && return 0
	echo "no line: $1" >>"$out"
	return 1
}

# says TEXT: some line has this in it
says()
{
	grep -Fq -e "$1" "$out" && return 0
	echo "nothing says: $1" >>"$out"
	return 1
}

# dump NAME [BYTES]: writes the (first BYTES of the) table of a fixture to $work/NAME.bin
dump()
{
	printf '%b' "$(awk -v max="${2:-100000}" '
		hex {
			for (i = 1; i <= NF && n < max; i++) {
				v = (index("0123456789abcdef", substr($i, 1, 1)) - 1) * 16
				v += index("0123456789abcdef", substr($i, 2, 1)) - 1
				printf "\\0%03o", v
				n++
			}
		}
		$0 == "" { hex = 1 }' "$fixtures/$1.txt")" >"$work/$1.bin"
}

header()
{
	sed -n "s/^$2: //p" "$fixtures/$1.txt"
}

echo "TAP version 13"

for path in "$fixtures"/*.txt; do
	name=$(basename "$path" .txt)
	dump "$name"
	: >"$out"
	[ "$(wc -c <"$work/$name.bin")" -eq "$(header "$name" bytes)" ]
	ok "fixture $name has the length it says"
	checksum=$(header "$name" checksum)
	case $checksum in
	md5:*|sha256:*)
		"${checksum%%:*}sum" "$work/$name.bin" >"$out"
		grep -q "^${checksum#*:} " "$out"
		ok "fixture $name has the checksum that was published with it"
		;;
	esac
done

# Every usable table: accepted with its id, and nothing but "key: value" lines
for path in "$fixtures"/*.txt; do
	name=$(basename "$path" .txt)
	[ "$name" = is25wp064-cut ] && continue
	run 0 --jedec "$(header "$name" jedec)" "$work/$name.bin" && has "format: SFDP dump" && has "result: usable" &&
		! grep -qvE '^[a-z0-9-]+: .+$' "$out"
	ok "$name is usable"
done

run 0 "$work/w25q128jv.bin" && has "size: 16777216" && has "page: 256" &&
	has "page-program: typical=704us max=4224us" &&
	has "erase-type-1: size=4096 opcode=20 typical=64ms max=896ms" &&
	has "erase-type-2: size=32768 opcode=52 typical=128ms max=1792ms" &&
	has "erase-type-3: size=65536 opcode=d8 typical=160ms max=2240ms" && has "address-bytes: 3" &&
	has "address-4byte: none" && has "quad-enable: 4" && says "note: without --jedec"
ok "W25Q128JV in full"

run 0 --jedec ef4018 "$work/w25q128jv.bin" && ! grep -q "^note:" "$out"
ok "W25Q128JV with its id has nothing to note"

run 0 "$work/w25q128fv.bin" && has "page: not said" && has "erase-type-1: size=4096 opcode=20 times=not-said"
ok "a revision 1.0 table says no page and no times"

run 0 --jedec ef4021 "$work/w25q01jvq.bin" && says "address-4byte: own-opcodes" && has "dies: 2" && says "not counted"
ok "defects worth a warning leave the status 0"

run 0 --jedec C22019 "$work/mx25l25635f.bin" && has "address-4byte: own-opcodes" &&
	has "erase-type-1: size=4096 opcode=20 opcode-4byte=21 times=not-said"
ok "an id chooses the correction of its part"

run 0 "$work/mx25l25635f.bin" && has "address-4byte: none" && has "size: 16777216" && has "density: 33554432"
ok "without the id what cannot be reached is not claimed"

run 0 --jedec bf2643 "$work/sst26vf064b.bin" &&
	has "region: offset=0x0 size=0x8000 erase-types=1,2" &&
	has "region: offset=0x8000 size=0x8000 erase-types=1,3" &&
	has "region: offset=0x10000 size=0x7e0000 erase-types=1,4" &&
	has "region: offset=0x7f0000 size=0x8000 erase-types=1,3" &&
	has "region: offset=0x7f8000 size=0x8000 erase-types=1,2"
ok "sector map"

run 0 --jedec 342b1a "$work/s25hs512t-model.bin" &&
	says "map-detect-1: opcode=65 address=0x800004 address-bytes=as-configured" &&
	has "map-1-region: offset=0x3fe0000 size=0x20000 erase-types=1" &&
	has "map-4-region: offset=0x0 size=0x4000000 erase-types=4"
ok "sector maps with detection commands"

run 0 --jedec 342b19 "$work/s25fs256t.bin" && says "step=65536"
ok "one opcode with two sizes"

run 1 "$work/is25wp064-cut.bin" && says "error: the dump is cut short: 112 bytes are needed, only 91 are there" &&
	has "result: not usable"
ok "a dump that is cut short"

dump w25q128jv 16
run 1 "$work/w25q128jv.bin" && says "read 192 bytes"
ok "a dump of the headers only says how much to read"

printf 'SFDP\005\003\001\377' >"$work/major.bin"
head -c 200 /dev/zero >>"$work/major.bin"
run 1 "$work/major.bin" && says "error: major revision 3 at byte 0x5"
ok "a malformed table, with the byte"

printf '\177ELF\001\001\001' >"$work/loader.stldr"
run 1 "$work/loader.stldr" && has "format: ELF" &&
	has "error: the file ends within the ELF header (offset 0x7)" && has "result: not usable"
ok "an ELF file that is cut short, with the offset"

# elf KIND: writes a small loader file, KIND is flm, stldr or none
elf()
{
	perl -e '
		my $kind = shift;
		my ($base, $arch) = $kind eq "flm" ? (0, 13) : (0x20000004, 11);
		my @names = $kind eq "flm" ? qw(Init UnInit EraseSector ProgramPage FlashDevice) :
			$kind eq "stldr" ? qw(Init Write SectorErase Read StorageInfo) : qw(main);
		my $descriptor = $kind eq "flm" ?
			pack("v a128 v V4 C x3 V2 V4", 0x101, "Made\nup", 5, 0x90000000, 0x100000, 256, 0, 0xff, 100, 3000,
				0x1000, 0, 0xffffffff, 0xffffffff) :
			pack("a100 v x2 V3 C x3 V20", "Made up", 7, 0x90000000, 0x200000, 256, 0xff, 256, 4096, (0) x 18);
		my @section = (
			["", 0, 0, 0, "", 0, 0],
			["PrgCode", 1, 6, $base, pack("v", 0x4770) x 16, 0, 0],
			["DevDscr", 1, 2, $kind eq "flm" ? 0x20 : 0, $descriptor, 0, 0],
		);
		my ($symbols, $strings) = ("\0" x 16, "\0");
		for my $i (0 .. $#names) {
			my $last = $i == $#names && @names > 1;
			$symbols .= pack("V3 C2 v", length($strings), $last ? $section[2][3] : ($base + 4 * $i) | 1, 4,
				$last ? 0x11 : 0x12, 2, $last ? 2 : 1);
			$strings .= "$names[$i]\0";
		}
		my $attributes = pack("C2 C2", 6, $arch, 7, ord("M"));
		$attributes = pack("C V", 1, 5 + length($attributes)) . $attributes;
		$attributes = pack("V", 10 + length($attributes)) . "aeabi\0" . $attributes;
		push @section, [".symtab", 2, 0, 0, $symbols, 4, 16], [".strtab", 3, 0, 0, $strings, 0, 0],
			[".ARM.attributes", 0x70000003, 0, 0, "A$attributes", 0, 0];
		my $section_names = join("\0", map { $_->[0] } @section) . "\0.shstrtab\0";
		push @section, [".shstrtab", 3, 0, 0, $section_names, 0, 0];
		my ($content, $headers) = ("", "");
		for my $s (@section) {
			my $at = 52 + length($content);
			$headers .= pack("V10", index("\0$section_names", "\0$s->[0]\0"), $s->[1], $s->[2], $s->[3], $at,
				length($s->[4]), $s->[5], 0, 1, $s->[6]);
			$content .= $s->[4];
		}
		print pack("C7 x9 v2 V5 v6", 0x7f, 0x45, 0x4c, 0x46, 1, 1, 1, 2, 40, 1, 0, 0, 52 + length($content), 0x5000000,
			52, 0, 0, 40, scalar @section, $#section), $content, $headers' "$1" >"$work/$1.elf"
}

elf flm
run 0 "$work/flm.elf" && has "format: CMSIS-Pack flash algorithm (FLM)" && has "device: Made?up" &&
	has "base: 0x90000000" && has "size-bytes: 1048576" && has "sectors: offset=0x0 size=0x1000 count=256" &&
	has "function: ProgramPage address=0x0000000d args=address,bytes,buffer success=0" && has "missing: EraseChip" &&
	has "ram: 0x00000000-0x0000001f bytes=32 section=PrgCode access=rx from=file" &&
	has "placement: position independent" && has "result: usable" && ! grep -qvE '^[a-z0-9-]+: .+$' "$out"
ok "a flash algorithm"

elf stldr
run 0 "$work/stldr.elf" && has "format: STM32CubeProgrammer external loader (stldr)" &&
	has "size-bytes: 1048576" && has "declared-bytes: 2097152" && says "note: the device's size of 2097152 bytes" &&
	says "is linked at address 0; it is not loaded" && has "placement: fixed" && has "result: usable"
ok "an external loader; defects worth a warning leave the status 0"

elf none
run 1 "$work/none.elf" && has "format: ELF" && says "no loader: neither FlashDevice nor StorageInfo" &&
	has "result: not usable"
ok "a program that is no loader"

run 1 --cpu v6-m "$work/flm.elf" && says "error: its code is for Cortex-M4/M7" && has "result: not usable"
ok "code for another core"
run 0 --cpu v7-m "$work/flm.elf" && run 0 --cpu v6-m "$work/stldr.elf"
ok "code for this core"

run 0 --work-area 0x20000000,0x1000 "$work/stldr.elf" &&
	has "note: section PrgCode, 0x20000004-0x20000023, lies in the work area 0x20000000-0x20000fff;\
 stub, stack and buffer go around it"
ok "a work area where the loader is"
run 0 --work-area 536875008,4096 "$work/stldr.elf" && ! says "note: section PrgCode" >/dev/null
ok "a work area beside the loader"
run 1 --work-area 0x20000000,32 "$work/flm.elf" && says "error: it needs 32 bytes of RAM"
ok "a work area that is too small"

head -c 300 /dev/zero >"$work/zeros"
run 1 "$work/zeros" && says "all 300 bytes are 00"
ok "all zero"

head -c 300 /dev/zero | tr '\000' '\377' >"$work/ones"
run 1 "$work/ones" && says "all 300 bytes are FF"
ok "all one"

: >"$work/empty"
run 1 "$work/empty" && says "error: the file is empty"
ok "empty file"

echo "SFDQ is no signature" >"$work/text"
run 1 "$work/text" && says "it starts with 53 46 44 51"
ok "something else"

run 1 "$work/missing" && says "error: cannot be opened"
ok "missing file"

run 1 "$work" && says "error: cannot be read"
ok "directory"

run 1 "$work/mx25l1606e.bin" "$work/text" "$work/mx25l3233f.bin" && [ "$(grep -c '^result: usable$' "$out")" -eq 2 ] &&
	[ "$(grep -c '^file: ' "$out")" -eq 3 ]
ok "one bad file among good ones"

newline=$(printf 'a\nb')
cp "$work/mx25l1606e.bin" "$work/$newline"
run 0 "$work/$newline" && says "a?b"
ok "a line break in a file name breaks no line"

run 2 && says "usage: ofl-check"
ok "no file"

run 2 --frobnicate
ok "unknown option"

for id in "" ef40 ef401 ef401g "ef 40 18" 0xef4018; do
	run 2 --jedec "$id" "$work/text" && says "3 bytes in hex"
	ok "bad id '$id'"
done

for area in "" 0x20000000 "0x20000000," 0x20000000,0 ,16 -1,16 0x20000000,0x1000x 0xffffffff,2 \
	0x100000000,1; do
	run 2 --work-area "$area" "$work/text" && says "ADDRESS,SIZE"
	ok "bad work area '$area'"
done

run 2 --cpu arm7 "$work/text" && says "v6-m or v7-m"
ok "unknown core"

run 0 --help && says "usage: ofl-check" && says "Exit status"
ok "--help"

run 0 --version && says "ofl-check "
ok "--version"

if [ -c /dev/full ]; then
	"$tool" "$work/mx25l1606e.bin" >/dev/full 2>"$out"
	[ $? -eq 1 ] && says "cannot be written"
	ok "output that cannot be written"
else
	number=$((number + 1))
	echo "ok $number - output that cannot be written # SKIP no /dev/full"
fi

echo "1..$number"
[ $failures -eq 0 ]
