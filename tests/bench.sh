#!/bin/sh
# How long the main job takes from start to finish, and what of it is the start; an
# empty process, timed in the same run, tells how fast the machine is just then.
#
#     tests/bench.sh BUILD_DIR
set -eu

[ $# -eq 1 ] || {
	echo "usage: tests/bench.sh BUILD_DIR" >&2
	exit 2
}
muster=$1/muster
pipeline=pipelines/nl-police-missions/pipeline.yaml
folder=$(mktemp -d "${TMPDIR:-/tmp}/muster-bench.XXXXXX")
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
cd -- "$(dirname -- "$0")/.."

hyperfine -N --style none --warmup 20 --min-runs 200 --export-json "$folder/times.json" \
	-n true true \
	-n 'muster --version' "$muster --version" \
	-n 'muster check' "$muster check $pipeline" \
	-n 'muster run' "$muster run $pipeline --out $folder/out" >/dev/null

# hyperfine writes one member a line; parts of a second.
echo "wall time in ms        median      mean       min       max"
awk -F '[:,]' '
	$1 ~ /"command"/ { name = $2; gsub(/^ *"|"$/, "", name) }
	$1 ~ /"(mean|median|min|max)"/ { gsub(/[ "]/, "", $1); ms[$1] = $2 * 1000 }
	$1 ~ /"times"/ { printf "%-18s %10.2f%10.2f%10.2f%10.2f\n",
		name, ms["median"], ms["mean"], ms["min"], ms["max"] }' "$folder/times.json"
