# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# For manual.sh, over lib.sh: the examples of doc/ofl*.texi, and output that is compared with what they show.

# manual_extract DIR: DIR/NUMBER has each example's text, DIR/list a line for each: NUMBER FILE:LINE MARK. An example
# without a mark is listed as "unmarked".
manual_extract() {
	perl -e '
		my $dir = shift;
		my ($number, $mark, $out) = (0);
		open(my $list, ">", "$dir/list") or die;
		for my $file (@ARGV) {
			open(my $in, "<", $file) or die "$file: $!";
			(my $name = $file) =~ s{.*/}{};
			undef $mark;
			while (<$in>) {
				if (/^\@c example: (.*)/) {
					$mark = $1;
				} elsif (/^\@example/) {
					$number++;
					printf $list "%d %s:%d %s\n", $number, $name, $., $mark // "unmarked";
					open($out, ">", "$dir/$number") or die;
					undef $mark;
				} elsif (/^\@end example/) {
					undef $out;
				} elsif ($out) {
					# What is left out is a byte that no example has.
					s/\@dots\{\}/\x01/g;
					s/\@([{}@ ])/$1/g;
					print $out $_;
				}
			}
		}' "$@"
}

# manual_commands FILE: the commands of an example, one a line. A line ends in a backslash where it goes on.
manual_commands() { sed -n 's/^> //p' "$1"; }

# manual_compare FILE LOG HOW: what FILE shows below its commands is in LOG, in the same order. Times and rates may be
# others; with HOW "about" all numbers.
manual_compare() {
	perl -e '
		my ($shown, $log, $how) = @ARGV;
		open(my $in, "<", $log) or die;
		my @lines = map { s/\s+$//r =~ s/^(?:Info : |Error: |Warn : )//r } <$in>;
		open($in, "<", $shown) or die;
		my $at = 0;
		while (my $line = <$in>) {
			next if $line =~ /^(?:> |\$ )/;
			$line =~ s/\s+$//;
			$line =~ s/^(?:Info : |Error: |Warn : )//;
			next if $line eq "\x01" || $line eq "";
			my $pattern = quotemeta $line;
			$pattern =~ s/\\\x01|\x01/.*/g;
			if ($how eq "about") {
				$pattern =~ s/(?:0x)?[0-9a-f]*[0-9](?:\\\.?[0-9a-f]+)*/[0-9a-fx.]+/g;
			} else {
				$pattern =~ s/[0-9]+(?:\\\.[0-9]+)?(?=(?:\\ )?(?:s\b|us\b|ms\b|kB))/[0-9.]+/g;
			}
			$at++ while $at < @lines && $lines[$at] !~ /^$pattern$/;
			if ($at == @lines) {
				$line =~ s/\x01/.../g;
				print "not shown, or not in this order: $line\n";
				exit 1;
			}
			$at++;
		}' "$@"
}
