#!/usr/bin/env bash
# The hooks under pre-commit and prek: `pinstripe-wheel` with the wheels of DIST from an index on loopback, and
# `pinstripe`, built from source. Times of the first and of later runs. Needs the network for pre-commit, prek, uv, crates.
#
#   packaging/prove/hooks.sh DIST [--source]     with --source, the slow build as well
# shellcheck source=packaging/prove/common.sh
source "$(dirname "$0")/common.sh"
dist=$(cd "$1" && pwd)

say "tools"
python3 -m venv "$scratch/tools"
"$scratch/tools/bin/pip" install --quiet pre-commit==4.7.0 prek==0.5.11 uv
export PATH=$scratch/tools/bin:$PATH PRE_COMMIT_HOME=$scratch/pre-commit PREK_HOME=$scratch/prek

say "a repository that holds the hooks, as released"
git clone --quiet "$root" "$scratch/hooks"
(cd "$root" && git diff HEAD) | git -C "$scratch/hooks" apply --allow-empty
(cd "$scratch/hooks" && python3 packaging/bump.py --checksums "$dist/checksums.txt" && git add -A &&
  git -c user.name=x -c user.email=x@example.com commit --quiet --message "Release")

index "$scratch/index" "$dist"
serve "$scratch/index"
# pinstripe comes from loopback alone; the build's own pip from the usual index.
loopback=http://127.0.0.1:$port/simple/
export PIP_EXTRA_INDEX_URL=$loopback UV_INDEX=$loopback

shop "$scratch/shop"
cd "$scratch/shop"
git add .

# $1 tool, $2 hook
runs() {
  local tool=$1 hook=$2 round code start end
  printf 'repos:\n  - repo: %s\n    rev: HEAD\n    hooks:\n      - id: %s\n' "$scratch/hooks" "$hook" >.pre-commit-config.yaml
  sed -i "s/rev: HEAD/rev: $(git -C "$scratch/hooks" rev-parse HEAD)/" .pre-commit-config.yaml
  git add .
  for round in first second; do
    code=0 start=$(date +%s%N)
    "$tool" run --color never >"$scratch/out" 2>&1 || code=$?
    end=$(date +%s%N)
    { [ "$code" = 1 ] && grep -q 'secret key' "$scratch/out"; } || { cat "$scratch/out"; fail "$tool $hook: exit $code"; }
    printf '%-60s %7.2f s\n' "$tool $hook, $round run" "$(((end - start) / 10000000))e-2"
  done
}

say "the wheel"
runs pre-commit pinstripe-wheel
runs prek pinstripe-wheel
size "environment of pre-commit" "$PRE_COMMIT_HOME"

say "a wheel with other bytes is refused, whoever serves it"
printf 'x' >>"$(wheel_of "$scratch/index/simple/pinstripe")"
for tool in pre-commit prek; do
  rm -rf "$PRE_COMMIT_HOME" "$PREK_HOME"
  "$tool" run --color never >"$scratch/out" 2>&1 && fail "$tool took another wheel"
  grep -qi 'hash' "$scratch/out" || { cat "$scratch/out"; fail "$tool failed for another reason"; }
  echo "$tool: refused"
done

if [ "${2:-}" = --source ]; then
  say "from source"
  runs prek pinstripe
fi
