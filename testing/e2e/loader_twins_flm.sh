#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300

# Loaders that misbehave (testing/loaders/README): each gives the message that the manual documents, the core comes back
# as it was, and the next command on the same target succeeds.

. "$(dirname "$0")/lib_loader.sh"

start stm32f030-w25q128 spinor-f030.flm
twin spinor-f030-hang-init.flm "$write" \
	"gave up Init after 1[0-9]* ms: the loader's Init\(0x90000000, 0x0, 0x.\) did not return; .*PC 0x2.*LR .* \(Init"
twin spinor-f030-fail-init.flm "$write" "Init\(0x90000000, 0x0, 0x[123]\) returned 0x1 \(0 means success\)"
twin spinor-f030-fault-program.flm "$write" \
	"died in ProgramPage\(0x90010000, 0x100, 0x2000.*\): HardFault at PC .* \(loader_program\+.*no fault registers"
twin spinor-f030-fail-sector.flm "flash erase_address 0x90000000 0x4000" \
	"erasing failed at flash offset 0x00002000: .*EraseSector\(0x90002000\) returned 0x1 \(0 means success\)"
twin spinor-f030-smash-stack.flm "$write" "the stack of [0-9]* bytes \(down to 0x2000.*\) overflowed; -stack BYTES"
expect_log "section PrgCode was overwritten while it ran, first at 0x2000"
twin spinor-f030-lie-program.flm "$write" "content differs at 0x90010000 .*says the loader's own verify"
twin spinor-f030-semihosting.flm "$write" "died in Init\(.*a semihosting call \(BKPT 0xab"
twin spinor-f030-bkpt.flm "$write" "died in ProgramPage\(.*a breakpoint instruction of its own \(BKPT 0x00\)"
fine spinor-f030-irq.flm
fine spinor-f030-need-init.flm
fine spinor-f030-clock.flm
fine spinor-f030-strict-page.flm
fine spinor-f030-page-192.flm
fine spinor-f030-overwrite.flm
fine spinor-f030.flm -stream off
vboard_stop

# Loses pages when they follow each other at once: found, sent again one by one.
start stm32f030-w25q128 spinor-f030.flm
use_loader spinor-f030-early.flm
ok "spinor-f030-early: mended" ocd -c "init; reset init; $write; flash verify_image $T/data 0x90010000 bin; shutdown"
expect_log "[0-9]* pages were wrong after streaming them to this loader; they were sent again one"
expect_image 0x10000 "$T/data"
VB_ALLOW_VIOLATIONS=1 vboard_stop
start stm32f030-w25q128 spinor-f030.flm
use_loader spinor-f030-early.flm -stream off
ok "spinor-f030-early -stream off: right from the start" ocd -c "init; reset init
	$write; flash verify_image $T/data 0x90010000 bin; shutdown"
expect_no_log "pages were wrong"
expect_image 0x10000 "$T/data"
VB_ALLOW_VIOLATIONS=1 vboard_stop

done_testing
