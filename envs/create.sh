#!/bin/sh
# Make an environment from a lock: envs/create.sh FOLDER LOCK GIGABYTES
#
# uv, pinned by version and hash like all the rest, installs several times as fast as pip and shows
# how far it is. pip goes on where uv cannot run or finds no way to the packages: uv does not read
# pip's configuration.
set -eu

folder=$1 lock=$2 gigabytes=$3
python=${PYTHON:-python3}
began=$(date +%s)

refuse() {
  echo "$*" >&2
  exit 1
}

command -v "$python" >/dev/null ||
  refuse "There is no $python: install Python 3.11 or newer, or say where it is: make env PYTHON=<path>"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  refuse "Python 3.11 or newer is needed, this is $("$python" --version); make env PYTHON=<path> takes another"
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
  refuse "$python has no module venv: install the package python3-venv (Debian, Ubuntu), or set PYTHON=<path>"
free=$(df -Pk . | awk 'NR == 2 {print int($4 / 1024 / 1024)}')
[ -x "$folder/bin/python" ] || [ "$free" -ge "$gigabytes" ] ||
  refuse "$folder takes $gigabytes GB, and $free GB are free in $(pwd): make room, or clone to another disk"

echo "Setting up $folder: $(grep -c '^[a-z].*==' "$lock") packages of $lock, $gigabytes GB."
echo "It takes one to two minutes with a fast network, about five where pip has to do it."
"$python" -m venv "$folder"
awk '/^[^ #]/ {mine = /^uv==/} mine' envs/requirements.lock >"$folder/uv.lock"
pip="$folder/bin/python -m pip --disable-pip-version-check install"
if $pip --quiet --require-hashes --requirement "$folder/uv.lock" &&
  "$folder/bin/uv" pip install --python "$folder/bin/python" --compile-bytecode --require-hashes \
    --requirement "$lock"; then
  by=uv
else
  echo "uv could not install the packages here; pip does it now, which takes longer."
  $pip --require-hashes --requirement "$lock"
  by=pip
fi
echo "$folder has its packages after $(($(date +%s) - began)) s, by $by."
