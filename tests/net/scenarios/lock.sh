# shellcheck shell=sh disable=SC2034,SC2154
# Runs that are repeated, and publishers who change their documents.

# put_ DAY: what is read is now the document of nginx, changed on that day of January.
put_() {
	cat >"$servers/site/$name.csv"
	touch -d "2024-01-$1" "$servers/site/$name.csv"
}

# counts_ NUMBER: a roster with that many in the Netherlands.
counts_() {
	printf 'country,police\nDEU,4\nNLD,%s\n' "$1"
}

roster_() {
	parse='    - parse: csv
      columns: [{name: country}, {name: police, type: integer, measure: true}]'
	fetch "$nginx/$name.csv"
}

# Nothing but the cache and the lock is needed, though the document is gone.
offline() {
	counts_ 28 | put_ 01
	roster_
	ends 0 lock pipeline.yaml
	rm "$servers/site/$name.csv"
	run 0 --offline
	counts_ 28 | cmp - out/rows.csv
	asked 1
}

offline_without_a_lock() {
	counts_ 28 | put_ 01
	roster_
	run 2 --offline
	says muster.lock
	asked 0
}

offline_and_damaged() {
	counts_ 28 | put_ 01
	roster_
	ends 0 lock pipeline.yaml
	for file in cache/muster/objects/*/*; do
		chmod u+w "$file"
		counts_ 29 >"$file"
	done
	run 3 --offline
	says "$nginx/$name.csv"
	asked 1
}

locked() {
	counts_ 28 | put_ 01
	roster_
	ends 0 lock pipeline.yaml
	run 0 --locked
	counts_ 28 | cmp - out/rows.csv
}

locked_and_changed() {
	counts_ 28 | put_ 01
	roster_
	ends 0 lock pipeline.yaml
	counts_ 31 | put_ 02
	run 4 --locked
	says "$nginx/$name.csv" NLD 28 31 police
	grep -q run/cell-changed report.json || say "no cell is told in report.json"
	run 0 --offline
	counts_ 28 | cmp - out/rows.csv
}

locked_and_a_row_more() {
	counts_ 28 | put_ 01
	roster_
	ends 0 lock pipeline.yaml
	{
		counts_ 28
		echo LUX,1
	} | put_ 02
	run 4 --locked
	says "$nginx/$name.csv" LUX
	grep -q run/row-added report.json || say "no row is told in report.json"
}

# Other bytes that say the same are another document all the same.
locked_and_written_otherwise() {
	counts_ 28 | put_ 01
	roster_
	ends 0 lock pipeline.yaml
	counts_ 28 | sed 's/$/\r/' | put_ 02
	run 4 --locked
	says "$nginx/$name.csv" 'no cell'
}

locked_without_a_lock() {
	counts_ 28 | put_ 01
	roster_
	muster run pipeline.yaml --out out --locked
	case $code in
	2 | 3 | 4) says muster.lock ;;
	*) say "exit $code" ;;
	esac
	diff -r ../former/out out
}

lock_is_no_lock() {
	counts_ 28 | put_ 01
	roster_
	echo '{"muster": 1, "pipelines": [' >muster.lock
	run 2 --locked
	says muster.lock
	run 2 --offline
	says muster.lock
}

lock_stays_the_same() {
	counts_ 28 | put_ 01
	roster_
	ends 0 lock pipeline.yaml
	cp muster.lock first
	ends 0 lock pipeline.yaml
	cmp first muster.lock
	rm -r cache/muster
	sleep 1 # so that the document comes at another time
	ends 0 lock pipeline.yaml
	cmp first muster.lock
}

lock_stays_the_same_but_for_what_the_server_calls_it() {
	counts_ 28 | put_ 01
	roster_
	ends 0 lock pipeline.yaml
	cp muster.lock first
	counts_ 28 | put_ 02
	ends 0 lock pipeline.yaml
	diff first muster.lock | grep '^[<>]' | grep -Ev '"(etag|last_modified)"'
}

lock_without_secrets() {
	export WORD=hush-word TOKEN=hush-token
	# shellcheck disable=SC2016
	{
		vars='vars: {word: {env: WORD, secret: true}, token: {env: TOKEN, secret: true}}'
		fetch "$http/auth/$name" 'user: ann' 'password: "${word}"' \
			'headers: {X-Key: "${token}", X-Plain: "plain"}'
	}
	ends 0 lock pipeline.yaml
	[ -s muster.lock ] || say "there is no lock"
	unset WORD TOKEN
	fetch "$http/auth/$name" 'password: hush-clear' 'user: ann' 'token: hush-clear'
	muster lock pipeline.yaml
	grep hush- seen muster.lock
}

# two_: a pipeline of two sources, a and b.
two_() {
	for source in a b; do
		sed -n '/^    - fetch/,/columns/p' pipeline.yaml | sed "s/$name.csv/$name-$source.csv/"
	done >chains
	{
		printf '%s\n' 'muster: 1' 'name: net' sources:
		awk '/- fetch/ { print "  " substr("ab", ++n, 1) ":" } 1' chains
		printf '%s\n' 'dataset:' '  - export: csv' '    path: rows.csv'
	} >two.yaml
	mv two.yaml pipeline.yaml
}

lock_update() {
	counts_ 28 | tee "$servers/site/$name-a.csv" "$servers/site/$name-b.csv" >rows
	roster_
	two_
	ends 0 lock pipeline.yaml
	grep sha256 muster.lock | sort | uniq -c >first
	counts_ 310 | tee "$servers/site/$name-a.csv" "$servers/site/$name-b.csv" >rows
	ends 0 lock --update b pipeline.yaml
	run 4 --locked
	says "$name-a.csv"
	grep -F "$name-b.csv" seen && say "b is not locked as it is now"
	run 0 --offline
	{
		counts_ 28
		counts_ 310 | sed 1d
	} | cmp - out/rows.csv
}

lock_update_of_no_source() {
	counts_ 28 | put_ 01
	roster_
	ends 2 lock --update nobody pipeline.yaml
	says "no source 'nobody'"
}

# A letter that states its date.
letter_() {
	printf 'Police as of %s\nCountry Police\nNetherlands %s\nTotal %s\n' "$1" "$2" "$2"
}

dated_() {
	parse='    - parse: document
      language: en
      tables:
        - name: police
          begin: "Police as of (?<day>\\d+ \\w+ \\d{4})"
          columns:
            - {name: as_of, capture: day, type: date}
            - {name: country, header: Country}
            - {name: police, header: Police, type: integer, measure: true}
          claims:
            - {name: total, match: "^Total", last: true}'
	fetch "$nginx/$name.csv"
}

silent_revision() {
	letter_ '1 January 2024' 28 | put_ 01
	dated_
	run 0
	letter_ '1 January 2024' 31 | put_ 02
	run 0
	grep -q run/silent-revision report.json || say "nobody noticed"
	letter_ '2 January 2024' 32 | put_ 03
	run 0
	grep -q run/silent-revision report.json && say "a new date is no silent revision"
}

# A pipeline that reads the date otherwise than before, of the same document.
other_date_of_the_same() {
	letter_ '1 January 2024' 28 | put_ 01
	dated_
	run 0
	grep -q run/two-dates report.json && say "there was no run before"
	sed -i 's/type: date/type: date, month_end: true/' pipeline.yaml
	run 0
	says 'is read as of 2024-01-31, and the same bytes were read before as of 2024-01-01' \
		'[run/two-dates]'
}

silent_revision_of_what_is_locked() {
	letter_ '1 January 2024' 28 | put_ 01
	dated_
	ends 0 lock pipeline.yaml
	letter_ '1 January 2024' 31 | put_ 02
	rm -r cache/muster/addresses
	run 0
	grep -q run/silent-revision report.json || say "nobody noticed"
	run 4 --locked
	says 28 31
}
