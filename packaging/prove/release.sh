#!/usr/bin/env bash
# A dry run of a whole release on this machine, for what it can build: version bump on a copy, programs, packages, crate,
# checksums, every proof. Publishes nothing.
#
#   packaging/prove/release.sh [OUT] [CARGO-BINSTALL]     by default target/release-rehearsal
# shellcheck source=packaging/prove/common.sh
source "$(dirname "$0")/common.sh"
mkdir -p "${1:-$root/target/release-rehearsal}"
out=$(cd "${1:-$root/target/release-rehearsal}" && pwd)
cd "$root"

say "the version bump, on a copy"
git clone --quiet . "$scratch/copy"
(cd "$scratch/copy" && python3 packaging/bump.py 77.8.9 && cargo metadata --locked --offline --no-deps --format-version 1 >/dev/null && git diff --stat)

say "what is cheap to check"
python3 -m unittest discover packaging

say "programs"
timed "build.sh $target" packaging/build.sh "$target" "$out/programs"

say "packages"
python3 packaging/pack.py --out "$out/dist" --scope @somebody "$out/programs"
du -h --apparent-size "$out"/dist/*

say "the crate, built from its own archive"
timed "cargo package" cargo package --locked --allow-dirty --quiet
size "crate" target/package/pinstripe-"$version".crate

"$prove/installed.sh" "$out/dist"
if [ "$(id -u)" = 0 ] && command -v debootstrap >/dev/null; then "$prove/roots.sh" "$out/dist" "${2:-}"; fi
"$prove/hooks.sh" "$out/dist"
"$prove/twice.sh" "$out/programs/pinstripe-$target.profdata"
"$prove/workflows.sh"

say "done; what only the real runner proves is listed in RELEASING.md"
