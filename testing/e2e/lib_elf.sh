# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# For tests with ELF files, over lib.sh.

for tool in arm-none-eabi-objcopy arm-none-eabi-ld; do
	command -v "$tool" >/dev/null || skip_all "$tool is not installed"
done

# elf_link ADDRESS BIN ELF [option ...]: BIN as the only section, at ADDRESS.
elf_link() {
	local address=$1 bin=$2 elf=$3
	shift 3
	(cd "$T" && cp "$bin" elf_content.bin &&
		arm-none-eabi-objcopy -I binary -O elf32-littlearm -B arm elf_content.bin elf_content.o &&
		arm-none-eabi-ld -e "$address" "-Tdata=$address" "$@" elf_content.o -o "$elf") || skip_all "cannot link"
}

# As a careful linker script makes it; and with the ELF header in the first segment, below the section.
elf_plain() { elf_link "$@" -n; }
elf_trap() { elf_link "$@" -z max-page-size=65536; }
