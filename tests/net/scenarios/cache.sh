# shellcheck shell=sh disable=SC2034,SC2154
# What is kept from one run to the next.

unchanged() {
	fetch "$http/doc/100/0/$name"
	run 0
	cp out/rows.csv first
	run 0
	cmp first out/rows.csv
	asked 2
	asked 1 If-None-Match
}

unchanged_at_nginx() {
	for i in 1 2 3; do
		document "$i" 0 >"$servers/site/$name-$i"
	done
	fetch "$nginx/$name-{n}" 'range: {n: 1..3}'
	run 0
	cp out/rows.csv first
	run 0
	cmp first out/rows.csv
	asked 6
	asked 3 ' 304 '
}

changed() {
	fetch "$http/turns/$name"
	run 0
	gives 5 0
	run 0
	gives 5 1
	asked 1 If-None-Match
}

# Who says that nothing has changed is believed, unless conditional says not to.
lying_304() {
	fetch "$http/fixed/$name"
	run 0
	run 0
	gives 5 0
	fetch "$http/fixed/$name" 'conditional: false'
	run 0
	gives 5 2
	asked 1 If-None-Match
}

lying_etag_of_a_rest() {
	fetch "$http/resume/etag/$name"
	run 0
	run 0
	gives 5000 1
}

damaged() {
	fetch "$http/doc/100/0/$name"
	run 0
	for file in cache/muster/objects/*/*; do
		chmod u+w "$file"
		echo 'id,name,amount' >"$file"
	done
	run 0
	gives 100 0
	asked 0 If-None-Match
}

shortened() {
	fetch "$http/doc/100/0/$name"
	run 0
	for file in cache/muster/objects/*/* cache/muster/addresses/*/*; do
		chmod u+w "$file"
		: >"$file"
	done
	run 0
	gives 100 0
}

other_headers_are_another_document() {
	fetch "$http/doc/100/0/$name" 'headers: {X-Key: one}'
	run 0
	fetch "$http/doc/100/0/$name" 'headers: {X-Key: two}'
	run 0
	asked 0 If-None-Match
	run 0
	asked 1 If-None-Match
}

left_by_a_killed_run() {
	mkdir -p cache/muster/incoming/999999-abc
	echo half >cache/muster/incoming/999999-abc/1
	fetch "$http/doc/100/0/$name"
	run 0
}

no_room_for_a_cache() {
	export XDG_CACHE_HOME=/dev/null
	fetch "$http/doc/100/0/$name"
	run 3
	says /dev/null
}

interrupted() {
	fetch "$http/stall/99/$name" 'stall: 30s' 'timeout: 30s'
	"$BUILD/muster" run pipeline.yaml --out out >seen 2>&1 &
	pid=$!
	wait_until asked_just 1
	kill -TERM "$pid"
	wait "$pid"
	code=$?
	[ "$code" = 143 ] || say "exit $code"
	cache_whole cache/muster
	diff -r ../former/out out
}
