#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later

# bin/nxflat: what it refuses, with the reason and without leaving a file; archives; dump. That its modules are right is
# tested where they run: testing/loaders/test_nxflat_modules.c.

. "$(dirname "$0")/../lib.sh"

tool=$OFL_BUILD/bin/nxflat
[ -x "$tool" ] || skip_all "bin/nxflat is not built: libelf-dev is missing"
command -v arm-none-eabi-gcc >/dev/null || skip_all "arm-none-eabi-gcc is missing"
cd "$T" || exit 1
pic=(-fpic -msingle-pic-base -mpic-register=r9 -mno-pic-data-is-text-relative)

# compile NAME FLAG...: C from stdin
compile() {
	arm-none-eabi-gcc -mcpu=cortex-m3 -mthumb -Os -ffreestanding "${@:2}" -x c -c - -o "$1.o"
}

# refused WHAT PATTERN ARGUMENT...: of the link
refused() {
	local status
	: >module.nxf
	"$tool" link -o module.nxf "${@:3}" >out 2>&1
	status=$?
	grep -q -e "$2" out
	t_ok "refused: $1" $((status != 1 || $?)) || note "$(cat out)"
	[ ! -e module.nxf ]
	t_ok "no file: $1" $?
}

compile good "${pic[@]}" <<'END'
int host(int); int zero; static int data = 1; int *pointer = &data; const char *text = "text";
int main(int a) { return host(a) + zero++ + *pointer + text[0]; }
END
compile data-by-code -fpic -msingle-pic-base -mpic-register=r9 <<'END'
static int data = 1; int main(void) { return data++; }
END
compile absolute -mword-relocations <<'END'
int data = 1; int main(void) { return data++; }
END
compile absolute-movw <<'END'
int data = 1; int main(void) { return data++; }
END
compile own-base -fpic <<'END'
extern int data; int main(void) { return data++; }
END
compile other "${pic[@]}" <<'END'
int main(void) { return 2; }
END
compile constructor "${pic[@]}" <<'END'
static int x; __attribute__((constructor)) static void start(void) { x = 1; } int main(void) { return x; }
END
compile aligned "${pic[@]}" <<'END'
int data __attribute__((aligned(64))) = 1; int main(void) { return data; }
END
compile nothing "${pic[@]}" <<'END'
int unused(void) { return 0; }
END
compile weak "${pic[@]}" <<'END'
extern int maybe(void) __attribute__((weak)); int main(void) { return maybe ? 1 : 7; }
END
echo "no object" >text.o
gcc -x c -c -o host.o - <<<'int main(void) { return 0; }' 2>/dev/null || cp text.o host.o

refused "data relative to code" "data.*compile with -mno-pic-data-is-text-relative" data-by-code.o
refused "absolute addresses in code" "absolute address in code.*compile with -fpic" absolute.o
refused "absolute addresses in instructions" "absolute address in code.*compile with -fpic" absolute-movw.o
refused "a base of its own" "compile with -msingle-pic-base" own-base.o
refused "two definitions" "main is defined here and in good.o" good.o other.o
refused "constructors" "constructors would never be called" constructor.o
refused "alignment" "aligned to 64" aligned.o
refused "no entry point" "entry point main is not defined" nothing.o
refused "an entry point that is data" "entry point zero is no Thumb function" -e zero good.o
refused "no object" "text.o: neither an object file nor an archive" good.o text.o
refused "another machine" "no object file for 32-bit ARM\|neither an object" host.o
refused "a missing file" "missing.o: cannot be opened" missing.o
cut=$(stat -c %s good.o)
head -c $((cut / 2)) good.o >cut.o
refused "an object cut off" "cut.o" cut.o

"$tool" link -o module.nxf good.o >out 2>&1 && "$tool" dump module.nxf >out 2>&1
t_ok "dump" $? || note "$(cat out)"
for line in "base-register: r9" "zeros: bytes=4$" "import: __nxflat_abi_v2 at=data" "import: host at=data" \
	"relocation: at=data+0x0 adds=" "stack: bytes=2048"; do
	grep -q "^$line" out
	t_ok "dump has: $line" $? || note "$(cat out)"
done
"$tool" link -b r10 -s 300 -o module.nxf weak.o >out 2>&1 && "$tool" dump module.nxf >out 2>&1
grep -q "^base-register: r10" out
t_ok "the older ABI" $? || note "$(cat out)"
[ "$(grep -c "^import" out)" = 0 ]
t_ok "a weak name is no import" $? || note "$(cat out)"
"$tool" link -o module.nxf good.o && "$tool" dump --symbols good.o module.nxf >out 2>&1
t_ok "a firmware without the import" $(($? != 1)) || note "$(cat out)"
grep -q "^error: import host: not in the symbol file" out
t_ok "says which" $? || note "$(cat out)"

# Only the member that is needed comes in, whatever the order and alignment in the archive.
compile member "${pic[@]}" <<'END'
int host(int a) { return a; }
END
arm-none-eabi-ar rc lib.a nothing.o other.o member.o
"$tool" link -o module.nxf lib.a good.o >out 2>&1 && "$tool" dump module.nxf >out 2>&1
t_ok "archive" $? || note "$(cat out)"
[ "$(grep -c "^import" out)" = 1 ]
t_ok "a member takes the place of an import" $? || note "$(cat out)"

"$tool" link -o module.nxf >out 2>&1
t_ok "usage" $(($? != 2)) || note "$(cat out)"

done_testing
