#!/usr/bin/env bash
# Installs pinstripe if need be, works out what the event is about, scans, and writes reports and outputs.
#
# Every input comes through the environment. What a repository, an event or a ref says is data: it is quoted, never
# evaluated, and checked before it becomes an argument. The verdict is the step output exit-code; a later step fails on
# it, so that SARIF is uploaded before.
set -euo pipefail

temp="${RUNNER_TEMP:-${TMPDIR:-/tmp}}"
ranges=()
notice=""

say() { printf 'pinstripe: %s\n' "$1" | tr -d '\r' >&2; }

output() {
  # Values of ours: one line each, so that none can add an output of its own.
  printf '%s=%s\n' "$1" "$(printf '%s' "$2" | tr -d '\r\n')" >>"${GITHUB_OUTPUT:-/dev/null}"
}

finish() {
  # $1 exit code, $2 outcome
  output exit-code "$1"
  output outcome "$2"
  exit 0
}

broken() {
  say "$1"
  printf '::error title=pinstripe::%s\n' "$1"
  finish 2 error
}

# A commit id, or nothing.
commit_id() {
  case "$1" in
    *[!0-9a-f]* | "") ;;
    *) if [ "${#1}" -eq 40 ] || [ "${#1}" -eq 64 ]; then printf '%s' "$1"; fi ;;
  esac
}

is_zero() { case "$1" in *[!0]* | "") return 1 ;; *) return 0 ;; esac; }

# A value of the event, by its path: event pull_request base sha. Only commit ids are ever taken.
event() {
  [ -f "${GITHUB_EVENT_PATH:-}" ] || return 0
  if command -v jq >/dev/null; then
    jq -r --arg path "$*" 'getpath($path | split(" ")) // "" | strings' "$GITHUB_EVENT_PATH" 2>/dev/null || true
  elif command -v python3 >/dev/null; then
    python3 -c '
import json, sys
value = json.load(open(sys.argv[1], encoding="utf-8"))
for key in sys.argv[2:]:
    value = value.get(key) if isinstance(value, dict) else None
print(value if isinstance(value, str) else "")' "$GITHUB_EVENT_PATH" "$@" 2>/dev/null || true
  fi
}

install() {
  if [ -n "${PINSTRIPE_BINARY:-}" ]; then
    binary="$PINSTRIPE_BINARY"
  elif command -v pinstripe >/dev/null; then
    binary="$(command -v pinstripe)"
  elif download; then
    say "installed $("$binary" --version) from its release"
  elif command -v cargo >/dev/null; then
    local root="${temp}/pinstripe-install"
    say "building from ${GITHUB_ACTION_PATH} (set the input binary, or put pinstripe on PATH, to avoid this)"
    cargo install --quiet --locked --path "$GITHUB_ACTION_PATH" --root "$root" >&2 || broken "cargo install failed"
    binary="${root}/bin/pinstripe"
  else
    broken "there is neither a pinstripe nor a cargo to build it with"
  fi
  "$binary" --version >/dev/null || broken "the pinstripe that is installed does not run"
}

# The target of a release's archive for this machine, or nothing.
target() {
  case "$(uname -s) $(uname -m)" in
    "Linux x86_64") printf 'x86_64-unknown-linux-gnu' ;;
    "Linux aarch64") printf 'aarch64-unknown-linux-gnu' ;;
    "Darwin x86_64") printf 'x86_64-apple-darwin' ;;
    "Darwin arm64") printf 'aarch64-apple-darwin' ;;
    MINGW*" x86_64" | MSYS*" x86_64") printf 'x86_64-pc-windows-msvc' ;;
  esac
}

sha256() {
  if command -v sha256sum >/dev/null; then sha256sum -- "$1"; else shasum -a 256 -- "$1"; fi | cut -d ' ' -f 1
}

