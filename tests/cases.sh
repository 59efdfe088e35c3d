#!/bin/sh
# Whole runs, bytes in and bytes out.
#
#     tests/cases.sh BUILD_DIR [AREA | AREA/NAME...]
#
# Each folder tests/cases/AREA/NAME is copied to a temporary one, @ROOT@, where the
# muster of BUILD_DIR is run in it.  Files that a case may have:
#
#     cmd       the arguments, as one line of shell words; "run pipeline.yaml --out out"
#     env       variables for it, as shell words
#     setup     a sh script, run in the copy before; it is given $PROJECT and $SHARED
#     after     likewise, run after; what it prints is compared with expected/after
#     needs     files, one a line, without which the case is skipped
#
#     expected/exit        the exit status; 0
#     expected/stdout      what is printed, when that matters
#     expected/stderr
#     expected/findings    a line "CODE LINE COLUMN" for each, - for what it lacks
#     expected/out/        files that must be in out/ just so, and no others; a database
#                          NAME.db that is empty here must only be there, and
#                          datapackage.json is looked at only when it is here
#     expected/out-before/ what is in out/ before the run, and, unless expected/out
#                          is there, must be all that is in it afterwards
#     expected/no-out      there must be no out/
#
# Besides @ROOT@, these names of folders can stand in cmd, needs, stdout, stderr
# and after: @PROJECT@, and @SHARED@ for the documents beside the project.
#
# Each pipelines/NAME that has a folder expected/ is a case too: the pipeline must
# be valid and give those files.
#
# FULL=1 checks what muster's own plugins give out as fully as what those of others do.
#
# UPDATE=1 writes what was seen over what was expected (for a case without any
# expectation: all there is), to be read before it is believed.

set -u
export LC_ALL=C TZ=UTC TERM=dumb
unset MUSTER_PLUGIN_PATH COLUMNS CDPATH
FULL=${FULL:-}

SANITIZER=exitcode=99
# Sanitizers before gcc 13 and clang 17 take some blocks of thread-local data for those of a glibc
# before 2.25, and LeakSanitizer ends with signal 11.
export ASAN_OPTIONS="$SANITIZER:intercept_tls_get_addr=0:${ASAN_OPTIONS:-}"
export LSAN_OPTIONS="$SANITIZER:${LSAN_OPTIONS:-}"
export TSAN_OPTIONS="$SANITIZER:${TSAN_OPTIONS:-}"
export UBSAN_OPTIONS="$SANITIZER:print_stacktrace=1:${UBSAN_OPTIONS:-}"

SECONDS_MAX=60
DIFF_MAX=60

[ $# -gt 0 ] || {
	echo "usage: tests/cases.sh BUILD_DIR [AREA | AREA/NAME...]" >&2
	exit 2
}
BUILD=$(cd -- "$1" && pwd -P) || exit 2
PROJECT=$(cd -- "$(dirname -- "$0")/.." && pwd -P) || exit 2
SHARED=$(cd -- "${SHARED:-$PROJECT/../shared}" 2>/dev/null && pwd -P) ||
	SHARED=$(dirname -- "$PROJECT")/shared
export PROJECT SHARED
[ -z "$FULL" ] || export MUSTER_PLUGIN_PATH="$BUILD/plugins"
shift
for program in "$BUILD/muster" "$BUILD/tests/findings"; do
	[ -x "$program" ] || {
		echo "there is no $program: make test builds it" >&2
		exit 2
	}
done

update=${UPDATE:-}
temporary=$(mktemp -d "${TMPDIR:-/tmp}/muster-cases.XXXXXX") || exit 2
temporary=$(cd -- "$temporary" && pwd -P)
trap 'rm -rf "$temporary"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
ROOT=$temporary/root
seen=$temporary/seen

# The names of the folders to the folders, as shell words, and back.
names_to_words() {
	sed 's|@\(ROOT\)@|"$\1"|g; s|@\(PROJECT\)@|"$\1"|g; s|@\(SHARED\)@|"$\1"|g'
}

folders_to_names() {
	sed "s|$ROOT|@ROOT@|g; s|$PROJECT|@PROJECT@|g; s|$SHARED|@SHARED@|g"
}

# What a case needs and is not there, or nothing.
missing() {
	[ -f "$1/needs" ] || return 0
	while read -r line; do
		eval "file=$(printf '%s\n' "$line" | names_to_words)"
		# shellcheck disable=SC2154  # set by eval
		[ -e "$file" ] || echo "$line"
	done <"$1/needs"
}

