#!/usr/bin/env python3
"""What gcovr --json-summary says of each file, added up by folder: lines and branches."""
import collections
import json
import os
import sys

rooms = collections.defaultdict(lambda: [0, 0, 0, 0])
for file in json.load(open(sys.argv[1]))["files"]:
    counts = [file[k] for k in ("line_covered", "line_total", "branch_covered", "branch_total")]
    for name in (os.path.dirname(file["filename"]), "all"):
        rooms[name] = [a + b for a, b in zip(rooms[name], counts)]

everything = rooms.pop("all")
print(f"{'folder':32}{'lines':>8}{'reached':>9}{'branches':>10}{'reached':>9}")
for name, (lines, of, branches, to) in [*sorted(rooms.items()), ("all", everything)]:
    print(f"{name:32}{of:8}{lines / of:9.1%}{to:10}{branches / to if to else 1:9.1%}")
