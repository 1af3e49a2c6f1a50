#!/bin/sh
# api.sh - the API on 100,000 systems and risks under wrk, beside nginx sending a file of that size.
# SPDX-License-Identifier: Apache-2.0
# usage: bench/api.sh BUILD [N]       needs wrk; nginx, when installed, is the peer of the same run
set -eu
build=$1
n=${2:-100000}
seconds=${SECONDS_EACH:-5}
dir=$(mktemp -d /tmp/aims-bench.XXXXXX)
pids=
stop() {
    for p in $pids; do kill "$p" 2>/dev/null || true; done
    rm -rf "$dir"
}
trap stop EXIT
trap 'exit 130' INT TERM
command -v wrk >/dev/null || { echo "api.sh needs wrk (apt-get install wrk)" >&2; exit 77; }
ninja -C "$build" bench_api src/cli/aims >/dev/null 2>&1 || ninja -C "$build" bench/bench_api src/cli/aims >/dev/null

echo "loading $n systems, $n risks and $n measurements"
token=$("$build/bench/bench_api" "$dir/data" "$n")
begin=$(date +%s%N)
"$build/src/cli/aims" serve "$dir/data" --listen 127.0.0.1:0 >"$dir/out" 2>"$dir/err" &
server=$!
pids="$pids $server"
until grep -q http "$dir/out"; do sleep 0.005; done
url=$(sed -n 's/.*\(http:[^ ]*\).*/\1/p;q' "$dir/out")
until curl -sf "$url/healthz" >/dev/null; do sleep 0.005; done
echo "start: $((($(date +%s%N) - begin) / 1000000)) ms until the first answer"
echo "resident, idle: $(awk '/VmRSS/ {print $2}' "/proc/$server/status") kB"

run() { # name, address, header
    wrk -t2 -c32 -d"${seconds}s" --latency -H "$3" "$2" >"$dir/wrk"
    awk -v name="$1" '/50%/ {a = $2} /99%/ {b = $2} /Requests\/sec/ {r = $2} /Non-2xx/ {bad = $0}
        END {printf "%-34s p50 %-9s p99 %-9s %9.0f requests/s %s\n", name, a, b, r, bad}' "$dir/wrk"
}
auth="Authorization: Bearer $token"
run "list page (25 systems)" "$url/api/v1/systems" "$auth"
run "filtered list (closed risks)" "$url/api/v1/risks?status=closed" "$auth"
run "filtered list (risks of a system)" "$url/api/v1/risks?system=$((n / 2))" "$auth"
run "one system" "$url/api/v1/systems/$((n / 2))" "$auth"
run "one risk" "$url/api/v1/risks/$((n / 2))" "$auth"
echo "resident, after: $(awk '/VmRSS/ {print $2}' "/proc/$server/status") kB"

# The peer: nginx sending the bytes of the same list page from a file.
nginx=${NGINX_BIN:-$(command -v nginx || echo /usr/sbin/nginx)}
if [ -x "$nginx" ]; then
    mkdir "$dir/www"
    curl -s -H "$auth" "$url/api/v1/systems" >"$dir/www/page.json"
    cat >"$dir/nginx.conf" <<CONF
worker_processes 2; pid $dir/nginx.pid; error_log $dir/nginx.log; daemon off;
events { worker_connections 256; }
http { access_log off; keepalive_requests 1000000;
  client_body_temp_path $dir/t1; proxy_temp_path $dir/t2; fastcgi_temp_path $dir/t3;
  uwsgi_temp_path $dir/t4; scgi_temp_path $dir/t5;
  server { listen 127.0.0.1:18042; root $dir/www; } }
CONF
    chmod 755 "$dir"
    "$nginx" -c "$dir/nginx.conf" -e "$dir/nginx.log" &
    pids="$pids $!"
    sleep 0.5
    run "peer: nginx, that page as a file" "http://127.0.0.1:18042/page.json" "X-None: 1"
else
    echo "peer: nginx is not installed"
fi
