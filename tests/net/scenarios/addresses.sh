# shellcheck shell=sh disable=SC2034,SC2154
# Where muster goes, and where it does not.

# refuses_ URL [CODE]: what is private is not asked, unless allow_private says that it may
# be.  That a host is no name, or localhost, shows in the pipeline.
refuses_() {
	fetch "$1" 'allow_private: false' 'retries: 0'
	run "${2:-2}"
	says allow_private
	asked 0
}

private_loopback() { refuses_ "http://127.0.0.1:$HTTP/doc/1/0/$name"; }
private_elsewhere_in_loopback() { refuses_ "http://127.9.8.7:$HTTP/doc/1/0/$name"; }
private_localhost() { refuses_ "http://localhost:$HTTP/doc/1/0/$name"; }
private_nothing() { refuses_ "http://0.0.0.0:$HTTP/doc/1/0/$name"; }
private_number() { refuses_ "http://2130706433:$HTTP/doc/1/0/$name"; }
private_octal() { refuses_ "http://0177.0.0.1:$HTTP/doc/1/0/$name"; }
private_hexadecimal() { refuses_ "http://0x7f.1:$HTTP/doc/1/0/$name"; }
private_six() { refuses_ "http://[::1]:$SIX/doc/1/0/$name"; }
private_six_nothing() { refuses_ "http://[::]:$SIX/doc/1/0/$name"; }
private_four_in_six() { refuses_ "http://[::ffff:127.0.0.1]:$HTTP/doc/1/0/$name"; }
private_ten() { refuses_ "http://10.0.0.1/$name"; }
private_192() { refuses_ "http://192.168.1.1/$name"; }
private_172() { refuses_ "http://172.31.255.1/$name"; }
private_link_local() { refuses_ "http://169.254.169.254/$name"; }

private_in_a_list() {
	echo "http://127.0.0.1:$HTTP/doc/1/0/$name" >addresses.txt
	fetch_options 'list: addresses.txt' 'allow_private: false'
	run 2
	says addresses.txt:1 allow_private
	asked 0
}

# A name of which only a look-up shows that it is this machine.
private_name() {
	host=$(awk '$1 ~ /^(127\.|::1$)/ && NF > 1 && $NF != "localhost" { print $NF; exit }' /etc/hosts)
	[ -n "$host" ] || {
		skip "/etc/hosts has no name for the loopback but localhost"
		return
	}
	refuses_ "http://$host:$HTTP/doc/1/0/$name" 3
	fetch "http://$host:$HTTP/doc/5/0/$name"
	run 0
}

private_ftp() { refuses_ "ftp://127.0.0.1:$FTP/doc/1/0/$name"; }

six() {
	[ "$SIX" != 0 ] || return 0
	fetch "$six/doc/5/0/$name"
	run 0
	gives 5 0
}

redirect() {
	for status in 301 302 303 307 308; do
		fetch "$http/to/$status/$name?$other/doc/5/0/$name-$status"
		run 0
		gives 5 0
	done
}

# led_ WHERE: a redirect to there ends the run.
led_() {
	fetch "$http/to/302/$name?$1" 'retries: 0' "${2:-allow_private: true}"
	run 3
	says "$http/to/302/$name"
}

redirect_to_file() { led_ file:///etc/passwd; }
redirect_to_gopher() { led_ "gopher://127.0.0.1:$OTHER/_$name"; }
redirect_to_dict() { led_ "dict://127.0.0.1:$OTHER/$name"; }
redirect_to_ftp() { led_ "ftp://127.0.0.1:$FTP/doc/1/0/$name"; asked 0 RETR; }

redirect_without_end() {
	fetch "$http/loop/0/$name" 'max_redirects: 5'
	run 3
	says "$http/loop/0/$name" max_redirects
	asked 6
}

redirect_to_nowhere() {
	fetch "$http/to/302/$name"
	run 3
	says "$http/to/302/$name"
}

# Through a proxy, so that the first server is no private one.
proxied_() {
	http_proxy=http://127.0.0.1:$PROXY https_proxy=http://127.0.0.1:$PROXY
	export http_proxy https_proxy
}

proxy() {
	proxied_
	fetch "http://elsewhere.invalid/doc/5/0/$name" 'allow_private: false'
	run 0
	gives 5 0
	asked 1 "proxy "
}

proxy_all() {
	all_proxy=http://127.0.0.1:$PROXY
	export all_proxy
	fetch "http://elsewhere.invalid/doc/5/0/$name" 'allow_private: false'
	run 0
	asked 1 "proxy "
}

proxy_not_for() {
	proxied_
	no_proxy=127.0.0.1
	export no_proxy
	fetch "$http/doc/5/0/$name"
	run 0
	asked 0 "proxy "
}

proxy_tls() {
	proxied_
	document 5 0 >"$servers/site/$name"
	fetch "https://localhost:$NGINX_TLS/$name" "ca_file: $ca"
	run 0
	gives 5 0
	grep -qF "proxy 1 CONNECT localhost:$NGINX_TLS" "$asked_log" || say "not by the proxy"
}

# A proxy is no way to what is private.
proxy_to_private() {
	proxied_
	refuses_ "$http/doc/5/0/$name"
}

redirect_to_link_local() {
	proxied_
	no_proxy=169.254.169.254
	export no_proxy
	led_from_afar_ "http://169.254.169.254/latest/$name"
}

redirect_to_loopback() {
	proxied_
	no_proxy=localhost
	export no_proxy
	led_from_afar_ "http://localhost:$OTHER/doc/1/0/$name"
	asked 0 "other "
}

led_from_afar_() {
	fetch "http://elsewhere.invalid/to/302/$name?$1" 'allow_private: false'
	run 3
	says "http://elsewhere.invalid/to/302/$name" allow_private
	asked 1
}

scheme_unknown() {
	fetch "gopher://127.0.0.1/$name"
	run 2
	says gopher "http, https"
}

scheme_file() {
	fetch "file:///etc/passwd"
	run 2
	says file
}
