# shellcheck shell=sh disable=SC2034,SC2154
# What a server may answer, and how it may break off.

good() {
	fetch "$http/doc/100/0/$name"
	run 0
	gives 100 0
}

reset_always() {
	fetch "$http/reset/99/5000/$name"
	run 3
	says "$http/reset/99/5000/$name"
	asked 3
}

# What has come is not asked for again.
reset_twice() {
	fetch "$http/reset/2/5000/$name"
	run 0
	gives 5000 0
	asked 1 "Range: bytes=23068-"
	asked 1 "Range: bytes=34602-"
	asked 2 "If-Range: "
}

range_ignored() {
	fetch "$http/norange/1/5000/$name"
	run 0
	gives 5000 0
	asked 1 "Range: bytes="
}

# The rest is of another version: then all of it is asked for.
resumed_() {
	fetch "$http/resume/$1/$name"
	run 0
	gives 5000 1
	asked 1 "Range: bytes="
}
resumed_etag() { resumed_ etag; }
resumed_date() { resumed_ date; }
resumed_length() { resumed_ length; }
resumed_start() { resumed_ start; }
resumed_416() { resumed_ refused; }
resumed_though_all_is_the_same_but_bytes() { resumed_ all; }

length_too_long() {
	fetch "$http/length/100/$name"
	run 3
	says "$http/length/100/$name"
	asked 3
}

length_too_short() {
	fetch "$http/length/-13/$name"
	run 3
	says "$http/length/-13/$name"
	asked 1
}

# Nothing shows that there is more.
cut_without_length() {
	fetch "$http/cut/close/$name"
	run 0
	gives 40 0
}

cut_in_chunks() {
	fetch "$http/cut/chunked/$name"
	run 3
	says "$http/cut/chunked/$name"
	asked 3
}

cut_by_a_broken_chunk() {
	fetch "$http/cut/broken/$name"
	run 3
	says "$http/cut/broken/$name"
}

trickle() {
	fetch "$http/trickle/$name" 'timeout: 500ms' 'retries: 0'
	run 3
	says "$http/trickle/$name"
	asked 1
	quick 500
}

stall_always() {
	fetch "$http/stall/99/$name" 'stall: 1s' 'retries: 1'
	run 3
	says "$http/stall/99/$name"
	asked 2
	quick 4000
}

stall_once() {
	fetch "$http/stall/1/$name" 'stall: 1s'
	run 0
	gives 5000 0
	asked 2
}

silent() {
	fetch "$http/silent/$name" 'timeout: 300ms' 'retries: 1'
	run 3
	says "$http/silent/$name"
	quick 1000
}

no_answer() {
	fetch "$http/hangup/$name"
	run 3
	says "$http/hangup/$name"
	asked 3
}

nobody_listens() {
	fetch "$nginx.invalid/$name" 'retries: 0'
	sed -i "s/:$NGINX.invalid/:1/" pipeline.yaml
	run 3
	says "http://127.0.0.1:1/$name"
}

no_such_name() {
	fetch "http://elsewhere.invalid/$name" 'retries: 0'
	run 3
	says "http://elsewhere.invalid/$name"
}

not_found() {
	fetch "$nginx/$name"
	run 3
	says "$nginx/$name" 404
	asked 1 GET
}

busy_once_() {
	fetch "$http/busy/$1/1/$2/$name"
	run 0
	gives 5 0
	asked 2
}
busy_429() { busy_once_ 429 0; }
busy_500() { busy_once_ 500 none; }
busy_503() { busy_once_ 503 none; }

retry_after_seconds() {
	busy_once_ 429 1
	[ "$took" -ge 950 ] || say "tried again after $took ms, not a second"
}

retry_after_a_date() {
	busy_once_ 503 date
}

retry_after_a_year() {
	fetch "$http/busy/503/1/31536000/$name" 'max_wait: 1s'
	run 3
	says "$http/busy/503/1/31536000/$name"
	asked 1
	quick 500
}

busy_always() {
	fetch "$http/busy/503/99/0/$name"
	run 3
	says "$http/busy/503/99/0/$name" 503
	asked 3
}

bomb_of_chunks() {
	fetch "$http/bomb/chunked/$name" 'max_size: 1Mi'
	run 3
	says "$http/bomb/chunked/$name" max_size
	asked 1
}

bomb_of_gzip() {
	fetch "$http/bomb/gzip/$name" 'max_size: 64Mi'
	run 3
	says "$http/bomb/gzip/$name" max_size
	asked 1
	quick 5000
}

bomb_of_headers() {
	fetch "$http/bomb/header/$name" 'retries: 0'
	run 3
	says "$http/bomb/header/$name"
}

larger_than_announced_to_be_allowed() {
	fetch "$http/doc/1000/0/$name" 'max_size: 10Ki'
	run 3
	says "$http/doc/1000/0/$name" max_size
	asked 1
}

zipped_() {
	fetch "$http/zipped/$1/$name" 'retries: 1'
	run 3
	says "$http/zipped/$1/$name"
}
zipped_cut() { zipped_ cut; }
zipped_crc() { zipped_ crc; }
zipped_not() { zipped_ not; }
zipped_with_rubbish() { zipped_ rubbish; }

zipped_whole() {
	fetch "$http/zipped/whole/$name"
	run 0
	gives 100 0
}

nginx_gzip() {
	document 1000 0 >"$servers/site/$name.txt"
	fetch "$nginx/gzip/$name.txt"
	run 0
	gives 1000 0
}

file_name_of_the_server() {
	fetch "$http/disposition/$name"
	run 0
	[ -z "$(find .. -name 'evil*')" ] || say "the server's name was taken"
	grep -q evil report.json out/datapackage.json && say "the server's name was taken"
}

method_body_and_headers() {
	fetch "$http/echo/$name" 'method: POST' 'body: "a question"' 'headers: {X-Key: mine}'
	run 0
	grep -q '^POST,mine,.*,a question$' out/rows.csv || cat out/rows.csv
}

ftp() {
	fetch "ftp://127.0.0.1:$FTP/doc/100/0/$name"
	run 0
	gives 100 0
}

ftp_cut() {
	fetch "ftp://127.0.0.1:$FTP/reset/1/5000/$name"
	run 0
	gives 5000 0
	asked 2
}

ftp_cut_always() {
	fetch "ftp://127.0.0.1:$FTP/reset/99/5000/$name"
	run 3
	says "ftp://127.0.0.1:$FTP/reset/99/5000/$name"
	asked 3
}
