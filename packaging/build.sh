#!/usr/bin/env bash
# Builds the program of a release for one target: profile-guided, and the same bytes from the same commit and profile.
#
#   packaging/build.sh [TARGET] [OUT]     by default musl on this machine's architecture, into target/dist
#
# OUT gets pinstripe-TARGET (or .exe), and the profile beside it as pinstripe-TARGET.profdata.
#
#   PINSTRIPE_PROFILE=FILE   builds with this profile instead of making one; `none` builds without
#
# A profile is made where the target's programs run on this machine and the toolchain has its profile tools
# (`rustup component add llvm-tools`). musl needs musl-gcc on the same architecture, else zig and cargo-zigbuild.
set -euo pipefail
cd "$(dirname "$0")/.."

host=$(rustc -vV | sed -n 's/^host: //p')
architecture=${host%%-*}
target=${1:-${architecture}-unknown-linux-musl}
out=$(mkdir -p "${2:-target/dist}" && cd "${2:-target/dist}" && pwd)
extension=""
case "$target" in *windows*) extension=.exe ;; esac

say() { printf '\n== %s\n' "$*" >&2; }

# The toolchain's llvm-profdata: another version's refuses what its compiler wrote.
profdata=$(rustc --print sysroot)/lib/rustlib/${host}/bin/llvm-profdata
if [ ! -x "$profdata" ]; then profdata=""; fi

runs_here() {
  case "$target" in
    "$host") true ;;
    "$architecture"-unknown-linux-musl) [ "$(uname -s)" = Linux ] ;;
    *) false ;;
  esac
}

cargo_build=(cargo build)
case "$target" in
  "$architecture"-unknown-linux-musl)
    command -v musl-gcc >/dev/null || { echo "musl-gcc is needed (musl-tools)" >&2; exit 1; }
    ;;
  *-linux-musl) cargo_build=(cargo zigbuild) ;;
esac

# A path as the compiler sees it: bash on Windows has names of its own.
native() { if command -v cygpath >/dev/null; then cygpath -w "$1"; else printf '%s' "$1"; fi; }

# No path of this machine in the program, no time of today.
here=$(native "$PWD")
cargo_home=$(native "${CARGO_HOME:-$HOME/.cargo}")
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH CARGO_INCREMENTAL=0 MACOSX_DEPLOYMENT_TARGET=${MACOSX_DEPLOYMENT_TARGET:-11.0}
export CFLAGS="-ffile-prefix-map=${cargo_home}=/cargo -ffile-prefix-map=${here}=/pinstripe"
flags=("--remap-path-prefix=${cargo_home}=/cargo" "--remap-path-prefix=${here}=/pinstripe")
case "$target" in
  "$architecture"-unknown-linux-musl)
    # Relocations in a fiftieth of their room, half a megabyte less; the start code of musl 1.2.4 and newer reads them.
    if ld --help | grep pack-relative-relocs >/dev/null; then flags+=("-Clink-arg=-Wl,-z,pack-relative-relocs"); fi
    ;;
  *msvc)
    unset CFLAGS
    # The runtime of C++ is on no machine of its own accord.
    flags+=(-Ctarget-feature=+crt-static)
    ;;
esac

# All builds share what runs on this machine: build scripts and procedural macros.
directory=target/programs
built=${directory}/${target}/dist/pinstripe${extension}

# Builds with further flags of the compiler.
build() {
  local all=("${flags[@]}" "$@")
  # Separated by what no path holds.
  CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f' && printf '%s' "${all[*]}")
  export CARGO_ENCODED_RUSTFLAGS
  "${cargo_build[@]}" --profile dist --locked --bin pinstripe --target "$target" --target-dir "$directory" >&2
}

profile=${PINSTRIPE_PROFILE:-}
if [ -z "$profile" ] && [ -n "$profdata" ] && runs_here; then
  say "a program that counts"
  raw=$(mktemp -d)
  trap 'rm -rf "$raw"' EXIT
  build "-Cprofile-generate=$(native "$raw")"
  say "training it"
  LLVM_PROFILE_FILE="$(native "$raw")/%m-%p.profraw" packaging/train.sh "$built"
  profile=${out}/pinstripe-${target}.profdata
  "$profdata" merge --output="$profile" "$raw"
elif [ -z "$profile" ]; then
  say "no profile: ${target} does not run here, or llvm-tools are missing"
fi

say "the program"
if [ -n "$profile" ] && [ "$profile" != none ]; then
  build "-Cprofile-use=$(native "$(cd "$(dirname "$profile")" && pwd)/$(basename "$profile")")"
else
  build
fi
cp "$built" "${out}/pinstripe-${target}${extension}"
ls -l "${out}/pinstripe-${target}${extension}" >&2
