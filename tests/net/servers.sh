# shellcheck shell=sh disable=SC2034,SC2153  # those who source this use the names
# To be sourced: the servers that tests of the network run against.
#
#     . tests/net/servers.sh
#     servers_start FOLDER     may be called once; FOLDER/site is what nginx gives
#     servers_stop
#
# Sets the ports that tests/net/server.py tells, and
#
#     http other six nginx     http://... without a path
#     tls                      https://... of nginx, whose authority is $ca
#     asked_log nginx_log      the requests to the fault servers, and to nginx

PATH=$PATH:/usr/sbin
unset http_proxy https_proxy ftp_proxy all_proxy no_proxy HTTPS_PROXY FTP_PROXY ALL_PROXY NO_PROXY

# wait_until COMMAND...: runs it until it succeeds, for ten seconds at most; wait_briefly
# for half of one, which is for what a server writes down after its answer.
wait_until() {
	wait_for 500 "$@"
}

wait_briefly() {
	wait_for 25 "$@"
}

wait_for() {
	tries=$1
	shift
	until "$@"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.02
	done
}

servers_start() {
	servers=$1
	here=$PROJECT/tests/net
	mkdir -p "$servers/site" "$servers/tls"
	"$here/certificates.sh" "$servers/tls" >"$servers/openssl.log" 2>&1 || {
		cat "$servers/openssl.log"
		return 1
	}
	printf 'ann:{PLAIN}hush-word\n' >"$servers/passwords"
	asked_log=$servers/asked.log nginx_log=$servers/nginx.log
	python3 "$here/server.py" "$servers/ports" "$asked_log" "$servers/tls/wrong" \
		2>"$servers/server.err" &
	server_pid=$!
	wait_until [ -f "$servers/ports" ] || {
		echo "the fault server does not start"
		cat "$servers/server.err"
		return 1
	}
	# shellcheck source=/dev/null
	. "$servers/ports"
	http=http://127.0.0.1:$HTTP other=http://127.0.0.1:$OTHER six="http://[::1]:$SIX"
	nginx=http://127.0.0.1:$NGINX tls=https://127.0.0.1:$NGINX_TLS ca=$servers/tls/ca.crt
	nginx_start
}

nginx_start() {
	sed "s|@ROOT@|$servers|g; s|@NGINX@|$NGINX|g; s|@NGINX_TLS@|$NGINX_TLS|g" \
		"$here/nginx.conf" >"$servers/nginx.conf"
	nginx -p "$servers" -c "$servers/nginx.conf" 2>"$servers/nginx.err" &
	nginx_pid=$!
	wait_until curl -s -o "$servers/null" "$nginx/" || {
		echo "nginx does not start"
		cat "$servers/nginx.err"
		return 1
	}
}

servers_stop() {
	for pid in $server_pid $nginx_pid; do
		kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	done
	server_pid='' nginx_pid=''
}
server_pid='' nginx_pid=''
