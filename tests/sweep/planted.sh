#!/bin/sh
# Stands before muster and does what it must not do when a run fails: the sweep has to
# find it.  PLANT names what, and is the violation that this is; MUSTER is what runs.
out=
for argument; do
	[ "$before" != --out ] || out=$argument
	before=$argument
done

if [ "$PLANT" = silent ]; then
	"$MUSTER" "$@" >/dev/null 2>&1
else
	"$MUSTER" "$@"
fi
code=$?
[ $code -ne 0 ] || exit 0

case $PLANT in
exit) kill -SEGV $$ ;;
zero) exit 0 ;;
blames) exit 1 ;;
dataset) : >"$out/rosters.csv" ;;
left | next) : >"$out/../.out.muster-leaves" ;;
esac
exit $code
