#!/bin/sh
# How fast documents come from nginx on the loopback, into an empty cache:
#
#     tests/bench/net.sh BUILD_DIR
#
# 1,000 documents of 20 KB over 8 connections, from the start of muster to its end; then
# the same with all of them in the cache.  A document of 1 GB, until it is in the cache,
# which is the part of fetch/http, and to the end of the run; in turn with `curl -o`, which
# writes it to the same disk and makes no sha256 of it.
#
#     BENCH_ROUNDS  5 turns; medians are printed
#     BENCH_MB      1000, the size of the large one
set -eu
export LC_ALL=C TZ=UTC

[ $# -eq 1 ] || {
	echo "usage: tests/bench/net.sh BUILD_DIR" >&2
	exit 2
}
BUILD=$(cd -- "$1" && pwd -P)
PROJECT=$(cd -- "$(dirname -- "$0")/../.." && pwd -P)
rounds=${BENCH_ROUNDS:-5} mb=${BENCH_MB:-1000}
temporary=$(mktemp -d "${TMPDIR:-/tmp}/muster-bench-net.XXXXXX")
. "$PROJECT/tests/net/servers.sh"
trap 'servers_stop || true; rm -rf "$temporary"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

cd -- "$temporary"
servers_start "$temporary/servers"
export XDG_CACHE_HOME="$temporary/cache"

# pipeline LINE...: fetches as the lines say.
pipeline() {
	printf '%s\n' 'muster: 1' 'name: bench' 'sources:' '  documents:' '    - fetch: http'
	printf '      %s\n' 'allow_private: true' 'stall: 60s' 'timeout: 10m' "$@"
	printf '%s\n' '    - parse: csv' 'dataset:' '  - export: csv' '    path: rows.csv'
}

# took COMMAND...: how many seconds, in $seconds.
took() {
	began=$(date +%s%N)
	"$@" || {
		echo "$* failed" >&2
		exit 1
	}
	seconds=$(echo "$(($(date +%s%N) - began))" | awk '{ printf "%.3f", $1 / 1e9 }')
}

# run PIPELINE
run() {
	took "$BUILD/muster" run "$1" -q --out out --report json=report.json
}

# The seconds of the first stage, which fetches.
fetched() {
	sed -n '/"plugin": "fetch\/http"/,/}/s/.*"seconds": \([^,]*\).*/\1/p' report.json | head -n 1
}

# median FILE COLUMN
median() {
	awk -v c="$2" '{ print $c }' "$1" | sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

documents() {
	mkdir "$servers/site/many"
	awk -v folder="$servers/site/many" 'BEGIN {
		for (d = 1; d <= 1000; d++) {
			file = folder "/" d ".csv"
			print "document,row,text,number" >file
			for (r = 1; r <= 500; r++)
				printf "%d,%d,abcdefghijklmnopqrstuvwxyz%07d,%d\n", d, r, d * r, r % 7 >file
			close(file)
		}
	}'
}

large() {
	awk -v mb="$mb" 'BEGIN {
		for (text = "x"; length(text) < 1000; text = text text)
			;
		text = substr(text, 1, 990)
		print "number,text"
		for (r = 0; r < mb * 1000; r++)
			printf "%08d,%s\n", r, text
	}' >"$servers/site/large.csv"
}

bench_documents() {
	pipeline "url: \"$nginx/many/{n}.csv\"" 'range: {n: 1..1000}' 'connections: 8' >many.yaml
	i=0
	while [ "$((i += 1))" -le "$rounds" ]; do
		rm -rf cache out
		run many.yaml
		printf '%s %s' "$seconds" "$(fetched)"
		run many.yaml
		echo " $seconds"
	done >many
	size=$(cat "$servers"/site/many/*.csv | wc -c)
	awk -v kb="$((size / 1000000))" -v whole="$(median many 1)" -v fetch="$(median many 2)" \
		-v again="$(median many 3)" 'BEGIN {
		printf "1,000 documents of %d KB, 8 connections: %.2f s, of which %.2f s fetching; " \
			"again, when none has changed: %.2f s\n", kb, whole, fetch, again }'
}

bench_large() {
	pipeline "url: \"$nginx/large.csv\"" 'max_size: 8Gi' >large.yaml
	cat "$servers/site/large.csv" >null.csv # into the page cache
	rm null.csv
	i=0
	while [ "$((i += 1))" -le "$rounds" ]; do
		took curl -sS -o alone.csv "$nginx/large.csv"
		rm alone.csv
		curl=$seconds
		rm -rf cache out
		run large.yaml
		echo "$curl $(fetched) $seconds"
	done >rates
	awk -v mb="$mb" -v curl="$(median rates 1)" -v fetch="$(median rates 2)" \
		-v whole="$(median rates 3)" 'BEGIN {
		printf "1 document of %d MB: curl %.2f s, %.0f MB/s; fetch/http %.2f s, %.0f MB/s, " \
			"%.2f times the rate of curl; to the end of the run %.2f s\n",
			mb, curl, mb / curl, fetch, mb / fetch, curl / fetch, whole }'
}

documents
bench_documents
large
bench_large
