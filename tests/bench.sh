#!/bin/sh
# How long the main job takes from start to finish, and a CSV file of eleven rows, which
# is all start; an empty process, timed in the same run, tells how fast the machine is
# just then.
# Then how long a folder of PDFs takes, beside pdftotext alone on one after the other.
#
#     tests/bench.sh BUILD_DIR [FOLDER_OF_PDFS]
set -eu

[ $# -eq 1 ] || [ $# -eq 2 ] || {
	echo "usage: tests/bench.sh BUILD_DIR [FOLDER_OF_PDFS]" >&2
	exit 2
}
muster=$1/muster
pipeline=pipelines/nl-police-missions/pipeline.yaml
small=tests/cases/csv/eleven-rows/pipeline.yaml
folder=$(mktemp -d "${TMPDIR:-/tmp}/muster-bench.XXXXXX")
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
cd -- "$(dirname -- "$0")/.."

# hyperfine writes one member a line; parts of a second.
print_times() {
	echo "wall time in ms        median      mean       min       max"
	awk -F '[:,]' '
		$1 ~ /"command"/ { name = $2; gsub(/^ *"|"$/, "", name) }
		$1 ~ /"(mean|median|min|max)"/ { gsub(/[ "]/, "", $1); ms[$1] = $2 * 1000 }
		$1 ~ /"times"/ { printf "%-18s %10.2f%10.2f%10.2f%10.2f\n",
			name, ms["median"], ms["mean"], ms["min"], ms["max"] }' "$folder/times.json"
}

hyperfine -N --style none --warmup 20 --min-runs 200 --export-json "$folder/times.json" \
	-n true true \
	-n 'muster --version' "$muster --version" \
	-n 'muster check' "$muster check $pipeline" \
	-n 'muster run' "$muster run $pipeline --out $folder/out" \
	-n 'muster check, CSV' "$muster check $small" \
	-n 'muster run, CSV' "$muster run $small --out $folder/small" >/dev/null

print_times

documents=${2:-}
if [ ! -d "$documents" ]; then
	echo "no folder of PDFs was given: how fast these are read was not measured"
	exit 0
fi
cat >"$folder/alone.sh" <<'END'
for f in "$1"/*.pdf; do pdftotext -bbox-layout "$f" - >/dev/null; done
END
echo
hyperfine -N --style none --warmup 1 --runs 7 --export-json "$folder/times.json" \
	-n pdftotext "sh $folder/alone.sh $documents" \
	-n 'muster run' "$muster run pipelines/un-contributions/pipeline.yaml -q \
		--set documents=$documents --out $folder/un" >/dev/null
print_times
awk -F '[:,]' '$1 ~ /"median"/ { median[n++] = $2 }
	END { printf "ratio of the medians: %.2f\n", median[1] / median[0] }' "$folder/times.json"
