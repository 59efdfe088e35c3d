# shellcheck shell=sh disable=SC2034,SC2154
# Whom muster believes to be who he says.

certified() {
	document 5 0 >"$servers/site/$name"
	fetch "$tls/$name" "ca_file: $ca"
	run 0
	gives 5 0
}

certified_name() {
	document 5 0 >"$servers/site/$name"
	fetch "https://localhost:$NGINX_TLS/$name" "ca_file: $ca"
	run 0
	gives 5 0
}

# believed_not_ URL [LINE]: no request is made, and none again.
believed_not_() {
	fetch "$1/doc/5/0/$name" "${2:-ca_file: $ca}"
	run 3
	says "$1/doc/5/0/$name" certificate
	asked 0
}

certificate_expired() { believed_not_ "https://127.0.0.1:$EXPIRED"; }
certificate_of_another_host() { believed_not_ "https://127.0.0.1:$HOST"; }
certificate_by_itself() { believed_not_ "https://127.0.0.1:$SELF"; }
certificate_by_a_stranger() { believed_not_ "$tls" 'retries: 2'; }

tls_where_there_is_none() {
	fetch "https://127.0.0.1:$HTTP/doc/5/0/$name" 'retries: 0' 'connect_timeout: 500ms'
	run 3
	says "https://127.0.0.1:$HTTP/doc/5/0/$name"
}

ca_file_missing() {
	fetch "$tls/$name" 'ca_file: nowhere.crt'
	muster run pipeline.yaml --out out
	case $code in
	2 | 3) says nowhere.crt ;;
	*) say "exit $code" ;;
	esac
}
