#!/bin/sh
# Whether muster finds in a roster what is wrong with it, whoever looks:
#
#     tests/bench/agree.sh BUILD_DIR ROSTER TOTALS [TRUTH]
#
# runs pipelines/roster-totals and compares its report with what the generator says that
# it planted (TRUTH, rows in the order of the file) and with what DuckDB finds (DUCK: a
# folder with duck.mjs, C.sql and node_modules; without it this is left out).  Then that
# reports and outputs are the same, byte for byte, whatever the number of --jobs (JOBS).
# What differs is printed.
set -eu
export LC_ALL=C

[ $# -eq 3 ] || [ $# -eq 4 ] || {
	echo "usage: tests/bench/agree.sh BUILD_DIR ROSTER TOTALS [TRUTH]" >&2
	exit 2
}
muster=$1/muster roster=$(realpath -- "$2") totals=$(realpath -- "$3") truth=${4:-}
project=$(cd -- "$(dirname -- "$0")/../.." && pwd -P)
folder=$(mktemp -d "${TMPDIR:-/tmp}/muster-agree.XXXXXX")
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
bench=${BENCH:-$project/../shared/bench}
good=true

# same WHAT EXPECTED SEEN
same() {
	if cmp -s "$2" "$3"; then
		echo "same: $1 ($(wc -l <"$2") lines)"
	else
		echo "DIFFERS: $1: expected (-) and seen (+)"
		diff -u "$2" "$3" | sed 1,2d | grep '^[-+]' | head -n 20 || true
		good=false
	fi
}

# run PIPELINE JOBS [--set TOTALS]: gives a folder NAME-JOBS with the report, without times, what
# was printed and, when something was published, out/.  Findings are no failure here.
run() {
	pipeline=$1 jobs=$2 to=$folder/$(basename "${1%/pipeline.yaml}" .yaml)-$2 status=0
	shift 2
	mkdir "$to"
	"$muster" run "$project/$pipeline" --jobs "$jobs" --set roster="$roster" "$@" \
		--out "$folder/out" --report json="$to/report.json" >"$to/text" || status=$?
	[ "$status" -le 1 ] || exit "$status"
	sed -i '/"seconds":/d' "$to/report.json"
	[ ! -d "$folder/out" ] || mv "$folder/out" "$to/out"
}

# Of each finding: document, line, field, code.  The report has a member a line, and
# those of a finding itself are six spaces in.
findings() {
	awk -v OFS='\t' '
		/^    }/ && code { print document, line, field, code; code = document = line = field = "" }
		!/^      "/ { next }
		{ value = $0; sub(/^ *"[a-z_]*": "?/, "", value); sub(/"?,?$/, "", value) }
		/^      "code"/ { code = value }
		/^      "document"/ { document = value }
		/^      "line"/ { line = value }
		/^      "field"/ { field = value }' "$1"
}

# Of each line of ROSTER that findings (standard input: line, field, code) name: number and
# text of its row, field, code.  A row goes on while a quote is open.
rows() {
	awk -v OFS='\t' '
		NR == FNR { found[$1] = found[$1] (found[$1] ? "\n" : "") $2 OFS $3; next }
		{
			text = row_open ? text "\\n" $0 : $0
			if (FNR in found)
				here = here (here ? "\n" : "") found[FNR]
			if (index($0, "\"") && gsub(/"/, "\"") % 2)
				row_open = !row_open
			if (row_open)
				next
			if (here) {
				n = split(here, each, "\n")
				for (i = 1; i <= n; i++)
					print row, each[i], text
			}
			here = ""
			row++
		}' - "$roster"
}

run pipelines/roster-totals/pipeline.yaml 1 --set totals="$totals"
findings "$folder/roster-totals-1/report.json" >"$folder/findings"
of_document() {
	awk -F '\t' -v OFS='\t' -v d="$1" '$1 == d { print $2, $3, $4 }' "$folder/findings"
}
of_document "$roster" | rows >"$folder/rows"

# ---- what was planted: "row column rule"