# differs WHAT EXPECTED ACTUAL: says so, or takes it over.
differs() {
	if [ -n "$update" ]; then
		mkdir -p -- "$(dirname -- "$2")" && cp -- "$3" "$2"
		return 0
	fi
	echo "--- $1: expected (-) and seen (+)"
	diff -u -- "$2" "$3" | sed 1,2d | head -n "$DIFF_MAX"
	good=false
}

compare() {
	[ -f "$2" ] || return 0
	case $2 in
	*.db) [ -s "$2" ] || return 0 ;;
	esac
	cmp -s -- "$2" "$3" || differs "$1" "$2" "$3"
}

# Each file of a folder of expectations against the one of the same name.
compare_files() {
	[ -d "$1" ] || return 0
	(cd -- "$1" && find . -type f | sort) >"$seen/list"
	while read -r name; do
		name=${name#./}
		if [ -f "$2/$name" ]; then
			compare "$3/$name" "$1/$name" "$2/$name"
		else
			echo "--- $3/$name: is not there"
			good=false
		fi
	done <"$seen/list"
}

# The other way round: what a run published, and a folder of expectations $1 has not.
# Every dataset has a datapackage.json, and few cases are about it.
surplus() {
	[ -d "$1" ] && [ -d "$2" ] || return 0
	(cd -- "$2" && find . ! -type d ! -path ./datapackage.json | sort) >"$seen/list"
	while read -r name; do
		name=${name#./}
		if [ -e "$1/$name" ]; then
			continue
		elif [ -n "$update" ]; then
			mkdir -p -- "$(dirname -- "$1/$name")" && cp -- "$2/$name" "$1/$name"
		else
			echo "--- out/$name: is not expected"
			good=false
		fi
	done <"$seen/list"
}

compare_exit() {
	code=0
	[ ! -f "$1/exit" ] || code=$(cat "$1/exit")
	[ "$(cat "$seen/exit")" != "$code" ] || return 0
	if [ -n "$update" ]; then
		cp "$seen/exit" "$1/exit"
	else
		echo "--- exit: $(cat "$seen/exit"), not $code"
		good=false
	fi
}

compare_out() {
	compare_files "$1/out" "$ROOT/out" out
	surplus "$1/out" "$ROOT/out"
	if [ -d "$1/out-before" ] && [ ! -d "$1/out" ] &&
		! diff -r -- "$1/out-before" "$ROOT/out" >"$seen/diff" 2>&1; then
		echo "--- out: is not as it was before"
		head -n "$DIFF_MAX" "$seen/diff" | folders_to_names
		good=false
	fi
	if [ -e "$1/no-out" ] && [ -e "$ROOT/out" ]; then
		echo "--- out: is there"
		good=false
	fi
}

# The script $2 of case $1, what it prints to $3.
script() {
	[ -f "$1/$2" ] || return 0
	(cd -- "$ROOT" && BUILD=$BUILD timeout "$SECONDS_MAX" sh -eu "./$2") >"$3" 2>&1 || {
		echo "--- $2: failed"
		head -n "$DIFF_MAX" "$3"
		good=false
	}
}

# Expectations of a new case: everything that was seen.
first_expectations() {
	mkdir -p -- "$1"
	[ "$(cat "$seen/exit")" = 0 ] || cp "$seen/exit" "$1/exit"
	for name in stdout stderr findings after; do
		[ ! -f "$seen/$name" ] || cp "$seen/$name" "$1/$name"
	done
	if [ -d "$ROOT/out" ]; then
		cp -R "$ROOT/out" "$1/out"
	else
		: >"$1/no-out"
	fi
}

# Runs a case in its copy: seen/ then has exit, stdout, stderr, findings.
run() {
	line="run pipeline.yaml --out out"
	[ ! -f "$1/cmd" ] || line=$(cat "$1/cmd")
	case $line in
	*json*) ;;
	run\ *) [ -d "$expected" ] && [ ! -f "$expected/findings" ] ||
		line="$line --report json=report.json" ;;
	esac
	(
		variables=
		[ ! -f "$1/env" ] || variables=$(names_to_words <"$1/env")
		eval "set -- $variables \"\$BUILD/muster\" $(printf '%s\n' "$line" | names_to_words)"
		cd -- "$ROOT" && exec timeout "$SECONDS_MAX" env "$@"
	) >"$seen/stdout.raw" 2>"$seen/stderr.raw" </dev/null
	echo $? >"$seen/exit"
	folders_to_names <"$seen/stdout.raw" >"$seen/stdout"
	folders_to_names <"$seen/stderr.raw" >"$seen/stderr"
	[ ! -f "$ROOT/report.json" ] ||
		"$BUILD/tests/findings" "$PROJECT/schemas/report.schema.json" "$ROOT/report.json" \
			>"$seen/findings" 2>&1 || {
		echo "--- report.json: does not fit its schema"
		cat "$seen/findings"
		good=false
	}
	script "$1" after "$seen/after.raw"
	[ ! -f "$seen/after.raw" ] || folders_to_names <"$seen/after.raw" >"$seen/after"
}

