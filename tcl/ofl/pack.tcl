# SPDX-License-Identifier: GPL-2.0-or-later
#
# Bank lines from other tools' descriptions of devices:
#
#   ofl_from_pdsc FILE.pdsc DEVICE
#       CMSIS-Pack: <algorithm> elements (Open-CMSIS-Pack specification, "/package/devices level": attributes name,
#       start, size, RAMstart, RAMsize, default), with those inherited from subFamily and family
#   ofl_from_jlink FILE.xml ?DEVICE?
#       J-Link: <ChipInfo> and <FlashBankInfo> (SEGGER wiki, "J-Link Device Support Kit")
#
# They print the lines; put them into the board file behind the target, and check the paths.

# Calls `script` with the variables tag, attributes (a dict) and kind (open, close or empty) for each element.
proc ofl_each_element { text script } {
	upvar 1 tag tag attributes attributes kind kind
	# Comments may hold elements
	regsub -all {<!--.*?-->} $text {} text
	set at 0
	while { [regexp -start $at -indices {<(/?)([A-Za-z_][A-Za-z0-9_:.-]*)((?:[^>"']|"[^"]*"|'[^']*')*)>} $text \
			all closing name rest] } {
		set at [expr {[lindex $all 1] + 1}]
		set tag [string range $text {*}$name]
		set inside [string range $text {*}$rest]
		set kind open
		if { [lindex $closing 1] >= [lindex $closing 0] } {
			set kind close
		} elseif { [string index $inside end] eq "/" } {
			set kind empty
		}
		set attributes {}
		foreach { all name double single } [regexp -all -inline \
				{([A-Za-z_][A-Za-z0-9_:.-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')} $inside] {
			dict set attributes $name [string map {&lt; < &gt; > &quot; \" &apos; ' &amp; &} $double$single]
		}
		uplevel 1 $script
	}
}

proc ofl_read_text { file } {
	set handle [open $file r]
	set text [read $handle]
	close $handle
	return $text
}

proc ofl_attribute { attributes name { default "" } } {
	if { [dict exists $attributes $name] } {
		return [dict get $attributes $name]
	}
	return $default
}

# Names of banks: what is between the last slash and the dot, in a form that needs no quoting
proc ofl_bank_line { number file start size ram_start ram_size } {
	regsub -all {[^A-Za-z0-9_]+} [file rootname [file tail $file]] _ name
	set line "flash bank \$_CHIPNAME.ofl${number}_$name ofl $start $size 0 0 \$_TARGETNAME {$file}"
	if { $ram_start ne "" && $ram_size ne "" } {
		append line " -ram {$ram_start $ram_size}"
	}
	return $line
}

proc ofl_from_pdsc { file device } {
	set base [file dirname $file]
	# One level of <family>, <subFamily>, <device>, <variant> each: its names, and the algorithms said there
	set levels {}
	set found {}
	set known {}
	ofl_each_element [ofl_read_text $file] {
		if { $tag in {family subFamily device variant} && $kind ne "close" } {
			lappend levels [list [ofl_attribute $attributes Dname [ofl_attribute $attributes Dvariant]] {}]
			if { $tag in {device variant} } {
				lappend known [lindex [lindex $levels end] 0]
			}
		}
		if { $tag eq "algorithm" && $kind ne "close" && [llength $levels] } {
			lassign [lindex $levels end] name algorithms
			lappend algorithms $attributes
			set levels [lreplace $levels end end [list $name $algorithms]]
		}
		if { $tag in {family subFamily device variant} && $kind ne "open" && [llength $levels] } {
			if { [lindex [lindex $levels end] 0] eq $device && $found eq "" } {
				foreach level $levels {
					lappend found {*}[lindex $level 1]
				}
				# Without any, there is still a difference to a device that is not in the file
				lappend found {}
			}
			set levels [lrange $levels 0 end-1]
		}
	}
	if { $found eq "" } {
		error "ofl_from_pdsc: $file has no device '$device'; it has [lrange $known 0 19][
			expr {[llength $known] > 20 ? " and [expr {[llength $known] - 20}] more" : {}}]"
	}
	set lines {}
	set number 0
	foreach algorithm $found {
		if { $algorithm eq "" } {
			continue
		}
		set line [ofl_bank_line $number $base/[string map {\\ /} [ofl_attribute $algorithm name]] \
			[ofl_attribute $algorithm start 0] [ofl_attribute $algorithm size 0] \
			[ofl_attribute $algorithm RAMstart] [ofl_attribute $algorithm RAMsize]]
		# Not the default one: the user chooses it in the other tool, too
		if { [ofl_attribute $algorithm default 0] ni {1 true} } {
			set line "# $line"
		}
		lappend lines $line
		incr number
	}
	if { !$number } {
		error "ofl_from_pdsc: device '$device' has no flash algorithm"
	}
	return [join $lines \n]
}

proc ofl_from_jlink { file { device "" } } {
	set base [file dirname $file]
	set lines {}
	set known {}
	set number 0
	set name ""
	set ram {}
	ofl_each_element [ofl_read_text $file] {
		if { $tag eq "ChipInfo" && $kind ne "close" } {
			set name [ofl_attribute $attributes Name]
			set ram [list [ofl_attribute $attributes WorkRAMAddr] [ofl_attribute $attributes WorkRAMSize]]
			lappend known $name
		}
		if { $tag eq "FlashBankInfo" && $kind ne "close" && ($device eq "" || $name eq $device) } {
			set loader [ofl_attribute $attributes Loader]
			if { $loader ne "" } {
				lappend lines "# $name: [ofl_attribute $attributes Name]" [ofl_bank_line $number \
					$base/[string map {\\ /} $loader] [ofl_attribute $attributes BaseAddr 0] \
					[ofl_attribute $attributes MaxSize 0] {*}$ram]
				incr number
			}
		}
	}
	if { !$number } {
		error "ofl_from_jlink: $file has no flash loader for device '$device'; it has $known"
	}
	return [join $lines \n]
}

return ""
