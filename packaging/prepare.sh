#!/usr/bin/env bash
# Installs what build.sh needs for a target, beside a Rust toolchain: the target's standard library, the profile tools,
# and for musl a C compiler.
#
#   packaging/prepare.sh TARGET
set -euo pipefail
target=$1
version=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' "$(dirname "$0")/../Cargo.toml")
architecture=$(uname -m)

rustc --version | grep -qF "rustc ${version}" || rustup toolchain install "$version" --profile minimal
rustc --version | grep -qF "rustc ${version}" || rustup default "$version"
rustup target add "$target"
rustup component add llvm-tools

case "$target" in
  "$architecture"-unknown-linux-musl)
    command -v musl-gcc >/dev/null || { sudo=$(command -v sudo || true) && $sudo apt-get update -qq && $sudo apt-get install -y -qq musl-tools; }
    ;;
  *-linux-musl) python3 -m pip install --quiet ziglang==0.15.2 cargo-zigbuild==0.24.0 ;;
esac
