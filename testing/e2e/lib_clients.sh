# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# shellcheck disable=SC2034	# what the test uses
#
# Over e2e/lib.sh: OpenOCD as a server in the background, and clients of its ports: telnet, Tcl RPC, GDB.

# server_start [-f FILE] [-c COMMAND ...]: sets OPENOCD_PID, GDB_PORT, TELNET_PORT, TCL_PORT.
server_start() {
	local config=(-f "board/vboard-$BOARD.cfg") argument
	for argument in "$@"; do
		[ "$argument" != -f ] || config=()
	done
	: >"$LOG"
	start_background "$OPENOCD" -c "gdb_port 0; telnet_port 0; tcl_port 0; ${OCD_BEFORE-}" \
		"${config[@]}" "$@" >"$LOG" 2>&1 </dev/null
	OPENOCD_PID=$!
	server_ports
}

port_of() { sed -n "s/.*Listening on port \([0-9]*\) for $1.*/\1/p" "$LOG" | head -n 1; }

server_is_up() { [ -n "$(port_of telnet)" ] || process_is_gone "$OPENOCD_PID"; }

# The port for telnet is the last that OpenOCD opens, after all that -c says.
server_ports() {
	wait_until 30 server_is_up
	GDB_PORT=$(port_of gdb)
	TELNET_PORT=$(port_of telnet)
	TCL_PORT=$(port_of tcl)
	[ -n "$TELNET_PORT" ] || { note "OpenOCD did not start:"; show_log; exit 1; }
}

# Ends it by a signal, and waits; the status is in SERVER_STATUS.
server_stop() {
	SERVER_STATUS=0
	stop_process "$OPENOCD_PID" || SERVER_STATUS=$?
}

# Waits until OpenOCD has ended by itself; the status is in SERVER_STATUS.
server_wait() {
	SERVER_STATUS=0
	wait_until "${1:-60}" process_is_gone "$OPENOCD_PID" || return 1
	wait "$OPENOCD_PID" || SERVER_STATUS=$?
}

# ---------------------------------------------------------------- telnet

# telnet_open NAME: a session whose output goes to $T/NAME.telnet.
declare -A telnet_fd telnet_reader telnet_mark
telnet_open() {
	local fd
	exec {fd}<>"/dev/tcp/127.0.0.1/$TELNET_PORT" || return
	telnet_fd[$1]=$fd
	: >"$T/$1.telnet"
	telnet_mark[$1]=0
	cat <&"$fd" >"$T/$1.telnet" 2>/dev/null &
	telnet_reader[$1]=$!
	started_pids+=($!)
}

# telnet_send NAME TEXT: a line as a terminal sends it; telnet_key NAME ESCAPED: bytes as printf %b has them.
telnet_send() {
	telnet_mark[$1]=$(wc -c <"$T/$1.telnet")
	printf '%s\r\n' "$2" >&"${telnet_fd[$1]}"
}
telnet_key() { printf '%b' "$2" >&"${telnet_fd[$1]}"; }

# telnet_expect NAME PATTERN [SECONDS]: waits for it in what the session has shown since the last telnet_send.
telnet_shows() { tail -c "+$((telnet_mark[$1] + 1))" "$T/$1.telnet" | tr -d '\r\000' | grep -a -E -- "$2" >/dev/null; }
telnet_expect() { wait_until "${3:-60}" telnet_shows "$1" "$2"; }

# Drops the connection, without a word.
telnet_close() {
	local fd=${telnet_fd[$1]}
	stop_process "${telnet_reader[$1]}"
	exec {fd}>&-
}

show_telnet() { tr -d '\r\000' <"$T/$1.telnet" | tail -n 30 | sed 's/^/#   telnet: /'; }

# ---------------------------------------------------------------- Tcl RPC

# Commands and results end in 0x1a, as OpenOCD's manual says. tcl_call SCRIPT: its result, as it comes, to $T/tcl.
tcl_open() { exec {tcl_fd}<>"/dev/tcp/127.0.0.1/$TCL_PORT"; }
tcl_call() {
	printf '%s\x1a' "$1" >&"$tcl_fd"
	IFS= read -r -d $'\x1a' -t "${TCL_TIMEOUT:-60}" -u "$tcl_fd" tcl_result || return 1
	printf '%s' "$tcl_result" >"$T/tcl"
}
tcl_close() { exec {tcl_fd}>&-; }
