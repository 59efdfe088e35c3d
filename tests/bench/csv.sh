#!/bin/sh
# How fast CSV is read, checked, counted and published, beside DuckDB on the same files:
#
#     tests/bench/csv.sh BUILD_DIR [PART...]
#
#     start     11 rows: what of the time is the start of the program
#     c         job C: every cell, each row's sum, totals of all groups; writes nothing
#     b         job B: rows and sum of each group, as CSV
#     d         job D: C, and all valid rows as CSV
#     shapes    job C on sorted and shuffled rows, and with line breaks in cells
#     growth    job C on files of BENCH_GROWTH megabytes
#     groups    jobs B and C with BENCH_GROUPS groups whose rows stand anywhere
#     agree     whether what is found is right: agree.sh
#
# All parts unless some are named.  The programs take turns, so that each round finds the
# machine alike; medians are printed.  DuckDB writes what job C finds to a file, muster to a
# report.  Variables:
#
#     BENCH         folder with gen.c, duck.mjs and sql/; ../shared/bench
#     BENCH_DIR     where files and node_modules are kept; BUILD_DIR/bench
#     BENCH_MB      megabytes for c, b and d; 1000.  Shapes, groups and agree take a tenth
#     BENCH_GROWTH  "10 100 1000"; 10000 may be added
#     BENCH_GROUPS  "10 10000 1000000"
#     BENCH_ROUNDS  5
set -eu
export LC_ALL=C

[ $# -ge 1 ] || {
	echo "usage: tests/bench/csv.sh BUILD_DIR [PART...]" >&2
	exit 2
}
build=$(cd -- "$1" && pwd -P)
shift
here=$(cd -- "$(dirname -- "$0")" && pwd -P)
project=$(cd -- "$here/../.." && pwd -P)
bench=${BENCH:-$project/../shared/bench}
dir=${BENCH_DIR:-$build/bench}
mb=${BENCH_MB:-1000}
rounds=${BENCH_ROUNDS:-5}
muster=$build/muster

[ -d "$bench" ] || {
	echo "there is no $bench: how fast CSV is read was not measured"
	exit 0
}
bench=$(cd -- "$bench" && pwd -P)
mkdir -p "$dir"
dir=$(cd -- "$dir" && pwd -P)
trap 'rm -rf "$dir/out"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# ---- the programs.  Each job is given a number of threads and works on $roster and $totals.

duck_get() {
	[ -d "$dir/node_modules/@duckdb/node-api" ] || {
		command -v npm >/dev/null && npm install --no-save --no-fund --no-audit \
			--prefix "$dir" @duckdb/node-api >"$dir/npm.log" 2>&1
	} || return 1
	cp "$bench/duck.mjs" "$dir/duck.mjs"
}

duck_version() {
	sed -n 's/^ *"version": "\(.*\)".*/\1/p' "$dir/node_modules/@duckdb/node-api/package.json"
}

muster_job() {
	program="${named:-muster}, $1" threads=$1
	shift
	turn "$muster" run -q --jobs "$threads" --set roster="$roster" "$@"
}

muster_c() {
	muster_job "$1" "$project/pipelines/roster-totals/pipeline.yaml" --dry-run \
		--set totals="$totals"
}

muster_b() { muster_job "$1" "$here/count.yaml" --out "$dir/out/b" ${2:+"$2"}; }

# Without the sha256 of the document, which DuckDB does not make either.
muster_b_plain() {
	named='muster --no-hash'
	muster_b "$1" --no-hash
	named=
}

muster_d() { muster_job "$1" "$here/publish.yaml" --out "$dir/out/d" --set totals="$totals"; }

duck_job() {
	program="DuckDB, $2"
	! $with_duck || turn node "$dir/duck.mjs" "$2" "$1" "$roster" "$totals" "$dir/out/duck"
}

duck_c() { duck_job "$bench/sql/C.sql" "$1"; }

duck_b() { duck_job "$bench/sql/B.sql" "$1"; }

duck_d() { duck_job "$here/publish.sql" "$1"; }

nothing() {
	program='true, 1'
	turn true
}

# ---- the files: set $roster and $totals, made when they are not there

warm() {
	cat "$roster" "$totals" >/dev/null
}

# generated NAME OPTION...: as gen.c makes them
generated() {
	roster=$dir/roster-$1.csv totals=$dir/totals-$1.csv truth=$dir/truth-$1.csv
	shift
	[ -x "$dir/gen" ] || ${CC:-cc} -O2 -w -o "$dir/gen" "$bench/gen.c"
	[ -f "$truth" ] || {
		"$dir/gen" "$@" -o "$roster" -t "$totals" -T "$truth.new" 2>/dev/null
		mv "$truth.new" "$truth"
	}
	warm
}

planted() {
	name=$1 size=$2
	shift 2
	generated "$name" -b "${size}000000" -k 100 -g 20 "$@"
}

