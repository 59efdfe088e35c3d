#!/bin/sh
# Sources from the network: runs against nginx, and against a server that does wrong.
#
#     tests/net.sh BUILD_DIR [NAME...]
#
# A scenario is a function of a file in tests/net/scenarios/ (one whose name ends in _
# is a part of others).  It is run in a folder of
# its own, with a cache of its own and a former dataset in out/, and fails when it prints
# something.  What it can use are the functions below, the ports and addresses of
# tests/net/servers.sh, and $name, its own: servers count requests by path, so every
# path it asks for has that in it.

set -u
export LC_ALL=C TZ=UTC TERM=dumb
unset MUSTER_PLUGIN_PATH COLUMNS CDPATH

SANITIZER=exitcode=99
# gcc 12's would take thread-local storage of libraries that plugins bring for something
# else, and break down over it when it looks for leaks.
export ASAN_OPTIONS="$SANITIZER:intercept_tls_get_addr=0:${ASAN_OPTIONS:-}"
export LSAN_OPTIONS="$SANITIZER:${LSAN_OPTIONS:-}"
export TSAN_OPTIONS="$SANITIZER:${TSAN_OPTIONS:-}"
export UBSAN_OPTIONS="$SANITIZER:print_stacktrace=1:${UBSAN_OPTIONS:-}"

SLACK=2000 # milliseconds that a loaded machine may take longer

[ $# -gt 0 ] || {
	echo "usage: tests/net.sh BUILD_DIR [NAME...]" >&2
	exit 2
}
BUILD=$(cd -- "$1" && pwd -P) || exit 2
PROJECT=$(cd -- "$(dirname -- "$0")/.." && pwd -P) || exit 2
shift
[ -x "$BUILD/muster" ] || {
	echo "there is no $BUILD/muster: make builds it" >&2
	exit 2
}

temporary=$(mktemp -d "${TMPDIR:-/tmp}/muster-net.XXXXXX") || exit 2
temporary=$(cd -- "$temporary" && pwd -P)
. "$PROJECT/tests/net/servers.sh"
. "$PROJECT/tests/net/whole.sh"
trap 'servers_stop; [ -n "${KEEP:-}" ] || rm -rf "$temporary"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# ------------------------------------------------------- what scenarios are made of

say() {
	echo "--- $*"
}

# fetch URL [LINE...]: writes a pipeline that fetches from there; the lines are more
# options.  Unless they say otherwise, nothing is waited for that need not be.
fetch() {
	first="url: \"$1\""
	shift
	fetch_options "$first" "$@"
}

# fetch_options LINE...: likewise, with these options alone.
fetch_options() {
	for line in 'allow_private: true' 'retries: 2' 'backoff: 5ms' 'connect_timeout: 5s' \
		'stall: 10s' 'timeout: 30s'; do
		case " $* " in
		*" ${line%%:*}: "*) ;;
		*) set -- "$@" "$line" ;;
		esac
	done
	{
		printf '%s\n' 'muster: 1' 'name: net' "${vars:-vars: {\}}" 'sources:' '  documents:' \
			'    - fetch: http'
		printf '      %s\n' "$@"
		printf '%s\n' "${parse:-    - parse: csv}" 'dataset:' '  - export: csv' \
			'    path: rows.csv'
	} >pipeline.yaml
}

# muster ARGUMENT...: its exit status in $code, how many milliseconds it took in $took,
# and in seen what it printed.
muster() {
	began=$(date +%s%N)
	timeout 60 "$BUILD/muster" "$@" >seen.out 2>seen.err </dev/null
	code=$?
	took=$((($(date +%s%N) - began) / 1000000))
	cat seen.out seen.err >seen
}

# ends CODE ARGUMENT...: muster ends like that, gives no secret away, and leaves a cache
# that is whole, and a dataset that is, too.
ends() {
	wanted=$1
	shift
	rm -rf before
	cp -R out before
	muster "$@"
	[ "$code" = "$wanted" ] || {
		say "muster $*: exit $code, not $wanted"
		head -n 40 seen
	}
	[ "$code" = 0 ] || diff -r before out || say "muster $*: out/ has changed"
	cache_whole cache/muster
	dataset_whole out rows.csv
	grep -rl hush- seen out cache report.json muster.lock 2>/dev/null |
		sed 's/^/--- a secret is in /'
}

