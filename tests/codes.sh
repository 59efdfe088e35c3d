#!/bin/sh
# Each finding that muster knows is provoked by some test.
#
#     tests/codes.sh BUILD_DIR
#
# A code of `muster explain` counts as provoked when a test expects it: in brackets as a report
# prints it, in quotes, or as the first word of a line of expected/findings.  It need not have
# been seen: cases.sh and the others compare that.
set -eu
export LC_ALL=C
build=${1:?usage: tests/codes.sh BUILD_DIR}
cd -- "$(dirname -- "$0")"

temporary=$(mktemp -d "${TMPDIR:-/tmp}/muster-codes.XXXXXX")
trap 'rm -rf "$temporary"' EXIT
case $build in
/*) ;;
*) build=../$build ;;
esac

# What `muster explain` says by itself is no expectation.
expectations() {
	find cases/*/*/expected ../pipelines/*/expected -type f ! -path 'cases/run/explain-*'
	ls test_*.c plugins/bad/*.c net/scenarios/*.sh
}

"$build/muster" explain | sed -n 's|^\([a-z][a-z0-9_-]*/[a-z0-9-]*\) .*|\1|p' | sort >"$temporary/known"
[ -s "$temporary/known" ] || {
	echo "$build/muster explain lists no codes" >&2
	exit 2
}
expectations | tr '\n' '\0' |
	xargs -0 grep -ahoE "(^|[[\"'])[a-z][a-z0-9_-]*/[a-z0-9-]+([]\"' ]|\$)" |
	tr -d "[]\"' " | sort -u >"$temporary/expected"
comm -23 "$temporary/known" "$temporary/expected" >"$temporary/never"
sed 's/^/no test expects the finding /' "$temporary/never"
[ ! -s "$temporary/never" ]