# Takes the archive of this version's release, if checksums.txt beside this script names it; anything else is not taken.
download() {
  local version archive wanted file root="${temp}/pinstripe-release"
  version="$(sed -n 's/^version = "\([0-9A-Za-z.+-]*\)"$/\1/p' "${GITHUB_ACTION_PATH}/Cargo.toml" | head -n 1)"
  archive="pinstripe-${version}-$(target).tar.gz"
  wanted="$(sed -n "s/^\([0-9a-f]\{64\}\)  ${archive//./\\.}\$/\1/p" "${GITHUB_ACTION_PATH}/.github/action/checksums.txt")"
  if [ -z "$wanted" ] || [ -z "${PINSTRIPE_REPOSITORY:-}" ] || ! command -v curl >/dev/null; then return 1; fi
  mkdir -p -- "$root"
  file="${root}/${archive}"
  if ! curl --fail --silent --show-error --location --retry 3 --output "$file" -- \
    "${GITHUB_SERVER_URL:-https://github.com}/${PINSTRIPE_REPOSITORY}/releases/download/v${version}/${archive}" >&2; then
    say "the release could not be downloaded"
    return 1
  fi
  if [ "$(sha256 "$file")" != "$wanted" ]; then
    rm -f -- "$file"
    say "the release does not have the checksum that it should have, so it is not used"
    printf '::warning title=pinstripe::The release archive has a wrong checksum; it was not used.\n'
    return 1
  fi
  tar -xzf "$file" -C "$root" >&2 || return 1
  binary="${root}/pinstripe"
  if [ -f "${binary}.exe" ]; then binary="${binary}.exe"; fi
  "$binary" --version >/dev/null 2>&1
}

has_commit() { git cat-file -e "$1^{commit}" 2>/dev/null; }

has_base() { has_commit "$1" && has_commit "$2" && git merge-base "$1" "$2" >/dev/null 2>&1; }

# Fetches what lies between two commits, blobs included, into a clone that may be shallow.
fetch() {
  local base="$1" head="$2" remote
  [ "${PINSTRIPE_FETCH:-true}" = true ] || return 0
  remote="$(git remote | head -n 1)"
  [ -n "$remote" ] || return 0
  if [ "$(git rev-parse --is-shallow-repository)" = true ]; then
    say "the clone is shallow; fetching the history"
    git -c core.hooksPath=/dev/null fetch --quiet --no-tags --no-recurse-submodules --unshallow "$remote" >&2 || true
  fi
  for commit in "$base" "$head"; do
    has_commit "$commit" ||
      git -c core.hooksPath=/dev/null fetch --quiet --no-tags --no-recurse-submodules "$remote" "$commit" >&2 || true
  done
}

# Decides between a range and the tree.
range() {
  local base="$1" head="$2"
  if ! has_base "$base" "$head"; then fetch "$base" "$head"; fi
  if has_base "$base" "$head"; then
    ranges=(--range "${base}..${head}")
    scanned="${base}..${head}"
  else
    notice="The base ${base} could not be fetched: only the tree that is checked out was scanned, not the range."
    scanned="tree (the base is missing)"
  fi
}

plan() {
  local base head scan="${PINSTRIPE_SCAN:-auto}" default
  base="$(commit_id "${PINSTRIPE_BASE:-}")"
  head="$(commit_id "${PINSTRIPE_HEAD:-}")"
  if [ -n "${PINSTRIPE_BASE:-}" ] && [ -z "$base" ]; then
    base="$(git rev-parse --verify --quiet --end-of-options "${PINSTRIPE_BASE}^{commit}")" || broken "the input base is no commit here"
  fi
  if [ -n "${PINSTRIPE_HEAD:-}" ] && [ -z "$head" ]; then
    head="$(git rev-parse --verify --quiet --end-of-options "${PINSTRIPE_HEAD}^{commit}")" || broken "the input head is no commit here"
  fi
  case "$scan" in
    tree)
      scanned=tree
      return
      ;;
    history)
      whole_history
      return
      ;;
    auto | diff) ;;
    *) broken "the input scan is auto, diff, tree or history" ;;
  esac
  case "${GITHUB_EVENT_NAME:-}" in
    schedule | workflow_dispatch)
      if [ "$scan" = auto ] && [ -z "$base" ]; then
        whole_history
        return
      fi
      ;;
    pull_request | pull_request_target | pull_request_review)
      base="${base:-$(commit_id "$(event pull_request base sha)")}"
      head="${head:-$(commit_id "$(event pull_request head sha)")}"
      ;;
    merge_group)
      base="${base:-$(commit_id "$(event merge_group base_sha)")}"
      head="${head:-$(commit_id "$(event merge_group head_sha)")}"
      ;;
    push)
      base="${base:-$(commit_id "$(event before)")}"
      head="${head:-$(commit_id "$(event after)")}"
      if [ -n "$head" ] && is_zero "$head"; then
        say "a ref was deleted: nothing to scan"
        scanned=nothing
        return
      fi
      if [ -n "$base" ] && is_zero "$base"; then
        # A new branch: what it has that the default branch has not.
        default="$(event repository default_branch)"
        base="$(new_branch "$default" "$head")"
      fi
      ;;
  esac
  head="${head:-$(git rev-parse --verify --quiet HEAD || true)}"
  if [ -z "$base" ] || [ -z "$head" ]; then
    if [ "$scan" = diff ]; then broken "there is no base to compare with; set the input base"; fi
    scanned=tree
    return
  fi
  range "$base" "$head"
}

# Every object of the store. What a shallow clone lacks is fetched; where that fails, the scan is incomplete.
whole_history() {
  local remote
  remote="$(git remote | head -n 1)"
  if [ "${PINSTRIPE_FETCH:-true}" = true ] && [ -n "$remote" ] &&
    [ "$(git rev-parse --is-shallow-repository)" = true ]; then
    git -c core.hooksPath=/dev/null fetch --quiet --no-recurse-submodules --unshallow "$remote" >&2 || true
  fi
  ranges=(--history)
  scanned=history
}

