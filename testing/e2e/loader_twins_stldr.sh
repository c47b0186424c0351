#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300

# Loaders that misbehave (testing/loaders/README): each gives the message that the manual documents, the core comes back
# as it was, and the next command on the same target succeeds.

. "$(dirname "$0")/lib_loader.sh"

start stm32g070-w25q64 spinor-g070.stldr
twin spinor-g070-hang-init.stldr "$write" "gave up Init after 1[0-9]* ms: the loader's Init\(\) did not return"
twin spinor-g070-fail-init.stldr "$write" "Init\(\) returned 0x0 \(1 means success\)"
twin spinor-g070-fault-program.stldr "$write" "died in Write\(0x90010000, .*HardFault"
twin spinor-g070-fail-sector.stldr "flash erase_address 0x90000000 0x40000" \
	"erasing failed at .* 0x00020000: .*SectorErase\(0x90020000, 0x90020000\) returned 0x0 \(1 means success\)"
twin spinor-g070-smash-stack.stldr "$write" "the stack of [0-9]* bytes .* overflowed"
twin spinor-g070-lie-program.stldr "$write" "content differs at 0x90010000 .*0xff instead of .*did not take the program"
# Its code is compared, and put there again, before each command.
fine spinor-g070-overwrite.stldr
fine spinor-g070-overwrite.stldr
fine spinor-g070-need-init.stldr
fine spinor-g070-irq.stldr
use_loader spinor-g070-need-init.stldr -init once
not_ok "need-init with -init once" ocd -c "init; reset init; $write; shutdown"
expect_log "returned 0x0 \(1 means success\)"
vboard_stop

start stm32f4-mx25 spinor-f4.stldr
twin spinor-f4-fault-program.stldr "$write" \
	"died in Write\(.*HardFault at PC .*bus error on a data access, CFSR 0x00008200 HFSR 0x40000000, address 0xa0000000"
twin spinor-f4-svc.stldr "$write" "died in Write\(.*HardFault"
twin ofl-f4-stuck.elf "$write" "cannot (write|read) .*0x2020"
fine spinor-f4-irq.stldr
fine spinor-f4-verify-one.stldr
fine ofl-f4-far.elf
vboard_stop

# Loses pages when they follow each other at once: found, sent again one by one.
start stm32g070-w25q64 spinor-g070.stldr
use_loader spinor-g070-early.stldr
ok "spinor-g070-early: mended" ocd -c "init; reset init; $write; flash verify_image $T/data 0x90010000 bin; shutdown"
expect_log "[0-9]* pages were wrong after streaming them to this loader; they were sent again one"
expect_image 0x10000 "$T/data"
VB_ALLOW_VIOLATIONS=1 vboard_stop
start stm32g070-w25q64 spinor-g070.stldr
use_loader spinor-g070-early.stldr -stream off
ok "spinor-g070-early -stream off: right from the start" ocd -c "init; reset init
	$write; flash verify_image $T/data 0x90010000 bin; shutdown"
expect_no_log "pages were wrong"
expect_image 0x10000 "$T/data"
VB_ALLOW_VIOLATIONS=1 vboard_stop

done_testing
