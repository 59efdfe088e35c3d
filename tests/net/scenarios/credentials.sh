# shellcheck shell=sh disable=SC2034,SC2154
# Words that must come to those for whom they are, and to nobody else.  All of them
# begin with "hush-", which must turn up nowhere.

secrets_() {
	export WORD="${WORD-hush-word}" TOKEN="${TOKEN-hush-token}"
	vars='vars: {word: {env: WORD, secret: true}, token: {env: TOKEN, secret: true}}'
}

# shellcheck disable=SC2016  # muster's variables
basic='password: "${word}"'
# shellcheck disable=SC2016
bearer='token: "${token}"'
# shellcheck disable=SC2016
header='headers: {X-Key: "${token}"}'

basic_auth() {
	secrets_
	fetch "$http/auth/$name" 'user: ann' "$basic"
	run 0 -v -v
	gives 5 0
}

basic_auth_of_nginx() {
	secrets_
	document 5 0 >"$servers/site/$name"
	fetch "$nginx/private/$name" 'user: ann' "$basic"
	run 0
	gives 5 0
}

bearer_auth() {
	secrets_
	fetch "$http/auth/$name" "$bearer"
	run 0 -v -v
	asked 1 "Authorization: Bearer hush-token"
}

bearer_wrong() {
	TOKEN=hush-other
	secrets_
	fetch "$http/auth/$name" "$bearer"
	run 3 -v -v
	says "$http/auth/$name" 401
	asked 1
}

header_secret() {
	secrets_
	fetch "$http/doc/5/0/$name" "$header"
	run 0 -v -v
	asked 1 "X-Key: hush-token"
	gives 5 0
}

# Another port is another server.
leak_() {
	secrets_
	fetch "$http/to/302/$name?$1/doc/5/0/$name-there" "$2" "${3:-max_redirects: 5}"
	run 0
	asked 1 "GET /doc/5/0/$name-there; "
	grep -F "GET /doc/5/0/$name-there; " requests | grep -F "${4:-hush-}"
}
leak_basic() { leak_ "$other" "$basic" 'user: ann' Authorization; }
leak_bearer() { leak_ "$other" "$bearer"; }
leak_header() { leak_ "$other" "$header"; }
leak_to_a_name() { leak_ "http://localhost:$HTTP" "$bearer"; }

redirect_with_credentials() {
	secrets_
	fetch "$http/to/302/$name?$http/auth/$name-there" "$bearer"
	run 0
	gives 5 0
}

in_a_redirect() {
	fetch "$http/tempt/302/$name?$other/busy/404/9/none/$name-there"
	run 3 -v -v
	says 404
}

in_the_address() {
	fetch "http://ann:hush-word@127.0.0.1:$HTTP/busy/500/9/none/$name"
	muster run pipeline.yaml --out out
	case $code in
	2 | 3) ;;
	*) say "exit $code" ;;
	esac
	grep hush- seen
}

in_an_address_that_is_refused() {
	fetch "http://ann:hush-word@127.0.0.1:$HTTP/doc/1/0/$name" 'allow_private: false'
	run 2
	says "http://127.0.0.1:$HTTP/doc/1/0/$name" allow_private
	fetch "http://ann:hush word@127.0.0.1:$HTTP/doc/1/0/$name"
	run 2
	grep "hush word" seen
}

ftp_password() {
	WORD=hush-ftp
	secrets_
	fetch "ftp://127.0.0.1:$FTP/doc/5/0/$name" 'user: ann' "$basic"
	run 0
	gives 5 0
}

ftp_password_wrong() {
	WORD=hush-no
	secrets_
	fetch "ftp://127.0.0.1:$FTP/doc/5/0/$name" 'user: ann' "$basic"
	run 3
	says "ftp://127.0.0.1:$FTP/doc/5/0/$name"
}
