# A container's life without a container engine: inside.sh ROOT BINARY COMMAND…
#
# To be run as root in mount and process namespaces of its own. ROOT is the image's file system, which is made
# read-only but for the volume; BINARY is the image's entry point, and COMMAND what it runs where nothing is said.
set -eux
root=$1
binary=$2
shift 2
mount --make-rprivate /
mount --bind "$root" "$root"
# A volume begins as the directory that it hides.
volume=$root/var/lib/symbolon
test "$(stat -c '%u:%g' "$volume")" = 65532:65532
test -z "$(ls "$volume")"
mount -t tmpfs -o uid=65532,gid=65532,mode=755 none "$volume"
mount -t proc none "$root/proc"
mount --rbind /dev "$root/dev"
mount -o remount,bind,ro "$root"

# As its user, where it begins, with no more rights than it is left.
as_image() {
    env -i SYMBOLON_CONFIG_LISTEN=127.0.0.1:0 \
        timeout 60 unshare --root="$root" --wd=/etc/symbolon --setgid=65532 --setuid=65532 "$@"
}
never() { if "$@"; then exit 1; fi; }

# There is nothing in the image to be misused, and nothing can be added.
test ! -e "$root/bin/sh"
never touch "$root/etc/symbolon/more"

# Before `init` it does not start and prints no secret.
started=0
as_image "$binary" "$@" >early || started=$?
test $started = 1
test ! -s early
test -z "$(ls "$volume")"

as_image "$binary" init >secrets
grep -q symkey_ secrets
test "$(stat -c %a "$volume")" = 700

mkfifo said
# Not by the function, so that the signal below is for the server itself.
SYMBOLON_CONFIG_LISTEN=127.0.0.1:0 \
    unshare --root="$root" --wd=/etc/symbolon --setgid=65532 --setuid=65532 "$binary" "$@" >said 2>log &
server=$!
exec 3<said
read -r listening management address <&3
test "$listening $management" = 'listening management'
curl --fail --silent --show-error "$address/healthz"
as_image "$binary" healthcheck
as_image "$binary" token create --service odin --owner admin --name ci --scope read:jobs >token
grep -q '^odin_' token
# As an engine does it: the signal is for the first process of the container.
kill -s TERM $server
wait $server
never as_image "$binary" healthcheck
never grep -q symkey_ log
echo 'everything went well'
