# What the proofs share. To be sourced.
# shellcheck shell=bash disable=SC2034,SC2154
set -euo pipefail
prove=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$prove/../.." && pwd)
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$root/Cargo.toml" | head -n 1)
scratch=$(mktemp -d)
servers=()
trap 'for server in "${servers[@]}"; do kill "$server" 2>/dev/null || true; done; rm -rf --one-file-system "$scratch"' EXIT
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 PYTHONDONTWRITEBYTECODE=1

say() { printf '\n== %s\n' "$*"; }
fail() { echo "FAILED: $*" >&2; exit 1; }

# Runs a command and prints how long it took. $1 what it is
timed() {
  local what=$1 start end
  shift
  start=$(date +%s%N)
  "$@" || fail "$what"
  end=$(date +%s%N)
  printf '%-60s %7.2f s\n' "$what" "$(((end - start) / 10000000))e-2"
}

size() { printf '%-60s %7.1f MB\n' "$1" "$(du -sb --apparent-size "$2" | awk '{print $1 / 1e5}')e-1"; }

# Serves a directory on loopback and sets `port`: over TLS with the key and certificates of a second file.
serve() {
  python3 - "$@" >"$scratch/port.$$" 2>/dev/null <<'PYTHON' &
import functools, http.server, ssl, sys
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
if len(sys.argv) > 2:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(sys.argv[2])
    server.socket = tls.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
PYTHON
  servers+=($!)
  while [ ! -s "$scratch/port.$$" ]; do sleep 0.1; done
  port=$(cat "$scratch/port.$$")
  rm "$scratch/port.$$"
}

# An authority of our own and a certificate of 127.0.0.1: authority.pem, server.pem. $1 directory
certify() {
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=authority" -keyout "$1/authority.key" -out "$1/authority.pem"
  openssl req -newkey rsa:2048 -nodes -subj "/CN=127.0.0.1" -keyout "$1/server.key" -out "$1/server.csr"
  openssl x509 -req -days 2 -in "$1/server.csr" -CA "$1/authority.pem" -CAkey "$1/authority.key" -CAcreateserial \
    -extfile <(echo subjectAltName=IP:127.0.0.1) -out "$1/server.crt"
  cat "$1/server.key" "$1/server.crt" >"$1/server.pem"
} 2>/dev/null

# A directory to scan, with a forged key in it: exit code 1 is right.
shop() {
  mkdir -p "$1/src"
  git init -q "$1"
  printf 'nothing to see\n' >"$1/src/a.txt"
  printf 'STRIPE_SECRET_KEY=sk_%s_%s\n' live "$(head -c 4096 /dev/urandom | base64 | tr -dc 'a-zA-Z0-9' | head -c 24)" >"$1/.env"
}

# Runs a pinstripe on a shop and expects it to find the key. $1 what it is, then the command
finds() {
  local what=$1 code=0
  shift
  "$@" >"$scratch/out" 2>&1 || code=$?
  { [ "$code" = 1 ] && grep -q 'secret-live' "$scratch/out"; } || { cat "$scratch/out"; fail "$what: exit $code"; }
  printf '%-60s    finds the key\n' "$what"
}

# A package index of the wheels of a release, by name. $1 directory to make, $2 dist
index() {
  mkdir -p "$1/simple/pinstripe"
  cp "$2"/*.whl "$1/simple/pinstripe/"
}

target=$(uname -m)-unknown-linux-musl
archive_of() { printf '%s/pinstripe-%s-%s.tar.gz' "$1" "$version" "$target"; }
wheel_of() { echo "$1"/pinstripe-"$version"-py3-none-manylinux*_"$(uname -m)".*.whl; }
