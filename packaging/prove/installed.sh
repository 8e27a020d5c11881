#!/usr/bin/env bash
# Installs what a release consists of with this machine's pip and npm, without a network, runs it, and uninstalls it.
#
#   packaging/prove/installed.sh DIST
# shellcheck source=packaging/prove/common.sh
source "$(dirname "$0")/common.sh"
dist=$(cd "$1" && pwd)
shop "$scratch/shop"
cd "$scratch/shop"

say "checksums"
(cd "$dist" && sha256sum --check --quiet checksums.txt)

say "archive"
mkdir "$scratch/archive"
timed "tar -x" tar -xzf "$(archive_of "$dist")" -C "$scratch/archive" --strip-components=1
size "program" "$scratch/archive/pinstripe"
size "archive" "$(archive_of "$dist")"
finds "archive" "$scratch/archive/pinstripe" .
if command -v ldd >/dev/null; then ldd "$scratch/archive/pinstripe" 2>&1 | grep -Eq 'statically linked|not a dynamic' || fail "it needs libraries"; fi

say "wheel"
python3 -m venv "$scratch/venv"
before=$(cd "$scratch/venv" && find . -type f | grep -v __pycache__ | sort)
timed "pip install" "$scratch/venv/bin/pip" install --quiet --no-index "$(wheel_of "$dist")"
size "wheel" "$(wheel_of "$dist")"
finds "wheel" "$scratch/venv/bin/pinstripe" .
finds "python -m pinstripe" "$scratch/venv/bin/python" -m pinstripe .
"$scratch/venv/bin/pip" uninstall --quiet --yes pinstripe
after=$(cd "$scratch/venv" && find . -type f | grep -v __pycache__ | sort)
[ "$before" = "$after" ] || fail "uninstalling left something"
timed "pip install --target" "$scratch/venv/bin/pip" install --quiet --no-index --target "$scratch/target" "$(wheel_of "$dist")"
PYTHONPATH="$scratch/target" finds "python -m pinstripe, --target" "$scratch/venv/bin/python" -m pinstripe .

say "npm"
platform=$(node -p '`${process.platform}-${process.arch}`')
launcher=$(echo "$dist"/*-pinstripe-"$version".tgz)
native=${launcher%-"$version".tgz}-$platform-$version.tgz
for packages in "$native" "$native $launcher"; do
  rm -rf "$scratch/npm" && mkdir "$scratch/npm" && cd "$scratch/npm" && echo '{"private": true}' >package.json
  # shellcheck disable=SC2086 # names without spaces
  timed "npm install $(wc -w <<<"$packages") of 2 packages" npm install --offline --no-audit --no-fund --silent $packages
  finds "npm" node_modules/.bin/pinstripe "$scratch/shop"
  head -c 4 node_modules/.bin/pinstripe | grep -q ELF || fail "node still runs"
  finds "npx" npx --offline pinstripe "$scratch/shop"
  (cd "$scratch/npm" && npm ls --all >/dev/null) || fail "npm ls"
done
# shellcheck disable=SC2046 # names without spaces
npm uninstall --offline --silent --no-audit --no-fund $(npm ls --parseable --depth 0 | tail -n +2 | sed 's|.*/node_modules/||')
[ -z "$(find node_modules -name 'pinstripe*' 2>/dev/null)" ] || fail "uninstalling left something"
size "npm packages" "$native"

say "all of it installs and runs"
