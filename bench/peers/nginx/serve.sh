#!/bin/sh
# nginx as a proxy that checks nothing: serve.sh FOLDER PORT APPLICATION WORKERS
#
# As well as it can be set up for this: connections are kept on both sides and never closed for their age, nothing is
# logged, and each worker has a socket of its own to accept from.
set -eu

folder=$1 port=$2 application=$3 workers=$4
# Debian has it where only root looks.
PATH="$PATH:/usr/local/sbin:/usr/sbin"

cat > "$folder/nginx.conf" <<END
daemon off;
worker_processes $workers;
pid nginx.pid;
error_log stderr warn;

events { worker_connections 1024; }

http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path       proxy;
    fastcgi_temp_path     fastcgi;
    uwsgi_temp_path       uwsgi;
    scgi_temp_path        scgi;

    keepalive_requests 1000000000;
    keepalive_timeout  1h;

    upstream application {
        server             $application;
        keepalive          64;
        keepalive_requests 1000000000;
        keepalive_timeout  1h;
    }

    server {
        listen 127.0.0.1:$port reuseport;

        location / {
            proxy_pass         http://application;
            proxy_http_version 1.1;
            proxy_set_header   Connection "";
        }
    }
}
END

set -- nginx -p "$folder" -c "$folder/nginx.conf" -e stderr
# In the foreground, so that what is wrong ends this.
"$@" -t -q
"$@" &
nginx -v 2> "$folder/version"
mv "$folder/version" "$folder/ready"
# Until whoever measures is gone. nginx ends its workers itself when it is told to end.
cat > /dev/null
kill "$!"
wait "$!"
