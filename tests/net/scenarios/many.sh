# shellcheck shell=sh disable=SC2034,SC2154
# Many documents.

# rows_of ROWS...: the dataset has the rows of documents of so many rows.
rows_of_() {
	for rows in "$@"; do
		document "$rows" 0 | sed 1d
	done | cmp - rows || cat rows
}

template() {
	fetch "$http/doc/{n}/{v}/$name-{n}-{v}" 'range: {n: 8..12, v: 0..1}'
	run 0
	sed 1d out/rows.csv | grep ,0- >rows
	rows_of_ 8 9 10 11 12
	asked 10
}

list() {
	for i in 3 1 2; do
		echo "$http/doc/$i/0/$name-$i"
	done >addresses.txt
	fetch_options 'list: addresses.txt'
	run 0
	sed 1d out/rows.csv >rows
	rows_of_ 3 1 2
}

one_is_missing() {
	for i in 1 3; do
		document "$i" 0 >"$servers/site/$name-$i"
	done
	fetch "$nginx/$name-{n}" 'range: {n: 1..3}'
	run 3
	says "$nginx/$name-2" 404
	fetch "$nginx/$name-{n}" 'range: {n: 1..3}' 'missing: skip'
	run 0
	says "$nginx/$name-2" '[http/missing]'
	sed 1d out/rows.csv >rows
	rows_of_ 1 3
}

# most_ N: no server had more requests under way, and one had so many.
most_() {
	awk -v most="$1" -v name="/$name-" 'index($0, name) && $2 > n { n = $2 }
		END { if (n != most) print "--- " n " requests at once, not " most }' "$asked_log"
}

connections() {
	fetch "$http/slow/150/{n}/0/$name-{n}" 'range: {n: 1..9}' 'connections: 3'
	run 0
	asked 9
	most_ 3
}

one_connection() {
	fetch "$http/slow/20/{n}/0/$name-{n}" 'range: {n: 1..4}' 'connections: 1'
	run 0
	most_ 1
}

in_the_order_of_addresses() {
	{
		echo "$http/slow/300/3/0/$name-3"
		echo "$http/doc/1/0/$name-1"
		echo "$http/slow/100/2/0/$name-2"
	} >addresses.txt
	fetch_options 'list: addresses.txt'
	run 0
	sed 1d out/rows.csv >rows
	rows_of_ 3 1 2
}

# Those that have come are in the cache, and not asked for again.
one_of_many_breaks_off() {
	{
		echo "$http/doc/1/0/$name-1"
		echo "$http/reset/3/200/$name-2"
	} >addresses.txt
	fetch_options 'list: addresses.txt' 'connections: 1'
	run 3
	says "$http/reset/3/200/$name-2"
	run 0
	asked 1 If-None-Match
}

the_same_twice() {
	{
		echo "$http/doc/1/0/$name"
		echo "$http/doc/1/0/$name"
	} >addresses.txt
	fetch_options 'list: addresses.txt'
	run 2
	says "$http/doc/1/0/$name"
	asked 0
}

too_many() {
	fetch "$http/doc/{n}/0/$name-{n}" 'range: {n: 1..100}' 'max_documents: 99'
	run 2
	says max_documents
	asked 0
}
