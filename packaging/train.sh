#!/usr/bin/env bash
# Makes repositories and lets a program that counts do on them what users do. Nothing of it is random.
#
#   packaging/train.sh PROGRAM
set -euo pipefail
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 HOME=$scratch

# Findings are what it is trained on; anything else that is not clean is a mistake of this script.
run() {
  local code=0
  "$program" "$@" >/dev/null 2>&1 </dev/null || code=$?
  if [ "$code" -gt 1 ]; then echo "$* ended with ${code}" >&2 && exit 1; fi
}

for seed in 1 2; do
  repository=$scratch/$seed
  git init --quiet --initial-branch main "$repository"
  python3 -B "$here/training_history.py" "$seed" | git -C "$repository" fast-import --quiet
  git -C "$repository" checkout --quiet main
  git -C "$repository" repack -adfq --depth=50 --window=10 --threads=1
  cd "$repository"
  for _ in 1 2 3; do run scan --history --threads 1; done
  run scan --history --threads 2 --format json
  run scan . --threads 1
  run . --threads 2 --format json --output sarif="$scratch/out.sarif"
  run scan --range 'main~20..main'
  run scan --no-archives --no-ignore . --format markdown
  printf 'more = 1\n' >>"$(git ls-files | head -n 1)"
  git add --all
  run scan --staged
  run hook pre-commit
  git show HEAD | "$program" scan - >/dev/null 2>&1 || true
  tar -czf "$scratch/$seed.tar.gz" .
  run scan "$scratch/$seed.tar.gz"
done
run rules list
run scan "$here" --threads 1
