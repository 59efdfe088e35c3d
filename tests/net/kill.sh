#!/bin/sh
# Runs of 50 documents from the network that are killed at any moment, and two at once.
#
#     tests/net/kill.sh BUILD_DIR [TIMES [ROUNDS]]
#
# TIMES times (20 times, unless it is said) a run is ended with kill -9, at a moment between
# its start and a little after its end.  Then every object of the cache must have the bytes
# of its name, the output must be of that run or of the one before, whole; and the same run
# once more must end well, and leave nothing lying about.
#
# ROUNDS times two runs begin at once, over one cache and one output folder: both must end
# well, and the output be of one of them, whole.

set -u
export LC_ALL=C TZ=UTC
unset MUSTER_PLUGIN_PATH CDPATH
SANITIZER=exitcode=99
# gcc 12's would take thread-local storage of libraries that plugins bring for something
# else, and break down over it when it looks for leaks.
export ASAN_OPTIONS="$SANITIZER:intercept_tls_get_addr=0:${ASAN_OPTIONS:-}" UBSAN_OPTIONS="$SANITIZER:${UBSAN_OPTIONS:-}"
export TSAN_OPTIONS="$SANITIZER:${TSAN_OPTIONS:-}"

[ $# -gt 0 ] || {
	echo "usage: tests/net/kill.sh BUILD_DIR [TIMES [ROUNDS]]" >&2
	exit 2
}
BUILD=$(cd -- "$1" && pwd -P) || exit 2
PROJECT=$(cd -- "$(dirname -- "$0")/../.." && pwd -P) || exit 2
times=${2:-20} rounds=${3:-5}

temporary=$(mktemp -d "${TMPDIR:-/tmp}/muster-kill.XXXXXX") || exit 2
temporary=$(cd -- "$temporary" && pwd -P)
. "$PROJECT/tests/net/servers.sh"
. "$PROJECT/tests/net/whole.sh"
trap 'servers_stop; rm -rf "$temporary"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

DOCUMENTS=50
failed=0

# muster VERSION: a run whose documents all say so.
muster() {
	exec "$BUILD/muster" run pipeline.yaml --out here/out --quiet --set "version=$1" \
		>"seen-$1" 2>&1 </dev/null
}

# The version that the output is of, if all of it is.
version() {
	cmp -s here/out/rows.csv here/out/again.csv || {
		echo "neither"
		return
	}
	sed '1d; s/^[^,]*,\([0-9]*\)-.*/\1/' here/out/rows.csv | sort -u | tr '\n' ' ' | sed 's/ $//'
}

# complain WHERE: what is wrong there is in the file `ended`.
complain() {
	[ -s ended ] || return 0
	sed "s/^/$1: /" ended
	failed=$((failed + 1))
}

# check [killed]: the cache and the output.
check() {
	cache_whole cache/muster "$@"
	dataset_whole here/out rows.csv again.csv
	[ $# -gt 0 ] || find here -mindepth 1 -maxdepth 1 ! -name out | sed 's/^/--- left over: /'
}

# ends_well VERSION: a whole run, and the milliseconds that it took in $took.
ends_well() {
	began=$(date +%s%N)
	(muster "$1") || {
		echo "--- exit $?, not 0"
		cat "seen-$1"
	}
	took=$((($(date +%s%N) - began) / 1000000))
	check
	[ "$(version)" = "$1" ] || echo "--- the output is of $(version), not of $1"
}

# kill_one NUMBER: its version is that, and of the one before the number before.
kill_one() {
	moment=$(awk -v seed="$SEED$1" -v took="$took" \
		'BEGIN { srand(seed); printf "%.4f", rand() * took * 1.1 / 1000 }')
	(muster "$1") &
	pid=$!
	sleep "$moment"
	kill -9 "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	{
		check killed
		case $(version) in
		"$1" | "$(($1 - 1))") ;;
		*) echo "--- the output is of $(version), not of $1 or $(($1 - 1))" ;;
		esac
	} >ended
	complain "killed after $moment s"
	ends_well "$1" >ended
	complain "after one that was killed after $moment s"
}

two_at_once() {
	one=$((times + 2 * $1)) other=$((times + 2 * $1 + 1))
	(muster "$one") &
	first=$!
	(muster "$other") &
	second=$!
	{
		wait "$first" || echo "--- the first ends with $?"
		wait "$second" || echo "--- the second ends with $?"
		cat "seen-$one" "seen-$other"
		check
		case $(version) in
		"$one" | "$other") ;;
		*) echo "--- the output is of $(version), not of $one or $other" ;;
		esac
	} >ended
	complain "two at once"
}

SEED=${SEED:-$$}
servers_start "$temporary/servers" || exit 1
mkdir "$temporary/work" "$temporary/work/here" && cd -- "$temporary/work" || exit
export XDG_CACHE_HOME="$PWD/cache"
cat >pipeline.yaml <<END
muster: 1
name: killed
vars: {version: "0"}
sources:
  documents:
    - fetch: http
      url: "$http/doc/{n}/\${version}/killed"
      range: {n: 201..$((200 + DOCUMENTS))}
      allow_private: true
      backoff: 5ms
    - parse: csv
dataset:
  - export: csv
    path: rows.csv
  - export: csv
    path: again.csv
END

ends_well 0 >ended
complain "the first run"
[ "$failed" = 0 ] || exit 1
i=0
while [ "$((i += 1))" -le "$times" ]; do
	kill_one "$i"
done
i=0
while [ "$((i += 1))" -le "$rounds" ]; do
	two_at_once "$i"
done
echo "tests/net/kill.sh: killed $times times (SEED=$SEED), $rounds times two at once, $failed failed"
[ "$failed" = 0 ]
