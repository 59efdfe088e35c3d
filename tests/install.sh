#!/bin/sh
# An installed muster, moved to a place that it was not made for, run from a folder
# that is not its own on a pipeline that is not in the source tree.  Then plugins built
# against what was installed and nothing else, as strictly as compilers go, run by it.
#
#     [MODE=asan] tests/install.sh BUILD_DIR
set -eu

[ $# -eq 1 ] || {
	echo "usage: tests/install.sh BUILD_DIR" >&2
	exit 2
}
build=$1
unset MUSTER_PLUGIN_PATH
cd -- "$(dirname -- "$0")/.."
project=$(pwd -P)
export ASAN_OPTIONS="exitcode=99:intercept_tls_get_addr=0:${ASAN_OPTIONS:-}"

folder=$(mktemp -d "${TMPDIR:-/tmp}/muster-install.XXXXXX")
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

die() {
	echo "tests/install.sh: $*" >&2
	exit 1
}

make -s BUILD="$build" DESTDIR="$folder/root" PREFIX=/usr install \
	>"$folder/log" 2>&1 || {
	cat "$folder/log"
	die "make install failed"
}
mv "$folder/root/usr" "$folder/elsewhere"
for file in bin/muster include/muster/plugin.h share/muster/schemas/roster.json \
	lib/muster/plugins/fetch/file.so lib/libmuster-plugin.a lib/pkgconfig/muster-plugin.pc; do
	[ -f "$folder/elsewhere/$file" ] || die "$file was not installed"
done

mkdir -p "$folder/pipelines" "$folder/work"
cp -R "$project/pipelines/nl-police-missions" "$folder/pipelines/"
rm -rf "$folder/pipelines/nl-police-missions/out"
cp -R "$project/schemas" "$folder/"
find "$folder/schemas/reference" -type f ! -name iso3166.csv -delete
cd "$folder/work"
timeout 60 ../elsewhere/bin/muster run ../pipelines/nl-police-missions/pipeline.yaml \
	--out out >"$folder/log" 2>&1 || {
	cat "$folder/log"
	die "the installed muster does not run the pipeline"
}
cmp out/rosters.csv "$project/pipelines/nl-police-missions/expected/rosters.csv" ||
	die "the installed muster gives another dataset"

# Where there is no /proc, as in some containers and build roots.  Sanitizers need it.
if [ "${MODE:-release}" != release ]; then
	echo "skipped: without /proc: a sanitizer runs"
elif unshare -m mount -t tmpfs none /proc 2>/dev/null; then
	unshare -m sh -c 'mount -t tmpfs none /proc && exec "$@"' sh \
		../elsewhere/bin/muster run ../pipelines/nl-police-missions/pipeline.yaml \
		--out out-without-proc >"$folder/log" 2>&1 || {
		cat "$folder/log"
		die "without /proc the installed muster does not find its plugins"
	}
else
	echo "skipped: without /proc: no name space of one's own can be made here"
fi

if [ "${MODE:-release}" != release ]; then
	echo "skipped: plugins built against what is installed: a sanitizer is in it"
	echo "tests/install.sh: passed"
	exit
fi
mkdir -p "$folder/own/src" "$folder/own/plugins/parse" "$folder/own/plugins/validate"
cp "$project/tests/plugins/lines.c" "$project/tests/plugins/few.c" "$folder/own/src"
cd "$folder/own"
PKG_CONFIG_PATH=$folder/elsewhere/lib/pkgconfig
export PKG_CONFIG_PATH
for standard in c11 c17; do
	for plugin in parse/lines validate/few; do
		# shellcheck disable=SC2046  # words
		${CC:-cc} -std=$standard -pedantic -Wall -Wextra -Wconversion -Werror -shared -fPIC \
			-fvisibility=hidden -Wl,-z,defs $(pkg-config --cflags muster-plugin) \
			-o "plugins/$plugin.so" "src/${plugin#*/}.c" \
			$(pkg-config --libs muster-plugin) >"$folder/log" 2>&1 || {
			cat "$folder/log"
			die "$plugin cannot be built against what was installed, as $standard"
		}
	done
done
printf 'Albania 3\nBelgium 12\nChile 1\n' >list.txt
cat >pipeline.yaml <<END
muster: 1
name: own
sources:
  list:
    - fetch: file
      path: list.txt
    - parse: lines
    - validate: few
      most: 10
dataset:
  - transform: consolidate
    key: [country]
  - export: csv
    path: list.csv
END
code=0
MUSTER_PLUGIN_PATH=$folder/own/plugins timeout 60 ../elsewhere/bin/muster run pipeline.yaml \
	--out out >"$folder/log" 2>&1 || code=$?
printf 'country,heads\nAlbania,3\nBelgium,12\nChile,1\n' >expected.csv
if [ "$code" != 0 ] || ! cmp -s expected.csv out/list.csv ||
	! grep -q 'list.txt:2: warning: 12 are more than 10 \[few/many\]' "$folder/log"; then
	cat "$folder/log"
	die "plugins built against what was installed do not run"
fi
echo "tests/install.sh: passed"
