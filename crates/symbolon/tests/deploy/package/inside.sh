# The life of the package on a machine: installed, begun, started as its unit says, installed over, removed, purged.
# Every command must end well, and `set -x` says which did not.
cd /
unit=/lib/systemd/system/symbolon.service
settings=/etc/symbolon/symbolon.toml
data=/var/lib/symbolon
# `! command` would not end a script, whatever comes of it.
never() { if "$@"; then exit 1; fi; }

# Installed: nothing is started, and no secret is made.
dpkg --install /symbolon.deb >/installing 2>&1
cat /installing
never grep -q symkey_ /installing
grep -q 'sudo -u symbolon symbolon init --config /etc/symbolon/symbolon.toml' /installing
test "$(stat -c '%U:%G %a' $data)" = 'symbolon:symbolon 700'
test -z "$(ls $data)"
test -L /etc/systemd/system/multi-user.target.wants/symbolon.service
test -z "$(systemd-analyze verify $unit 2>&1)"
test "$(getent passwd symbolon | cut -d: -f7)" = /usr/sbin/nologin
man -w symbolon-token-create
symbolon --version
symbolon catalog check /usr/share/symbolon/catalogs/odin.toml
bash -n /usr/share/bash-completion/completions/symbolon

# As the user and with the rights that the unit says; what else it forbids only systemd itself can enforce.
as_service() { setpriv --reuid symbolon --regid symbolon --init-groups --no-new-privs --bounding-set=-all "$@"; }
as_unit() {
    grep -qx 'User=symbolon' $unit
    export SYMBOLON_CONFIG_LISTEN=127.0.0.1:0
    exec "$@" setpriv --reuid symbolon --regid symbolon --init-groups --no-new-privs --bounding-set=-all \
        $(sed -n 's/^ExecStart=//p' $unit)
}

# Before `init` the unit's command does nothing and prints no secret.
(as_unit timeout 30) >/early || early=$?
test "${early-0}" = 1
test ! -s /early
test -z "$(ls $data)"

# Begun by the operator, who sees the secrets; root is told to do it as the service's user.
as_service symbolon init --config $settings >/secrets
grep -q symkey_ /secrets
never symbolon user list --config $settings
test -z "$(find $data -not -user symbolon)"

# Started, asked and stopped.
mkfifo /said
(as_unit) >/said 2>/journal &
server=$!
exec 3</said
read -r listening management address <&3
test "$listening $management" = 'listening management'
curl --fail --silent --show-error "$address/healthz"
as_service symbolon healthcheck --config $settings
# While a server runs root reaches it, and makes no file.
symbolon user list --config $settings
kill -s TERM $server
wait $server
exec 3<&-
never grep -q symkey_ /journal
test -z "$(find $data -not -user symbolon)"

# Installed over: settings that were changed stay, and so does the data.
echo '# changed here' >>$settings
sha256sum $data/keys.toml >/keys
dpkg --install /symbolon.deb >/again 2>&1
never grep -q 'to begin' /again
grep -q '# changed here' $settings
sha256sum --check /keys

# Removed: the data and the settings stay. Purged: nothing stays but the user.
dpkg --remove symbolon
test ! -e /usr/bin/symbolon
test ! -e $unit
sha256sum --check /keys
grep -q '# changed here' $settings
dpkg --purge symbolon
getent passwd symbolon
rm -r /symbolon.deb /inside.sh /installing /early /secrets /said /journal /keys /again
