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

history() {
  measure "git -C $1 cat-file --batch-all-objects --batch --buffer --unordered" "$pinstripe scan --history $1"
  if command -v kingfisher >/dev/null; then
    runs=1 measure "kingfisher scan $1 --no-validate --turbo --rule betterleaks.stripe-access-token"
  fi
}

# One changed file in the index of a scratch clone, which has no work tree: neither side looks at one.
staged() {
  local scratch repository mode file blob
  scratch=$(mktemp -d)
  repository=$scratch/repository
  git clone --quiet --local --no-checkout "$1" "$repository"
  git -C "$repository" read-tree HEAD
  IFS=$'\t' read -r mode file < <(git -C "$repository" ls-files --format='%(objectmode)%x09%(path)' | grep '^100' | sed -n '$p')
  blob=$({ git -C "$repository" cat-file blob "HEAD:$file" && echo changed; } | git -C "$repository" hash-object -w --stdin)
  git -C "$repository" update-index --cacheinfo "$mode,$blob,$file"
  printf '%s entries, %s staged\n' "$(git -C "$repository" ls-files | wc -l)" \
    "$(git -C "$repository" diff --cached --name-only | wc -l)"
  (cd "$repository" && measure "git diff --cached --stat" "$pinstripe scan --staged" "$pinstripe hook pre-commit")
  rm -rf "$scratch"
}

"$@"
