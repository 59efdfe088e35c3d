#!/bin/sh
# An installed muster, moved to a place that it was not made for, run from a folder
# that is not its own on a pipeline that is not in the source tree.
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
export ASAN_OPTIONS="exitcode=99:${ASAN_OPTIONS:-}"

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
	lib/muster/plugins/fetch/file.so; do
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

# Where there is no /proc, as in some containers and build roots.
if unshare -m mount -t tmpfs none /proc 2>/dev/null; then
	unshare -m sh -c 'mount -t tmpfs none /proc && exec "$@"' sh \
		../elsewhere/bin/muster run ../pipelines/nl-police-missions/pipeline.yaml \
		--out out-without-proc >"$folder/log" 2>&1 || {
		cat "$folder/log"
		die "without /proc the installed muster does not find its plugins"
	}
else
	echo "skipped: without /proc: no name space of one's own can be made here"
fi
echo "tests/install.sh: passed"
