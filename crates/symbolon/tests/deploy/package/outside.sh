# A copy of this machine that can be changed and forgotten: outside.sh DIRECTORY PACKAGE INSIDE
#
# To be run as root in mount and process namespaces of its own. All changes are in the memory of DIRECTORY, and what is
# new there at the end is printed.
set -eu
mount --make-rprivate /
mount -t tmpfs none "$1"
mkdir "$1/changes" "$1/work" "$1/root"
mount -t overlay -o "lowerdir=/,upperdir=$1/changes,workdir=$1/work" none "$1/root"
mount -t proc none "$1/root/proc"
mount --rbind /dev "$1/root/dev"
mount -t tmpfs none "$1/root/run"
cp "$2" "$1/root/symbolon.deb"
cp "$3" "$1/root/inside.sh"
env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive chroot "$1/root" sh -eux /inside.sh

# Where a file was deleted the directory of changes has a device in its place.
cd "$1/changes"
find . -mindepth 1 -not -type c | cut -c2- | while read -r path; do
    test -e "$path" || test -L "$path" || echo "new: $path"
done
echo 'everything went well'