new_branch() {
  local default="$1" head="$2" remote tip
  case "$default" in *[!A-Za-z0-9._/-]* | "" | -*) return 0 ;; esac
  remote="$(git remote | head -n 1)"
  [ -n "$remote" ] || return 0
  tip="$(git rev-parse --verify --quiet "refs/remotes/${remote}/${default}^{commit}" || true)"
  if [ -z "$tip" ] && [ "${PINSTRIPE_FETCH:-true}" = true ]; then
    git -c core.hooksPath=/dev/null fetch --quiet --no-tags --no-recurse-submodules "$remote" \
      "+refs/heads/${default}:refs/remotes/${remote}/${default}" >&2 || true
    tip="$(git rev-parse --verify --quiet "refs/remotes/${remote}/${default}^{commit}" || true)"
  fi
  # The first push of the default branch itself: everything in it is new, so the tree is scanned.
  if [ "$tip" != "$head" ]; then printf '%s' "$tip"; fi
}

main() {
  cd -- "${GITHUB_WORKSPACE:-.}"
  local sarif="${PINSTRIPE_SARIF:-}" json="${PINSTRIPE_JSON:-}" summary="${temp}/pinstripe-summary.md"
  case "$sarif" in "") sarif="${temp}/pinstripe.sarif" ;; /*) ;; *) sarif="${PWD}/${sarif}" ;; esac
  case "$json" in "") json="${temp}/pinstripe.json" ;; /*) ;; *) json="${PWD}/${json}" ;; esac
  cd -- "${PINSTRIPE_PATH:-.}"
  install
  scanned=""
  plan
  output scanned-range "$scanned"
  if [ "$scanned" = nothing ]; then
    output findings-count 0
    output new-count 0
    finish 0 clean
  fi
  scan "$sarif" "$json" "$summary"
}

scan() {
  local sarif="$1" json="$2" summary="$3" code=0 line
  local fail_on="${PINSTRIPE_FAIL_ON:-medium}" arguments=(scan --no-progress)
  arguments+=(--output "sarif=${sarif}" --output "json=${json}" --output "markdown=${summary}")
  if [ "$fail_on" = never ]; then arguments+=(--exit-zero); else arguments+=("--fail-on=${fail_on}"); fi
  if [ "${PINSTRIPE_ANNOTATIONS:-true}" = true ]; then arguments+=(--format github); else arguments+=(--format text); fi
  if [ -n "${PINSTRIPE_CONFIG:-}" ]; then arguments+=("--config=${PINSTRIPE_CONFIG}"); fi
  if [ -n "${PINSTRIPE_BASELINE:-}" ]; then arguments+=("--baseline=${PINSTRIPE_BASELINE}"); fi
  if [ "${#ranges[@]}" -gt 0 ]; then arguments+=("${ranges[@]}"); fi
  while IFS= read -r line; do
    if [ -n "$line" ]; then arguments+=("$line"); fi
  done <<<"${PINSTRIPE_ARGS:-}"
  if [ -n "$notice" ]; then
    # An event names a policy that cannot be read now, and the change must not bring its own.
    say "$notice"
    printf '::warning title=pinstripe::%s\n' "$notice"
    if [ -z "${PINSTRIPE_CONFIG:-}" ]; then arguments+=(--no-config); fi
  fi
  "$binary" "${arguments[@]}" || code=$?
  # The range that the event is about was not seen: that is never "clean".
  if [ -n "$notice" ] && [ "$code" -eq 0 ]; then code=3; fi
  report "$sarif" "$json" "$summary" "$fail_on"
  case "$code" in
    0) finish 0 clean ;;
    1) finish 1 findings ;;
    3) finish 3 incomplete ;;
    *) finish "$code" error ;;
  esac
}

report() {
  local sarif="$1" json="$2" summary="$3" fail_on="$4"
  if [ -f "$sarif" ]; then output sarif-file "$sarif"; fi
  if [ -f "$json" ]; then
    output json-file "$json"
    count "$json" "$fail_on"
  fi
  if [ "${PINSTRIPE_SUMMARY:-true}" = true ] && [ -f "$summary" ] && [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
    {
      if [ -n "$notice" ]; then printf '**%s**\n\n' "$notice"; fi
      cat -- "$summary"
    } >>"$GITHUB_STEP_SUMMARY"
  fi
}

# Counts findings in the JSON report.
count() {
  local levels="note low medium high critical"
  case "$2" in
    low) levels="low medium high critical" ;;
    medium | never) levels="medium high critical" ;;
    high) levels="high critical" ;;
    critical) levels="critical" ;;
  esac
  if command -v jq >/dev/null; then
    output findings-count "$(jq '.findings | length' "$1")"
    output new-count "$(jq --arg levels "$levels" \
      '[.findings[] | select(.status == "open" and (.severity as $s | $levels | split(" ") | index($s)))] | length' "$1")"
  elif command -v python3 >/dev/null; then
    output findings-count "$(python3 -c 'import json,sys; print(len(json.load(open(sys.argv[1]))["findings"]))' "$1")"
    output new-count "$(python3 -c '
import json, sys
found = json.load(open(sys.argv[1]))["findings"]
print(sum(f["status"] == "open" and f["severity"] in sys.argv[2].split() for f in found))' "$1" "$levels")"
  fi
}

main
