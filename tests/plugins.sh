#!/bin/sh
# Plugins that misbehave, one fault each: tests/plugins/bad/KIND-NAME.c, whose comments say
# what comes of it (see bad.h there).  Each is one stage of a small pipeline beside good ones,
# with a former dataset in place.  Whatever it does:
#
#     the exit status and the lines are as they should be
#     a run that does not end with 0 leaves the former dataset as it was, and nothing else,
#     unless it says that it has published before
#     one that does has published what it publishes without that plugin
#
# Then what cannot be loaded, in the way of `muster plugins`, `muster explain` and a run.
#
#     tests/plugins.sh BUILD_DIR [KIND-NAME...]
set -u
export LC_ALL=C TZ=UTC TERM=dumb
unset MUSTER_PLUGIN_PATH
umask 022

[ $# -ge 1 ] || {
	echo "usage: tests/plugins.sh BUILD_DIR [KIND-NAME...]" >&2
	exit 2
}
build=$(cd -- "$1" && pwd -P) || exit 2
shift
project=$(cd -- "$(dirname -- "$0")/.." && pwd -P) || exit 2
bad=$project/tests/plugins/bad
# Signals are to end the program as they do without a sanitizer.
signals=handle_segv=0:handle_sigbus=0:handle_abort=0:handle_sigill=0:handle_sigfpe=0
export ASAN_OPTIONS="$signals:exitcode=99:intercept_tls_get_addr=0:${ASAN_OPTIONS:-}"
export TSAN_OPTIONS="$signals:exitcode=99:${TSAN_OPTIONS:-}"
AT_ONCE=4 # of them run side by side

temporary=$(mktemp -d "${TMPDIR:-/tmp}/muster-plugins.XXXXXX") || exit 2
trap 'rm -rf "$temporary"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
cd -- "$temporary" || exit 2

# ---- what is there

compile() {
	${CC:-cc} -std=c17 -D_GNU_SOURCE -g -Wall -Wextra -Werror -shared -fPIC -fvisibility=hidden \
		-I"$project/core/include" -I"$bad" -o "$2" "$1" "$temporary/table.o" -lpthread
}

# A locale with a comma in numbers, where one can be made.
mkdir locales
localedef -i de_DE -f UTF-8 "$PWD/locales/de_DE.UTF-8" >/dev/null 2>&1 &&
	export LOCPATH="$PWD/locales"

# pipeline KIND NAME: with the plugin as the stage of its kind
pipeline() {
	fetch='- fetch: file
      path: list.csv' parse='- parse: csv
      columns: [{name: country}, {name: share, type: number}]' middle='' export=''
	case $1 in
	fetch) fetch="- fetch: $2" ;;
	parse) parse="- parse: $2" ;;
	export) export="- export: $2" ;;
	*) middle="- $1: $2" ;;
	esac
	cat <<-END
		muster: 1
		name: list
		sources:
		  list:
		    $fetch
		    $parse
		    $middle
		dataset:
		  - export: csv
		    path: list.csv
		  $export
	END
}

${CC:-cc} -std=c17 -D_GNU_SOURCE -fPIC -fvisibility=hidden -I"$project/core/include" -c \
	-o table.o "$project/core/sdk/table.c" || exit 1
printf 'country,share\nAlbania,0.5\nBelgium,1.5\nChile,2.5\n' >list.csv
mkdir former
echo former >former/list.csv
cat >former/datapackage.json <<-END
	{"muster": "0", "resources": [{"path": "list.csv"}]}
END

# ---- one of them

wrong() {
	echo "--- $*"
}

directives() {
	sed -n "s/^ \*     $1 //p" "$2"
}

# Runs it, for as long as it may take.
run() {
	args=$(directives args "$1")
	stop=$(directives stop "$1")
	# shellcheck disable=SC2086  # words
	MUSTER_PLUGIN_PATH=$PWD/plugins timeout -k 5 60 "$build/muster" run pipeline.yaml --out out \
		--jobs 2 $args >../$name.report 2>printed </dev/null &
	pid=$!
	if [ -n "$stop" ]; then
		sleep "$stop"
		kill -TERM "$pid"
		asked=$(date +%s)
	fi
	wait "$pid"
	code=$?
	case $args in
	*json=-*) python3 -m json.tool "../$name.report" >/dev/null || wrong "its report is no JSON" ;;
	esac
	cat "../$name.report" >>printed
	[ -z "$stop" ] || [ $(($(date +%s) - asked)) -le 5 ] ||
		wrong "it took more than 5 s to end after SIGTERM"
}

# What stands in the folder of the run when it is over.
left() {
	cmp list.csv ../list.csv
	find . -name '.?*' ! -name . -print
	if [ "$code" = 0 ] || [ -n "$published" ]; then
		cmp out/list.csv list.csv
		find out ! -perm 755 -type d -print -o ! -perm 644 -type f -print
	else
		diff -r out ../former
	fi
}

