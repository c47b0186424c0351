# SPDX-License-Identifier: GPL-2.0-or-later
#
# Wrappers around OpenOCD's own commands, for banks of the ofl driver. The driver sources this file with its first bank.
#
#   flash write_image   refuses, before anything is erased, what would do harm: `ofl check_write` says what; takes
#                       -elf-header allow; a bank with -preserve on is written by `ofl program`; runs within `ofl
#                       bracket`, for loaders that erase when they program
#   verify_image        addresses in banks of ours are compared by their loader,
#   dump_image          and read by it; so `program FILE verify reset exit` works on flash that is not memory mapped
#
# For targets without such a bank, and addresses outside, everything is as it was. For clients of the Tcl server there
# is ofl_try besides.

if { [info exists ::ofl_helpers] } {
	return ""
}
set ::ofl_helpers 1

# The commands exist only after init has registered them; a proc of that name would be overwritten.
lappend ::post_init_commands ofl_wrap_commands

proc ofl_wrap_commands {} {
	foreach { name wrapper } {
		{flash write_image} ofl_wrapped_write_image
		verify_image ofl_wrapped_verify_image
		dump_image ofl_wrapped_dump_image
	} {
		set core ofl_core_[string map {{ } _} $name]
		if { [info commands $core] ne "" || [info commands $name] eq "" } {
			continue
		}
		rename $name $core
		proc $name { args } "tailcall $wrapper $core {*}\$args"
	}
}

lappend _telnet_autocomplete_skip ofl_wrap_commands ofl_wrapped_write_image ofl_wrapped_verify_image \
	ofl_wrapped_dump_image

proc ofl_wrapped_write_image { core args } {
	set bank [ofl check_write {*}$args]
	# That option is ours alone
	while { [set at [lsearch -exact $args -elf-header]] >= 0 } {
		set args [lreplace $args $at $at+1]
	}
	set image $args
	while { [lindex $image 0] in {erase unlock} } {
		set image [lrange $image 1 end]
	}
	if { $bank eq "" } {
		set only [ofl only_bank {*}$image]
		if { $only eq "" } {
			tailcall ofl bracket $core {*}$args
		}
		tailcall ofl bracket -keep $only $core {*}$args
	}
	lassign $image file offset type
	if { $offset eq "" } {
		set offset 0
	}
	if { $type eq "" } {
		set type [ofl image_type $file]
	}
	# A binary's offset is an address here, and counts from the bank's base there
	if { $type eq "bin" } {
		foreach each [flash list] {
			if { [dict get $each name] eq $bank } {
				set offset [expr {$offset - [dict get $each base]}]
			}
		}
	}
	tailcall ofl program $bank $file $offset $type
}

proc ofl_wrapped_verify_image { core args } {
	if { [llength $args] < 1 || [llength $args] > 3 || [ofl banks_of {*}$args] eq "" } {
		tailcall $core {*}$args
	}
	tailcall ofl verify_image {*}$args
}

proc ofl_wrapped_dump_image { core args } {
	if { [llength $args] != 3 || [ofl banks_at [lindex $args 1] [lindex $args 2]] eq "" } {
		tailcall $core {*}$args
	}
	tailcall ofl dump_image {*}$args
}

# A command's result is all that a client of the Tcl server gets; why a command failed is in the log.
proc ofl_try { script } {
	# Without a log, capture returns what its script does
	set log [capture { set code [catch { uplevel #0 $script } result]; list }]
	return [list [expr {$code != 0}] $result $log]
}
add_usage_text ofl_try "script"
add_help_text ofl_try "run commands and return a list: 0, or 1 for an error; the result; what was logged meanwhile"

# Found when they are called
foreach name { ofl_from_pdsc ofl_from_jlink } {
	proc $name { args } "uplevel #0 {source \[find ofl/pack.tcl\]}; tailcall $name {*}\$args"
}
add_usage_text ofl_from_pdsc "file.pdsc device"
add_help_text ofl_from_pdsc "print bank lines for the flash algorithms of a CMSIS-Pack's description"
add_usage_text ofl_from_jlink "file.xml \[device\]"
add_help_text ofl_from_jlink "print bank lines for the loaders of a J-Link device description"

return ""
