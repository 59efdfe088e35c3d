#!/usr/bin/env bash
# Every function, struct and enum of the headers for plugins has a comment directly above it; and
# no comment stands directly above another one, as that of a function does that has moved away.
set -euo pipefail
cd "$(dirname "$0")/.."

awk '
function tell(what) {
	printf "%s:%d: %s: %s\n", FILENAME, FNR, what, $0
	failed = 1
}
FNR == 1 { above = "" }
/^__attribute__/ { next }
{ declares = /^[a-z][A-Za-z0-9_ ]*[ *]mu_[a-z0-9_]+\(/ || /^(struct|enum) [A-Za-z_]+ \{/ }
declares && above !~ /\*\/$/ { tell("no comment directly above") }
/^\/\*/ && above ~ /\*\/$/ { tell("a comment directly above") }
{ above = $0 }
END { exit failed }
' core/include/muster/*.h