check() {
	name=$(basename "$1" .c)
	mkdir -p "$name/plugins/${name%%-*}" && cd "$name" || exit 2
	cp ../list.csv .
	cp -R ../former out
	pipeline "${name%%-*}" "${name#*-}" >pipeline.yaml
	compile "$1" "plugins/${name%%-*}/${name#*-}.so" >said 2>&1 || {
		wrong "it cannot be built"
		return
	}
	# shellcheck disable=SC3045  # dash has it, and so has bash
	ulimit -c 0
	run "$1" 2>/dev/null
	[ "$code" = "$(directives exit "$1")" ] ||
		wrong "exit $code, not $(directives exit "$1")"
	sed -i "s|$PWD/||g" printed
	directives line "$1" >lines
	published=$(directives published "$1")
	while read -r line; do
		grep -qF -- "$line" printed || wrong "no line has: $line"
	done <lines
	left >found 2>&1
	[ ! -s found ] || wrong "in its folder: $(cat found)"
}

check_all() {
	n=0
	for name in "$@"; do
		(check "$bad/$name.c" >"$name.said" 2>&1) &
		n=$((n + 1))
		[ $((n % AT_ONCE)) -ne 0 ] || wait
	done
	wait
}

# ---- what cannot be loaded

# expect ARGUMENT...: a muster with these prints $line
expect() {
	MUSTER_PLUGIN_PATH=$PWD/plugins timeout -k 5 60 "$build/muster" "$@" >printed 2>&1 </dev/null
	code=$?
	grep -qF -- "$line" printed || wrong "muster $*: no line has: $line"
}

# What there is besides is told all the same.
check_unloadable() {
	mkdir -p unloadable/plugins/validate unloadable/plugins/parse && cd unloadable || exit 2
	# A check for leaks has an exit status of its own.
	export ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0"
	compile "$bad/validate-exit.c" plugins/validate/exit.so
	for name in parse-constructor-exit parse-constructor-crash; do
		compile "$bad/$name.c" "plugins/parse/${name#*-}.so"
	done
	size=$(wc -c <plugins/validate/exit.so)
	head -c $((size / 2)) plugins/validate/exit.so >plugins/validate/half.so
	head -c $((size - 1)) plugins/validate/exit.so >plugins/validate/most.so
	head -c 20 plugins/validate/exit.so >plugins/validate/start.so
	: >plugins/validate/empty.so
	cp ../list.csv .
	while read -r line; do
		for command in plugins explain; do
			expect "$command"
		done
	done <<-END
		validate/half.so is a shared object cut short: it has $((size / 2)) of $size bytes
		validate/most.so is a shared object cut short: it has $((size - 1)) of $size bytes
		validate/start.so is a shared object cut short: it has 20 of 64 bytes
		validate/empty.so is an empty file, not a shared object
		parse/constructor-exit.so ends the program, with 0, while it is loaded
		parse/constructor-crash.so crashes while it is loaded: Segmentation fault
		csv
	END
	line='csv/ragged' && expect explain csv/ragged
	[ "$code" = 0 ] || wrong "muster explain csv/ragged: exit $code"
	# More than a process may have, where it can be held to that (with sanitizers it cannot).
	echo 'char big[1 << 30];' | cat "$bad/validate-exit.c" - >huge.c
	compile huge.c plugins/validate/huge.so
	pipeline validate huge >pipeline.yaml
	line='muster: out of memory'
	# shellcheck disable=SC3045  # dash has it, and so has bash
	if (ulimit -v 500000 && "$build/muster" --version || exit 1) >/dev/null 2>&1; then
		ulimit -S -v 500000
		expect check pipeline.yaml
		[ "$code" = 3 ] || wrong "a check without memory for validate/huge: exit $code, not 3"
		ulimit -S -v unlimited
	fi
	for name in half most start; do
		pipeline validate "$name" >pipeline.yaml
		line="validate/$name.so is a shared object cut short" && expect run pipeline.yaml --out out
		[ "$code" = 2 ] || wrong "a run with validate/$name: exit $code, not 2"
	done
}

if [ $# -gt 0 ]; then
	check_all "$@"
else
	for file in "$bad"/*.c; do
		name=${file##*/}
		set -- "$@" "${name%.c}"
	done
	check_all "$@"
	(check_unloadable >unloadable.said 2>&1)
	set -- "$@" unloadable
fi
failed=0
for name in "$@"; do
	[ -s "$name.said" ] || continue
	echo "FAILED: $name"
	sed 's/^/    /' "$name.said"
	sed 's/^/    | /' "$name/printed" 2>/dev/null | head -n 20
	failed=$((failed + 1))
done
echo "tests/plugins.sh: $(($# - failed)) passed, $failed failed"
[ "$failed" = 0 ]
