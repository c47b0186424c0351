#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120

# Files that are no loaders, and loaders with something wrong in them: the bank line fails with the file's name, the
# offset and the reason, before OpenOCD connects to anything. ofl-check says the same.

. "$(dirname "$0")/lib_loader.sh"

OFL_CHECK=${OFL_CHECK:-$OFL_BUILD/bin/ofl-check}
BOARD=stm32f030-w25q128
# Nobody listens there: a connection would be another error.
export VBOARD_PORT=1

# refused DESCRIPTION FILE MESSAGE: the bank line; MESSAGE is an extended regular expression.
refused() {
	use_loader "$2"
	not_ok "$1" ocd -c "init; shutdown"
	expect_log "Error: ofl: loader file $2( cannot be used)?: $3" "says why: $3"
	expect_no_log "Connecting to|driver initialized" "before anything is connected"
	"$OFL_CHECK" "$2" >"$T/check" 2>&1
	[ $? -eq 1 ] && grep -q '^result: not usable$' "$T/check"
	t_ok "ofl-check: not usable" $? || note "$(cat "$T/check")"
}

# Offsets by name, for what is to be overwritten: section NAME FIELD, symbol NAME FIELD, content SECTION_OF SYMBOL.
cat >"$T/patch.pl" <<'END'
use strict;
use warnings;
my ($in, $out, $code) = @ARGV;
local $/;
open(my $file, "<:raw", $in) or die "$in: $!";
our $elf = <$file>;
sub u16 { unpack("v", substr($elf, $_[0], 2)) }
sub u32 { unpack("V", substr($elf, $_[0], 4)) }
sub put16 { substr($elf, $_[0], 2) = pack("v", $_[1]) }
sub put32 { substr($elf, $_[0], 4) = pack("V", $_[1]) }
sub string { unpack("Z*", substr($elf, $_[0])) }
my %section_field = (type => 4, addr => 12, offset => 16, size => 20);
my %symbol_field = (value => 4, shndx => 14);
sub header { u32(32) + 40 * $_[0] }
# section(NAME, FIELD, WHICH): where this field of the section's header is; WHICH: of several, counted from 0.
sub section {
	my ($name, $field, $which) = @_;
	my $names = u32(header(u16(50)) + 16);
	for my $n (1 .. u16(48) - 1) {
		next if string($names + u32(header($n))) ne $name || ($which && $which--);
		return header($n) + $section_field{$field};
	}
	die "no section $name";
}
sub symbol {
	my ($name, $field) = @_;
	my ($symtab) = grep { u32(header($_) + 4) == 2 } 1 .. u16(48) - 1;
	my ($at, $bytes, $names) = (u32(header($symtab) + 16), u32(header($symtab) + 20),
		u32(header(u32(header($symtab) + 24)) + 16));
	for (my $n = $at; $n < $at + $bytes; $n += 16) {
		return $n + $symbol_field{$field} if string($names + u32($n)) eq $name && u16($n + 14);
	}
	die "no symbol $name";
}
# Where in the file the object of this name is.
sub content {
	my $n = u16(symbol($_[0], "shndx"));
	return u32(header($n) + 16) + u32(symbol($_[0], "value")) - u32(header($n) + 12);
}
eval "$code; 1" or die $@;
open($file, ">:raw", $out) or die "$out: $!";
print $file $elf;
END

# broken DESCRIPTION LOADER PERL MESSAGE
broken() {
	local file
	file=$T/broken.${2##*.}
	perl "$T/patch.pl" "$LOADERS/$2" "$file" "$3" || { t_ok "$1" 1; return; }
	refused "$1" "$file" "$4"
}
FLM=spinor-f030.flm
STLDR=spinor-g070.stldr

perl "$T/patch.pl" "$LOADERS/$FLM" "$T/same.flm" 1
ok "a file that nothing was changed in" cmp "$T/same.flm" "$LOADERS/$FLM"

# ---------------------------------------------------------------- no loader at all

refused "no such file" "$T/nowhere.flm" "No such file or directory"
mkdir "$T/directory"
refused "a directory" "$T/directory" "Is a directory"
: >"$T/empty"
refused "an empty file" "$T/empty" "at file offset 0x0: an empty file"
echo "extended algorithm, see the release notes" >"$T/text"
refused "a text file" "$T/text" "at file offset 0x0: a text file, not a loader's ELF file"
pattern 5000 >"$T/noise"
refused "something else" "$T/noise" "at file offset 0x0: not an ELF file"
for length in 3 40 52 1000 -1; do
	cp "$LOADERS/$FLM" "$T/short.flm"
	size=$length
	[ "$length" -gt 0 ] || size=$(($(wc -c <"$T/short.flm") + length))
	truncate -s "$size" "$T/short.flm"
	case $length in
	3) refused "cut after $size bytes" "$T/short.flm" "at file offset 0x0: not an ELF file" ;;
	40) refused "cut after $size bytes" "$T/short.flm" "at file offset 0x28: the file ends within the ELF header" ;;
	*) refused "cut after $size bytes" "$T/short.flm" "at file offset 0x20: .* are beyond the end of the file" ;;
	esac