# The totals of $roster as its rows add up, so that job D has something to publish.
added_up() {
	totals=${roster%.csv}-added.csv
	[ -f "$totals" ] || {
		"$muster" run -q "$here/count.yaml" --out "$dir/out/added" --set roster="$roster"
		awk -F , -v OFS=, 'NR == 1 || substr($1, 6, 2) <= 12 { print $1, $2, $3 }' \
			"$dir/out/added/groups.csv" >"$totals.new"
		mv "$totals.new" "$totals"
	}
}

grouped() {
	roster=$dir/roster-groups-$1-$2.csv totals=$dir/totals-groups-$1-$2.csv
	[ -f "$totals" ] || {
		"$build/tests/bench/groups" "$1" "${2}000000" "$roster" "$totals.new"
		mv "$totals.new" "$totals"
	}
	warm
}

# ---- turns

# turn COMMAND...: of $program.  Exit status 1 says that the data is wrong.
turn() {
	rm -rf "$dir/out"
	mkdir -p "$dir/out"
	status=0
	"$build/tests/bench/took" "$dir/took" "$@" >"$dir/printed" 2>&1 || status=$?
	[ "$status" -le 1 ] || {
		cat "$dir/printed"
		echo "exit status $status: $*" >&2
		exit 1
	}
	echo "$label|$program|$(wc -c <"$roster")|$(tail -n 1 "$dir/took")" >>"$dir/turns"
}

# turns LABEL JOB...: each "NAME THREADS"; the first round does not count.
turns() {
	label=$1
	shift
	for round in $(seq 0 "$rounds"); do
		[ "$round" -gt 1 ] || : >"$dir/turns"
		for job in "$@"; do
			$job
		done
	done
	awk -f "$here/turns.awk" "$dir/turns"
}

part_start() {
	generated few -n 11
	turns 'job C, 11 rows' 'muster_c 1' 'duck_c 1' nothing
}

part_c() {
	planted "$mb" "$mb"
	turns "job C, $mb MB" 'muster_c 2' 'duck_c 2' 'muster_c 1' 'duck_c 1'
}

part_b() {
	planted "$mb" "$mb"
	turns "job B, $mb MB" 'muster_b 2' 'muster_b_plain 2' 'duck_b 2' 'muster_b 1' \
		'muster_b_plain 1' 'duck_b 1'
}

part_d() {
	planted "$mb" "$mb"
	added_up
	turns "job D, $mb MB" 'muster_d 2' 'duck_d 2'
}

part_shapes() {
	tenth=$((mb / 10))
	planted "$tenth" "$tenth"
	turns "job C, $tenth MB" 'muster_c 2' 'duck_c 2'
	planted "$tenth-shuffled" "$tenth" -S
	turns '  shuffled' 'muster_c 2' 'duck_c 2'
	planted "$tenth-breaks" "$tenth" -N
	turns '  line breaks in cells' 'muster_c 2' 'duck_c 2'
}

part_growth() {
	for size in ${BENCH_GROWTH:-10 100 1000}; do
		planted "$size" "$size"
		turns "job C, $size MB" 'muster_c 2' 'duck_c 2'
	done
}

part_groups() {
	for groups in ${BENCH_GROUPS:-10 10000 1000000}; do
		grouped "$groups" $((mb / 10))
		turns "job B, $groups groups" 'muster_b 2' 'duck_b 2'
		turns "job C, $groups groups" 'muster_c 2' 'duck_c 2'
	done
}

part_agree() {
	tenth=$((mb / 10))
	! $with_duck || export DUCK="$dir"
	for shape in '' -N; do
		# shellcheck disable=SC2086  # no option where there is none
		planted "$tenth${shape:+-breaks}" "$tenth" $shape
		BENCH=$bench "$here/agree.sh" "$build" "$roster" "$totals" "$truth"
	done
	# Shuffled, what was planted is not where the generator says.
	planted "$tenth-shuffled" "$tenth" -S
	BENCH=$bench "$here/agree.sh" "$build" "$roster" "$totals"
}

# ---- all of it

machine() {
	echo "machine: $(lscpu | sed -n 's/^Model name: *//p'), $(nproc) cores," \
		"$(awk '/MemTotal/ { printf "%.1f GiB", $2 / 1048576 }' /proc/meminfo), Linux $(uname -r)"
	echo "compiler of muster: $(cut -d ' ' -f 1 "$build/flags" | xargs -I {} sh -c '{} --version' |
		head -n 1)"
	if $with_duck; then
		echo "DuckDB: @duckdb/node-api $(duck_version), node $(node --version)"
	else
		echo "DuckDB: was not measured, since npm could not install @duckdb/node-api"
	fi
	echo "medians of $rounds turns each; files in the page cache; ratio to muster with as many threads"
}

with_duck=false
! duck_get || with_duck=true
machine
printf '\n%-22s %-18s %9s %9s %9s %9s %9s %9s\n' job 'program, threads' 'wall s' fastest 'CPU s' \
	MB/s 'peak MiB' ratio
[ $# -gt 0 ] || set -- start c b d shapes growth groups agree
for part in "$@"; do
	case $part in
	start | c | b | d | shapes | growth | groups | agree) "part_$part" ;;
	*)
		echo "there is no part $part" >&2
		exit 2 ;;
	esac
done