if [ -n "$truth" ]; then
	awk -F , '$3 == "type" || $3 == "rowsum" { print $1, $2, $3 }' "$truth" | sort >"$folder/planted"
	awk -F '\t' '{ print $1, $2, $3 == "balance/mismatch" ? "rowsum" : "type" }' "$folder/rows" |
		sort >"$folder/seen"
	same 'rows and cells that were planted' "$folder/planted" "$folder/seen"
fi

# ---- what DuckDB finds: the rows in its order of columns, with what is wrong as one number

duck() {
	node "$DUCK/duck.mjs" 2 "$bench/sql/$1.sql" "$roster" "$totals" "$2"
}

if [ -d "${DUCK:-}" ]; then
	duck C "$folder/duck"
	awk 'NR > 1 { text = row_open ? text "\\n" $0 : $0
		if (gsub(/"/, "\"") % 2) row_open = !row_open
		if (!row_open) print text }' "$folder/duck" | sort >"$folder/duck.rows"
	awk -F '\t' '
		BEGIN {
			n = split("period iso3 country mission personnel_type female male total", name, " ")
			for (i = 1; i <= n; i++) bit[name[i]] = 2 ^ (i - 1)
		}
		{ wrong[$1] += $3 == "balance/mismatch" ? 256 : bit[$2]; text[$1] = $4 }
		END {
			for (row in text) {
				head = substr(text[row], 1, match(text[row], /,[^,]*,/) - 1)
				rest = substr(text[row], length(head) + 2)
				match(rest, /,[^,]*,[^,]*,[^,]*,[^,]*,[^,]*$/)
				start = substr(rest, 1, RSTART - 1)
				split(substr(rest, RSTART + 1), cell, ",")
				print head "," cell[1] "," start "," cell[2] "," cell[3] "," cell[4] "," \
					cell[5] "," wrong[row]
			}
		}' "$folder/rows" | sort >"$folder/seen"
	same 'wrong rows that DuckDB finds' "$folder/duck.rows" "$folder/seen"

	# A group that cannot be evaluated may be one that agrees.
	sed 1d "$folder/duck.groups" | cut -d , -f 1,2 | sort >"$folder/groups"
	of_document "$totals" | awk 'NR == FNR { code[$1] = $3; next }
		FNR in code { split($0, c, ","); print c[1] "," c[2], code[FNR] }' - "$totals" |
		sort >"$folder/told"
	awk 'NR == FNR { differs[$1] = 1; next }
		$1 in differs || $2 != "totals/unevaluated" { print $1 }' \
		"$folder/groups" "$folder/told" >"$folder/seen"
	same 'groups whose totals differ, as DuckDB finds' "$folder/groups" "$folder/seen"
fi

# ---- counts, and totals as they add up, so that there is something to publish

run tests/bench/count.yaml 1
if [ -d "${DUCK:-}" ]; then
	duck B "$folder/duck.counts"
	sed 1d "$folder/duck.counts" | sort >"$folder/counts"
	sed 1d "$folder/count-1/out/groups.csv" | sort >"$folder/seen"
	same 'counts and sums that DuckDB finds' "$folder/counts" "$folder/seen"
fi
awk -F , -v OFS=, 'NR == 1 || substr($1, 6, 2) <= 12 { print $1, $2, $3 }' \
	"$folder/count-1/out/groups.csv" >"$folder/totals.csv"

# ---- the same with any number of jobs

run tests/bench/publish.yaml 1 --set totals="$folder/totals.csv"
for jobs in ${JOBS:-2 4}; do
	run pipelines/roster-totals/pipeline.yaml "$jobs" --set totals="$totals"
	run tests/bench/count.yaml "$jobs"
	run tests/bench/publish.yaml "$jobs" --set totals="$folder/totals.csv"
	for name in roster-totals count publish; do
		if diff -r "$folder/$name-1" "$folder/$name-$jobs" >"$folder/diff"; then
			echo "same: $name with --jobs $jobs ($(find "$folder/$name-1" -type f | wc -l) files)"
		else
			echo "DIFFERS: $name with --jobs 1 (<) and with --jobs $jobs (>)"
			head -n 20 "$folder/diff"
			good=false
		fi
	done
done
$good