done
broken "RISC-V" $FLM 'put16(18, 243)' "at file offset 0x12: a RISC-V loader; only Cortex-M is supported"
broken "64 bit" $FLM 'substr($elf, 4, 1) = "\2"' "at file offset 0x4: a 64 bit ELF file"
broken "big-endian" $FLM 'substr($elf, 5, 1) = "\2"' "at file offset 0x5: a big-endian ELF file"
broken "an object file" $FLM 'put16(16, 1)' "at file offset 0x10: an object file; it must be linked"
broken "no descriptor" $FLM 'put16(symbol("FlashDevice", "shndx"), 0)' \
	"at file offset 0x0: an ELF file, but no loader: neither FlashDevice nor StorageInfo"
broken "stripped" $FLM 'put32(section(".symtab", "type"), 0)' "at file offset 0x[0-9a-f]+: no symbol table: .*stripped"

# ---------------------------------------------------------------- functions

broken "no Init" $FLM 'put16(symbol("Init", "shndx"), 0)' \
	"at file offset 0x0: a CMSIS-Pack flash algorithm \(FLM\) without the mandatory Init;"
broken "no Write, no SectorErase" $STLDR 'put16(symbol($_, "shndx"), 0) for "Write", "SectorErase"' \
	"at file offset 0x0: .*stldr\) without the mandatory Write, SectorErase;"
broken "a function outside the image" $FLM 'put32(symbol("ProgramPage", "value"), 0x30000001)' \
	"at file offset 0x[0-9a-f]+: function ProgramPage, at 0x30000001, is outside the loader's code"
broken "a function in zero-initialised data" $STLDR \
	'put32(symbol("Write", "value"), u32(section(".bss", "addr")) | 1)' \
	"at file offset 0x[0-9a-f]+: function Write, at 0x[0-9a-f]+, is outside the loader's code"
broken "not Thumb" $FLM 'put32(symbol("Init", "value"), u32(symbol("Init", "value")) & ~1)' \
	"at file offset 0x[0-9a-f]+: function Init, at 0x[0-9a-f]+, is not Thumb code"

# ---------------------------------------------------------------- the device

broken "page size 0, FLM" $FLM 'put32(content("FlashDevice") + 140, 0)' \
	"at file offset 0x[0-9a-f]+: the page size is 0"
broken "page size 0, stldr" $STLDR 'put32(content("StorageInfo") + 112, 0)' \
	"at file offset 0x[0-9a-f]+: the page size is 0"
broken "a sector table without end" $FLM '
	my $table = substr($elf, content("FlashDevice"), 160) . join("", map { pack("V2", 4096, 4096 * $_) } 0 .. 599);
	put32(section("DevDscr", "offset"), length($elf));
	put32(section("DevDscr", "size"), length($table));
	$elf .= $table' "at file offset 0x[0-9a-f]+: a sector table without end: more than 512 entries"
broken "its end mark is another entry" $FLM \
	'put32(content("FlashDevice") + 168, 4096); put32(content("FlashDevice") + 172, 0)' \
	"at file offset 0x[0-9a-f]+: entry 1 of the sector table, offset 0x0, is not behind the one before"
broken "an empty sector table" $STLDR 'put32(content("StorageInfo") + 120, 0)' \
	"at file offset 0x[0-9a-f]+: the sector table is empty"
broken "sectors of no bytes" $STLDR 'put32(content("StorageInfo") + 124, 0)' \
	"at file offset 0x[0-9a-f]+: entry 0 of the sector table has size 0"
broken "a size beyond 32 bits, FLM" $FLM 'put32(content("FlashDevice") + 136, 0x80000000)' \
	"at file offset 0x[0-9a-f]+: the device, 2147483648 bytes from 0x90000000, ends beyond 4 GiB"
broken "a size beyond 32 bits, stldr" $STLDR 'put32(content("StorageInfo") + 124, 0xffff0000)' \
	"at file offset 0x[0-9a-f]+: the sectors, 0x[0-9a-f]+ bytes from 0x90000000, end beyond 4 GiB"
broken "4294967295 sectors" $STLDR 'put32(content("StorageInfo") + 120, 0xffffffff)' \
	"at file offset 0x[0-9a-f]+: 4294967295 sectors, at most 1048576 are expected"

# ---------------------------------------------------------------- sections

broken "overlapping sections" $FLM 'put32(section("PrgData", "addr"), u32(section("PrgCode", "addr")) + 16)' \
	"at file offset 0x[0-9a-f]+: sections PrgCode .* and PrgData .* overlap"
broken "a section that wraps around in the file" $FLM 'put32(section("PrgCode", "size"), 0xfffffff0)' \
	"at file offset 0x[0-9a-f]+: section [0-9]+, 4294967280 bytes from offset 0x[0-9a-f]+, is beyond the end of the"
broken "a section that wraps around in RAM" $STLDR 'put32(section(".text", "addr"), 0xffffff00)' \
	"at file offset 0x[0-9a-f]+: section [0-9]+, [0-9]+ bytes from address 0xffffff00, is beyond 4 GiB"
broken "4 GiB of zeros" $STLDR 'put32(section(".bss", "size"), 0xd0000000)' \
	"at file offset 0x[0-9a-f]+: with section .bss it needs more than 16 MiB of RAM"
broken "section headers that wrap around" $FLM 'put32(32, 0xfffffff0)' \
	"at file offset 0x20: .* section headers from offset 0xfffffff0 are beyond the end of the file"
broken "65280 sections" $FLM 'put16(48, 0xff00)' "at file offset 0x30: extended section numbering"
broken "names in no section" $FLM 'put16(50, 0xfff0)' "at file offset 0x32: section 65520 is to hold the names"

done_testing
