#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 60

# Mistakes in the bank line: each is refused when it is read, with a message that says what to write instead.

. "$(dirname "$0")/lib.sh"

cat >"$T/base.cfg" <<'END'
adapter driver dummy
transport select jtag
jtag newtap chip cpu -irlen 4 -expected-id 0x4ba00477
dap create chip.dap -chain-position chip.cpu
target create chip.cpu cortex_m -dap chip.dap
END

CS='-cs {0x40020018 0x10 0x40020018 0x100000}'
PINS='-sck {0x40020018 1 0x40020018 0x10000} -mosi {0x40020018 2 0x40020018 0x20000}'

# refused DESCRIPTION MESSAGE LOADER-AND-OPTIONS
refused() {
	not_ok "$1" ocd -f "$T/base.cfg" -c "flash bank ext ofl 0x90000000 0 0 0 chip.cpu $3; shutdown"
	expect_log "$2" || true
}

BOARD=none
ok "a good line" ocd -f "$T/base.cfg" \
	-c "flash bank ext ofl 0x90000000 0 0 0 chip.cpu spi:stm32-spi -base 0x40013000 $CS; shutdown"
ok "a good line, pins" ocd -f "$T/base.cfg" \
	-c "flash bank ext ofl 0x90000000 0 0 0 chip.cpu spi:gpio $PINS $CS -miso {0x40020010 4}; shutdown"
refused "no loader" "LOADER is missing" ""
refused "an unknown controller" "there is no controller 'spi:nothing'
	built in are spi:gpio spi:stm32-spi" "spi:nothing $CS"
refused "a loader file that is not there" "loader file loader.stldr: No such file" "loader.stldr"
refused "an unknown option" "option '-bse' is unknown for spi:stm32-spi
	known are -base -cs " "spi:stm32-spi -bse 1 $CS"
refused "an option of another controller" "option '-base' is unknown for spi:gpio" "spi:gpio -base 1"
refused "a missing value" "option '-base' has no value" "spi:stm32-spi $CS -base"
refused "no base" "spi:stm32-spi needs -base ADDRESS" "spi:stm32-spi $CS"
refused "no chip select" \
	"spi:stm32-spi needs -cs {HIGH_ADDR HIGH_VALUE LOW_ADDR LOW_VALUE}" "spi:stm32-spi -base 0x40013000"
refused "no data input" "spi:gpio needs -miso {ADDR MASK}" "spi:gpio $PINS $CS"
refused "a pin of three numbers" "-cs {1 2 3}: 4 numbers expected" "spi:stm32-spi -base 0x40013000 -cs {1 2 3}"
refused "a pin of five" "-cs {1 2 3 4 5}: at most 4 numbers" "spi:stm32-spi -base 0x40013000 -cs {1 2 3 4 5}"
refused "not a number" "'0x4002001g' is not a number" "spi:stm32-spi -base 0x4002001g $CS"
refused "a negative number" "'-4' is not a number" "spi:stm32-spi -base -4 $CS"
refused "more than 32 bits" "'0x140013000' is not a number up to 0xffffffff" "spi:stm32-spi -base 0x140013000 $CS"
refused "an odd address" "register address 0x40013001 is not on a word boundary" "spi:stm32-spi -base 0x40013001 $CS"
refused "half a pair" "pairs of size and opcode expected" "spi:stm32-spi -base 0x40013000 $CS -erase 0x1000"
refused "an odd sector" "a size must be a power of two" "spi:stm32-spi -base 0x40013000 $CS -erase {3000 0x20}"
refused "an odd page" "-page 100: not a power of two" "spi:stm32-spi -base 0x40013000 $CS -page 100"
refused "neither on nor off" "-verify maybe: on or off expected" "spi:stm32-spi -base 0x40013000 $CS -verify maybe"
refused "two banks on one chip select" "bank b has the same chip select \(-cs\) as bank ext" \
	"spi:stm32-spi -base 0x40013000 $CS; flash bank b ofl 0xa0000000 0 0 0 chip.cpu spi:stm32-spi -base 0x40013000 $CS"

done_testing