run() {
	wanted=$1
	shift
	ends "$wanted" run pipeline.yaml --out out --report text --report json=report.json "$@"
}

# says TEXT...: each is in what was printed last.
says() {
	for text in "$@"; do
		grep -qF -- "$text" seen || {
			say "is not said: $text"
			cat seen
		}
	done
}

# document ROWS VERSION: what the fault server gives under /doc/ROWS/VERSION/.
document() {
	curl -sS --noproxy '*' "$http/doc/$1/$2/expected"
}

# gives ROWS VERSION: the dataset is that document.
gives() {
	document "$1" "$2" >expected
	cmp expected out/rows.csv || say "not version $2 with $1 rows"
}

# asked N [TEXT]: the servers got so many requests for a path of this scenario, with the
# text in their line of the log.
asked() {
	wait_briefly asked_just "$@" || {
		say "not $1 requests${2:+ with $2}:"
		cat requests
	}
}

asked_just() {
	cat "$asked_log" "$nginx_log" | grep -E "/$name([-.;? ]|\$)" >requests
	[ "$(grep -cF -- "${2:-}" requests)" = "$1" ]
}

# quick MS: it took no longer than so many milliseconds; sanitisers take their time.
quick() {
	[ "$took" -le $(($1 + SLACK)) ] || say "it took $took ms, not $1"
}

# skip WHY: the scenario cannot be run here.
skip() {
	echo "$*" >skipped
}

# ------------------------------------------------------------------------- running

former() {
	mkdir "$temporary/former"
	cd -- "$temporary/former" || exit
	printf 'id,name,amount\n1,former,1\n' >rows
	printf '%s\n' 'muster: 1' 'name: net' 'sources:' '  documents:' '    - fetch: file' \
		'      path: rows' '    - parse: csv' 'dataset:' '  - export: csv' \
		'    path: rows.csv' >pipeline.yaml
	"$BUILD/muster" run pipeline.yaml --out out >seen 2>&1 || {
		cat seen
		exit 2
	}
	echo 'a file of my own' >out/mine.txt
}

scenario() {
	mkdir -p "$temporary/$name/cache"
	cd -- "$temporary/$name" || exit
	cp -R "$temporary/former/out" out
	export XDG_CACHE_HOME="$PWD/cache"
	unset vars parse
	"$name" 2>&1
}

passed=0 failed=0 skipped=0
scenario_run() {
	started=$(date +%s%N)
	complaints=$(scenario)
	[ -z "${VERBOSE:-}" ] || echo "$name: $((($(date +%s%N) - started) / 1000000)) ms"
	if [ -n "$complaints" ]; then
		echo "FAILED: $name"
		printf '%s\n' "$complaints" | sed 's/^/    /'
		failed=$((failed + 1))
	elif [ -f "$temporary/$name/skipped" ]; then
		echo "skipped: $name: $(cat "$temporary/$name/skipped")"
		skipped=$((skipped + 1))
	else
		passed=$((passed + 1))
	fi
}

former
servers_start "$temporary/servers" || exit 1
for file in "$PROJECT"/tests/net/scenarios/*.sh; do
	# shellcheck source=/dev/null
	. "$file"
done
sed -n 's/^\([a-z0-9_]*[a-z0-9]\)() {.*/\1/p' "$PROJECT"/tests/net/scenarios/*.sh >"$temporary/names"
while read -r name; do
	case " $* " in
	"  " | *" $name "*) scenario_run ;;
	esac
done <"$temporary/names"
[ $((passed + failed + skipped)) -gt 0 ] || {
	echo "there is no such scenario"
	failed=1
}
[ ! -s "$servers/server.err" ] || {
	echo "FAILED: the fault server has broken down:"
	cat "$servers/server.err"
	failed=$((failed + 1))
}
echo "tests/net.sh: $passed passed, $failed failed"
[ "$failed" = 0 ]