# Whether a case expects more than an exit status.
says_something() {
	for name in findings stdout stderr after out out-before; do
		[ ! -e "$1/$name" ] || return 0
	done
	[ -n "$update" ] || {
		echo "--- expected: nothing but an exit status"
		good=false
	}
}

# A case by its folder.
case_check() {
	expected=$1/expected
	good=true
	says_something "$expected"
	cp -R "$1/." "$ROOT/"
	rm -rf "$ROOT/expected"
	script "$1" setup "$seen/setup"
	[ ! -d "$expected/out-before" ] || cp -R "$expected/out-before" "$ROOT/out"
	run "$1"
	if [ -n "$update" ] && [ ! -d "$expected" ]; then
		first_expectations "$expected"
		return
	fi
	compare_exit "$expected"
	for name in findings stdout stderr after; do
		[ -f "$seen/$name" ] || : >"$seen/$name"
		compare "$name" "$expected/$name" "$seen/$name"
	done
	compare_out "$expected"
	$good || [ -f "$expected/stderr" ] || {
		echo "--- printed on standard error:"
		head -n "$DIFF_MAX" "$seen/stderr"
	}
}

# Counts a case by what came of it; its name and its complaints are printed.
passed=0 failed=0 skipped=0
case_run() {
	rm -rf "$ROOT" "$seen"
	mkdir -p "$ROOT" "$seen"
	missing "$2" >"$seen/needs"
	if [ -s "$seen/needs" ]; then
		echo "skipped: $1: there is no $(head -n 1 "$seen/needs")"
		skipped=$((skipped + 1))
		return
	fi
	"$3" "$2" >"$seen/complaints"
	if [ -s "$seen/complaints" ]; then
		echo "FAILED: $1"
		sed 's/^/    /' "$seen/complaints"
		failed=$((failed + 1))
	else
		passed=$((passed + 1))
	fi
}

# In place, since paths in a pipeline may lead out of its folder.
pipeline_check() {
	good=true
	(cd -- "$PROJECT" && exec timeout "$SECONDS_MAX" "$BUILD/muster" run \
		"${1#"$PROJECT/"}/pipeline.yaml" --out "$ROOT/out") >"$seen/stdout" 2>"$seen/stderr" </dev/null
	echo $? >"$seen/exit"
	[ "$(cat "$seen/exit")" = 0 ] || {
		echo "--- exit: $(cat "$seen/exit")"
		cat "$seen/stdout" "$seen/stderr"
		return
	}
	compare_files "$1/expected" "$ROOT/out" out
	surplus "$1/expected" "$ROOT/out"
}

wanted() {
	[ $# -eq 1 ] && return 0
	name=$1
	shift
	for one in "$@"; do
		[ "$one" != "$name" ] && [ "$one" != "${name%%/*}" ] || return 0
	done
	return 1
}

# What stands beside the areas would not be run.
for folder in "$PROJECT"/tests/cases/*/expected "$PROJECT"/tests/cases/*/cmd; do
	[ ! -e "$folder" ] || {
		echo "${folder%/*}: a case stands in the folder of an area, tests/cases/AREA/NAME" >&2
		exit 2
	}
done

for folder in "$PROJECT"/tests/cases/*/*/ "$PROJECT"/pipelines/*/expected/; do
	folder=${folder%/}
	case $folder in
	*/pipelines/*)
		folder=${folder%/expected}
		name=pipelines/${folder##*/}
		how=pipeline_check ;;
	*)
		name=${folder#"$PROJECT/tests/cases/"}
		how=case_check ;;
	esac
	[ -d "$folder" ] && wanted "$name" "$@" && case_run "$name" "$folder" "$how"
done

[ "$skipped" = 0 ] || echo "$skipped skipped"
[ $((passed + failed + skipped)) -gt 0 ] || {
	echo "there is no such case"
	failed=1
}
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
