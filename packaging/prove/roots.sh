#!/usr/bin/env bash
# Installs a release in unpacked roots that hold nothing but a package manager, and runs it on a real directory:
#
#   - Debian's minimal base: the archive by hand, the wheel by pip, the npm packages by npm, the archive by the Action's
#     own script and by cargo-binstall, both over loopback;
#   - a root with musl and busybox, as Alpine's: the archive and the wheel's program.
#
#   packaging/prove/roots.sh DIST [CARGO-BINSTALL]     as root; needs debootstrap and Debian's mirror, as apt knows it
# shellcheck source=packaging/prove/common.sh
source "$(dirname "$0")/common.sh"
dist=$(cd "$1" && pwd)
binstall=${2:-}
[ "$(id -u)" = 0 ] || fail "chroot needs root"

# $1 root, then a command
within() {
  local in=$1
  shift
  chroot "$in" /usr/bin/env -i PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin HOME=/root LANG=C.UTF-8 "$@"
}

# $1 root: the release, this repository, and a shop to scan
fill() {
  mkdir -p "$1/dist" "$1/action/.github/action" "$1/tmp"
  cp "$dist"/* "$1/dist/"
  cp "$root/.github/action/run.sh" "$1/action/.github/action/"
  cp "$root/Cargo.toml" "$1/action/"
  cp "$dist/checksums.txt" "$1/action/.github/action/"
  shop "$1/shop"
  cp -r "$root/src" "$root/tests" "$1/shop/"
}

# $1 name, $2 root, then a command that is a pinstripe
finds_within() {
  local what=$1 in=$2
  shift 2
  finds "$what" within "$in" "$@"
}

install_packages() {
  local in=$1
  shift
  timed "apt-get install $*" within "$in" apt-get install -y -qq --no-install-recommends "$@" >"$scratch/apt" 2>&1 || cat "$scratch/apt"
  tail -n 1 "$scratch/apt"
}

say "Debian's minimal base"
debian=$scratch/debian
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | head -n 1)
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
timed "debootstrap" debootstrap --variant=minbase "$suite" "$debian" "$mirror" >"$scratch/debootstrap" 2>&1 || tail "$scratch/debootstrap"
cp /etc/apt/apt.conf.d/99* "$debian/etc/apt/apt.conf.d/" 2>/dev/null || true
cp /etc/resolv.conf /etc/hosts "$debian/etc/"
within "$debian" apt-get update -qq >/dev/null 2>&1
fill "$debian"

say "the archive by hand: nothing is installed before"
timed "tar -x" within "$debian" tar -xzf "$(archive_of /dist)" -C /usr/local/bin --strip-components=1 "$(basename "$(archive_of /dist)" .tar.gz)/pinstripe"
finds_within "archive" "$debian" pinstripe scan /shop
rm "$debian/usr/local/bin/pinstripe"

say "the wheel by pip"
install_packages "$debian" python3-pip
wheel=/dist/$(basename "$(wheel_of "$dist")")
timed "pip install" within "$debian" pip install --quiet --root-user-action=ignore --break-system-packages --no-index "$wheel"
finds_within "pinstripe" "$debian" pinstripe scan /shop
finds_within "python3 -m pinstripe" "$debian" python3 -m pinstripe scan /shop
within "$debian" pip uninstall --quiet --root-user-action=ignore --break-system-packages --yes pinstripe

say "the archive by the Action's script, over loopback"
install_packages "$debian" git curl
mkdir -p "$scratch/server/somebody/pinstripe/releases/download/v$version"
cp "$dist"/*.tar.gz "$scratch/server/somebody/pinstripe/releases/download/v$version/"
serve "$scratch/server"
action() {
  within "$debian" env GITHUB_ACTION_PATH=/action PINSTRIPE_REPOSITORY=somebody/pinstripe PINSTRIPE_SCAN=tree \
    GITHUB_SERVER_URL="http://127.0.0.1:$port" GITHUB_WORKSPACE=/shop RUNNER_TEMP=/tmp RUNNER_TOOL_CACHE=/opt/cache \
    GITHUB_OUTPUT=/tmp/outputs GITHUB_STEP_SUMMARY=/tmp/summary GITHUB_EVENT_NAME=workflow_dispatch \
    bash /action/.github/action/run.sh >"$scratch/out" 2>&1
}
for round in "downloaded" "from the tool cache"; do
  rm -f "$debian/tmp/outputs"
  timed "Action, $round: install and scan" action
  grep -q "installed pinstripe $version from its release" "$scratch/out" || { cat "$scratch/out"; fail "no release"; }
  grep -qx 'exit-code=1' "$debian/tmp/outputs" || { cat "$scratch/out"; fail "no finding"; }
done
printf 'x' >>"$scratch/server/somebody/pinstripe/releases/download/v$version/$(basename "$(archive_of "$dist")")"
rm -rf "$debian/opt/cache" "$debian"/tmp/pinstripe-release
action || true
grep -q 'does not have the checksum' "$scratch/out" || { cat "$scratch/out"; fail "another archive was taken"; }
echo "an archive with other bytes is not taken"

say "the npm packages by npm"
install_packages "$debian" nodejs npm
platform=linux-$(within "$debian" node -p process.arch)
launcher=$(cd "$dist" && echo *-pinstripe-"$version".tgz)
native=${launcher%-"$version".tgz}-$platform-$version.tgz
timed "npm install" within "$debian" npm install --silent --offline --no-audit --no-fund --prefix /opt/shop "/dist/$native" "/dist/$launcher"
finds_within "npm's first run, through node" "$debian" /opt/shop/node_modules/.bin/pinstripe scan /shop
finds_within "npm's second run" "$debian" /opt/shop/node_modules/.bin/pinstripe scan /shop
timed "npm install --global" within "$debian" npm install --silent --offline --no-audit --no-fund --global "/dist/$native"
finds_within "npm --global" "$debian" pinstripe scan /shop
# shellcheck disable=SC2046 # names without spaces
within "$debian" npm uninstall --silent --global $(within "$debian" npm ls --global --parseable --depth 0 | sed -n 's|.*/node_modules/\(@.*pinstripe.*\)|\1|p')

if [ -n "$binstall" ]; then
  say "the archive by cargo-binstall, over loopback"
  cp "$dist"/*.tar.gz "$scratch/server/somebody/pinstripe/releases/download/v$version/"
  # It downloads over TLS only.
  certify "$scratch"
  serve "$scratch/server" "$scratch/server.pem"
  mkdir -p "$debian/crate/src"
  sed "s|^repository = .*|repository = \"https://127.0.0.1:$port/somebody/pinstripe\"|" "$root/Cargo.toml" >"$debian/crate/Cargo.toml"
  cp "$scratch/authority.pem" "$debian/crate/"
  cp "$binstall" "$debian/usr/local/bin/cargo-binstall"
  timed "cargo-binstall" within "$debian" cargo-binstall --manifest-path /crate --no-confirm --force --log-level warn \
    --disable-telemetry --root-certificates /crate/authority.pem --install-path /usr/local/bin pinstripe
  finds_within "cargo-binstall" "$debian" pinstripe scan /shop
fi

say "musl and busybox, nothing of glibc"
musl=$scratch/musl
mkdir -p "$musl/bin" "$musl/usr/bin" "$scratch/packages"
(cd "$scratch/packages" && apt-get download -qq busybox-static musl bash-static >/dev/null 2>&1 && for file in *.deb; do dpkg-deb -x "$file" "$musl"; done)
for name in env sh tar gzip unzip ls cat; do ln -sf busybox "$musl/bin/$name"; done
ln -sf /bin/busybox "$musl/usr/bin/env"
fill "$musl"
[ -z "$(find "$musl" -name 'libc.so.6' -o -name 'ld-linux*')" ] || fail "glibc is there"
timed "tar -x" within "$musl" tar -xzf "$(archive_of /dist)" -C /usr/bin
finds_within "archive" "$musl" "/usr/bin/$(basename "$(archive_of /dist)" .tar.gz)/pinstripe" scan /shop
timed "unzip the wheel" within "$musl" unzip -q "$wheel" -d /tmp/wheel
chmod +x "$musl/tmp/wheel/pinstripe-$version.data/scripts/pinstripe"
finds_within "wheel's program" "$musl" "/tmp/wheel/pinstripe-$version.data/scripts/pinstripe" scan /shop
# A pip takes the tags of older systems as well; told of a platform, it does not know them.
for tags in musllinux_1_1 "musllinux_1_2 musllinux_1_1" manylinux2014 "manylinux_2_28 manylinux_2_17"; do
  platforms=()
  for tag in $tags; do platforms+=(--platform "${tag}_$(uname -m)"); done
  python3 -m pip download --quiet --no-index --find-links "$dist" --no-deps --only-binary :all: --dest "$scratch/taken" \
    "${platforms[@]}" "pinstripe==$version" || fail "pip on $tags takes no wheel"
done
echo "pip takes the wheel for musllinux 1.1 and 1.2, manylinux 2014 and 2.28"
