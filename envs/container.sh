#!/bin/sh
# Build the container image from the lock: envs/container.sh ARCHIVE
#
# A Debian from debootstrap with Python, and in /opt/incomelens what envs/create.sh makes of the
# lock. buildah needs no daemon and, with chroot, no namespaces: it runs as root inside a container
# too. The project's code is not in the image, which changes with the lock only.
set -eu

archive=$1
release=bookworm # has the Python of the lock, 3.11
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
work=$(mktemp -d "${TMPDIR:-/var/tmp}/incomelens.XXXXXX")

refuse() {
  echo "$*" >&2
  exit 1
}

b() {
  buildah --storage-driver vfs --root "$work/storage" --runroot "$work/run" "$@"
}

for tool in buildah debootstrap; do
  command -v $tool >/dev/null || refuse "There is no $tool: apt-get install buildah debootstrap (Debian, Ubuntu)"
done
[ "$(id -u)" = 0 ] || refuse "debootstrap needs root: run this as root, or inside a container as its root"
free=$(df -Pk "$work" | awk 'NR == 2 {print int($4 / 1024 / 1024)}')
[ "$free" -ge 30 ] || refuse "The build takes 30 GB for a while, and $free GB are free in $work: set TMPDIR"
trap 'b rm --all >/dev/null 2>&1 || true; rm -rf "$work"' EXIT

container=$(b from scratch)
root=$(b mount "$container")
# A half-made image is thrown away: dpkg need not wait for the disk after every file.
mkdir -p "$root/etc/dpkg/dpkg.cfg.d"
echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/unsafe-io"
debootstrap --variant=minbase --include=ca-certificates,git,make,python3-venv \
  $release "$root" "$mirror" >"$work/debootstrap.log" || refuse "$(tail -5 "$work/debootstrap.log")"
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
mkdir -p "$root/opt/recipe/envs"
cp envs/create.sh envs/requirements.lock "$root/opt/recipe/envs/"

# What leads this machine to its packages leads the image's Python there while it is built.
set --
for file in /etc/pip.conf "$HOME/.config/pip/pip.conf" /etc/uv/uv.toml "$HOME/.config/uv/uv.toml"; do
  [ ! -f "$file" ] || set -- "$@" --volume "$file:$file:ro"
done
for name in PIP_CERT PIP_INDEX_URL REQUESTS_CA_BUNDLE SSL_CERT_FILE UV_DEFAULT_INDEX \
  http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
  value=$(printenv "$name" || true)
  [ -z "$value" ] || set -- "$@" --env "$name=$value"
  # Several may name one file of certificates, which is laid in once.
  case " $* " in *" $value:"*) continue ;; esac
  [ ! -f "$value" ] || set -- "$@" --volume "$value:$value:ro"
done
b run --isolation chroot "$@" --env HOME="$HOME" --workingdir /opt/recipe "$container" -- \
  envs/create.sh /opt/incomelens envs/requirements.lock 7
rm -rf "$root/opt/recipe" "$root$HOME/.cache"
b run --isolation chroot "$container" -- /opt/incomelens/bin/python -c \
  "import geopandas, gpytorch, rasterio, timm, torch, zarr"

b config --env PATH=/opt/incomelens/bin:/usr/local/bin:/usr/bin:/bin --env LC_ALL=C.UTF-8 \
  --env PYTHONNOUSERSITE=1 --label org.opencontainers.image.title=IncomeLens \
  --label org.opencontainers.image.licenses=MIT "$container"
mkdir -p "$(dirname "$archive")"
b commit --quiet --disable-compression "$container" "oci-archive:$archive.part:incomelens" >/dev/null
mv "$archive.part" "$archive"
echo "$archive holds the image, $(du -h "$archive" | cut -f1)B."
