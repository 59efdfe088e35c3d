#!/bin/sh
# Real documents, compared with their right readings, a line of a table each.
#
#     tests/corpus.sh BUILD_DIR FOLDER
#
# FOLDER has pdf/NAME_YYYY_MM.pdf and golden/YYYY_MM.csv.
set -eu

[ $# -eq 2 ] || {
	echo "usage: tests/corpus.sh BUILD_DIR FOLDER" >&2
	exit 2
}
for needed in "$1/muster" "$1/tests/corpus" "$2/golden" "$2/pdf"; do
	[ -e "$needed" ] || {
		echo "there is no $needed" >&2
		exit 2
	}
done
folder=$(mktemp -d "${TMPDIR:-/tmp}/muster-corpus.XXXXXX")
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

echo "| month | rows expected | published just so | rejected | published otherwise | claims | claims that hold | findings |"
echo "|---|---|---|---|---|---|---|---|"
failed=0
for golden in "$2"/golden/*.csv; do
	month=$(basename "$golden" .csv)
	rm -rf "$folder/in" "$folder/out"
	mkdir "$folder/in"
	cp "$2"/pdf/*_"$month".pdf "$folder/in/"
	"$1/muster" run pipelines/un-contributions/pipeline.yaml --set documents="$folder/in" \
		--out "$folder/out" --report json="$folder/report.json" -q >/dev/null || {
		echo "| $month | was not published |" | tee -a "$folder/table"
		failed=1
		continue
	}
	"$1/tests/corpus" "$folder/out/contributions.csv" "$folder/out/rejects.csv" \
		"$folder/report.json" "$golden" "$month" >"$folder/line" || failed=1
	tee -a "$folder/table" <"$folder/line"
done
awk -F '|' '{ for (i = 3; i < 9; i++) sum[i] += $i }
	END { printf "| all "; for (i = 3; i < 9; i++) printf "| %d ", sum[i]; print "| |" }' "$folder/table"
exit $failed
