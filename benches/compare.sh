#!/usr/bin/env bash
# The performance bar as ratios measured in one run, with public tools beside the program.
#
#   benches/compare.sh tree DIR       work tree: ratio to `rg -uu -a -c` with one literal
#   benches/compare.sh start          cold start on one small file, with and without a key
#   benches/compare.sh history REPO   whole store: ratio to `git cat-file --batch-all-objects`
#   benches/compare.sh staged REPO    index: ratio to `git diff --cached --stat`
#
# Needs hyperfine; rg for `tree`. PyPI's kingfisher-bin is measured as well where it is installed.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --release --quiet
pinstripe=$PWD/target/release/pinstripe
runs=${RUNS:-7}

measure() { hyperfine --shell=none --ignore-failure --warmup 2 --runs "$runs" "$@"; }

tree() {
  local directory=$1
  printf '%s files, %s\n' "$(find "$directory" -type f | wc -l)" "$(du -sh --apparent-size "$directory" | cut -f1)"
  measure "rg -uu -a -c sk_live_ $directory" "$pinstripe scan --no-ignore $directory"
  if command -v kingfisher >/dev/null; then
    measure "kingfisher scan $directory --no-validate --rule betterleaks.stripe-access-token --git-history none"
  fi
}

start() {
  local scratch
  scratch=$(mktemp -d)
  printf 'nothing to see\n' > "$scratch/clean"
  # Forged here and now: no key is part of this file.
  printf 'k=sk_%s_%s\n' live "$(head -c 4096 /dev/urandom | base64 | tr -dc 'a-zA-Z0-9' | head -c 24)" > "$scratch/key"
  measure "$pinstripe scan $scratch/clean" "$pinstripe scan $scratch/key"
  rm -r "$scratch"
}

"$@"
