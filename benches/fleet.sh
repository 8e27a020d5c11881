#!/usr/bin/env bash
# Many small repositories: `fleet run` beside a shell loop of single scans, wall time and peak memory.
#
#   benches/fleet.sh make COUNT DIR           makes repositories: 20 files, three packed commits, one loose; a key in every tenth
#   benches/fleet.sh run PINSTRIPE DIR        plan, run, run again, merge
#   benches/fleet.sh loop PINSTRIPE DIR       one `pinstripe scan --history` each
#   benches/fleet.sh rival DIR                PyPI's kingfisher, all paths in one call
set -euo pipefail
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1

# Prints wall time, processor time and peak memory of a command; findings are no failure.
timed() {
  local name=$1
  shift
  /usr/bin/time -f "$name: %e s, processor %U + %S s, peak %M KB" "$@" >/dev/null 2>"$scratch/said" || true
  tail -n 1 "$scratch/said"
}

commit() { printf 'commit refs/heads/main\ncommitter a <a@example.com> %s +0000\ndata 4\nwork\n' "$1"; }

one() {
  local number=$1 template=$2 top=$3
  local repository=$top/$((number / 100))/$number
  mkdir -p "$top/$((number / 100))"
  cp -r "$template" "$repository"
  {
    commit $((1700000000 + number))
    printf 'from refs/heads/main^0\nM 644 inline own.txt\ndata <<END\nrepository %s\nEND\n' "$number"
    # Forged here and now: no key is part of this file.
    ((number % 10)) || printf 'M 644 inline conf/.env\ndata <<END\nK=sk_%s_%s\nEND\n' live \
      "$(head -c 256 /dev/urandom | base64 | tr -dc 'a-zA-Z0-9' | head -c 24)"
  } | git -C "$repository" fast-import --quiet
}

make() {
  local count=$1 top=$2 template
  mkdir -p "$top"
  template=$(mktemp -d)
  git init -q --bare --template= -b main "$template"
  for round in 1 2 3; do
    commit $((1600000000 + round))
    for file in $(seq 20); do
      printf 'M 644 inline src/%s.ts\ndata <<END\n%s\nEND\n' "$file" "$(seq $((file * round)) $((file * round + 80)))"
    done
  done | git -C "$template" fast-import --quiet
  git -C "$template" repack -a -d -q
  git -C "$template" config fastimport.unpackLimit 1000
  export -f one commit
  seq "$count" | xargs -P "$(nproc)" -I NUMBER bash -c "one NUMBER '$template' '$top'"
  rm -r "$template"
}

run() {
  local pinstripe=$1 top=$2
  timed "plan" "$pinstripe" fleet plan "$top" --units "${UNITS:-100}" -o "$scratch/plan.json"
  timed "fleet run" "$pinstripe" fleet run "$scratch/plan.json" --out "$scratch/out"
  timed "fleet run, nothing new" "$pinstripe" fleet run "$scratch/plan.json" --out "$scratch/out"
  timed "fleet merge" "$pinstripe" fleet merge "$scratch/out" --output "json=$scratch/merged.json"
  du -sh --inodes "$scratch/out"
  du -sh "$scratch/out" "$scratch/out/.history" "$scratch/plan.json" "$scratch/merged.json"
}

loop() {
  # shellcheck disable=SC2016
  timed "shell loop" bash -c 'for repository in "$2"/*/*; do "$1" scan --history --format json "$repository" > "$3/one.json"; done' \
    loop "$1" "$2" "$scratch"
}

rival() { timed "kingfisher" kingfisher scan --no-validate --no-update-check --git-history full --rule betterleaks.stripe-access-token "$1"/*/*; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$@"
