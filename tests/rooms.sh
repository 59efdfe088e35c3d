#!/usr/bin/env bash
# Who may include whom: each room is a folder, and includes only the rooms that stand in
# its line, and itself.  Includes are written with the room: "stage/run.h".
set -euo pipefail
cd "$(dirname "$0")/.."
failed=0

while read -r house room may; do
	[ -n "$house" ] || continue
	for file in "$house/$room"/*.[ch]; do
		while IFS=: read -r line include; do
			case " $room $may " in
			*" ${include%%/*} "*) ;;
			*)
				echo "$file:$line: '$room' may not include \"$include\"; it may include: $may"
				failed=1
				;;
			esac
		done < <(sed -n 's/^#include "\(.*\)"/\1/;T;=;p' "$file" | paste -d: - -)
	done
done <tests/rooms.txt

# A folder that has no line is no room.
for folder in core/*/ plugins/lib/*/ plugins/parse/document/*/; do
	room=$(basename "$folder")
	grep -q "^${folder%/"$room"/} *$room\( \|$\)" tests/rooms.txt || [ "$room" = include ] || {
		echo "$folder: is not listed in tests/rooms.txt"
		failed=1
	}
done
exit $failed
