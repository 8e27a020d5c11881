#!/usr/bin/env bash
# Installs pinstripe if need be, asks it what the event is about, fetches what it names, scans, and publishes the reports.
# `run.sh verdict` is the last step: it fails if the scan has to.
#
# Every input comes through the environment. What a repository, an event or a ref says is data: pinstripe reads it, and
# here it is quoted, never evaluated. Nothing but bash, coreutils and git is needed where the input binary is set.
set -euo pipefail

temp="${RUNNER_TEMP:-${TMPDIR:-/tmp}}"
# Of this run alone, so that no file of an earlier one is published.
work="${temp}/pinstripe-$$-${RANDOM}"
arguments=()
notices=()
scanned="" warning="" category=""

say() { printf 'pinstripe: %s\n' "$1" | tr -d '\r' >&2; }

# One line, so that no value can add an output of its own.
output() { printf '%s=%s\n' "$1" "$(printf '%s' "$2" | tr -d '\r\n')" >>"${GITHUB_OUTPUT:-/dev/null}"; }

# $1 error, warning or notice, $2 any text
annotate() {
  local text="${2//%/%25}"
  text="${text//$'\r'/%0D}"
  text="${text//$'\n'/%0A}"
  printf '::%s title=pinstripe::%s\n' "$1" "${text//##[/## [}"
}

# Standard input as it may be shown: no credentials of a URL, no control characters, no end of a code block, no more than
# a few lines.
shown() {
  local line
  tr '`\t' "' " | tr -d '\000-\011\013-\037\177' | tail -n 20 | while IFS= read -r line || [ -n "$line" ]; do
    while [[ "$line" =~ ^(.*://)[^/@\ ]*@(.*)$ ]]; do line="${BASH_REMATCH[1]}${BASH_REMATCH[2]}"; done
    printf '%s\n' "$line"
  done
}

# Lines of standard input as items whose text has no meaning.
listed() {
  local line
  printf '\n'
  while IFS= read -r line; do printf -- '- `%s`\n' "$line"; done
  printf '\n'
}

# What the program said in lines that begin so.
said() {
  local line start
  while IFS= read -r line; do
    for start in "$@"; do
      case "$line" in "$start"*) printf '%s\n' "${line#"$start"}" ;; esac
    done
  done <"${work}/stderr"
}

# Adds standard input to the summary.
summary() {
  if [ "${PINSTRIPE_SUMMARY:-true}" = true ]; then cat >>"${GITHUB_STEP_SUMMARY:-/dev/null}"; else cat >/dev/null; fi
}

finish() {
  # $1 exit code, $2 outcome
  output exit-code "$1"
  output outcome "$2"
  exit 0
}

broken() {
  say "$1"
  annotate error "$1"
  { printf '## pinstripe could not scan\n' && printf '%s\n' "$1" | shown | listed; } | summary
  finish 2 error
}

# Runs the program, keeps what it says and shows it. $1 file for its standard output, or - to show that, too
program() {
  local code=0 out="$1"
  shift
  if [ "$out" = - ]; then
    "$binary" "$@" 2>"${work}/stderr" || code=$?
  else
    "$binary" "$@" >"$out" 2>"${work}/stderr" || code=$?
  fi
  cat -- "${work}/stderr" >&2
  return "$code"
}

# Why the program failed, in its own words.
reason() {
  local text line found=""
  text="$(while IFS= read -r line; do
    case "$line" in "error: "*) found=1 line="${line#error: }" ;; esac
    if [ -n "$found" ]; then printf '%s\n' "$line"; fi
  done <"${work}/stderr" | shown)"
  printf '%s' "${text:-pinstripe failed without a reason (exit $1)}"
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
    "Linux x86_64") printf 'x86_64-unknown-linux-musl' ;;
    "Linux aarch64") printf 'aarch64-unknown-linux-musl' ;;
    "Darwin x86_64") printf 'x86_64-apple-darwin' ;;
    "Darwin arm64") printf 'aarch64-apple-darwin' ;;
    MINGW*" x86_64" | MSYS*" x86_64") printf 'x86_64-pc-windows-msvc' ;;
  esac
}

sha256() {
  if command -v sha256sum >/dev/null; then sha256sum -- "$1"; else shasum -a 256 -- "$1"; fi | cut -d ' ' -f 1
}

# Takes the archive of this version's release, if checksums.txt beside this script names it; anything else is not taken,
# and nothing of a cache that does not have that checksum.
download() {
  local line version="" archive wanted="" file tool root="${temp}/pinstripe-release" cache="${RUNNER_TOOL_CACHE:-$temp}/pinstripe"
  while IFS= read -r line && [ -z "$version" ]; do
    if [[ "$line" =~ ^version\ =\ \"([0-9A-Za-z.+-]*)\"$ ]]; then version="${BASH_REMATCH[1]}"; fi
  done <"${GITHUB_ACTION_PATH}/Cargo.toml"
  archive="pinstripe-${version}-$(target).tar.gz"
  while IFS= read -r line; do
    if [[ "$line" =~ ^([0-9a-f]{64})\ \ (.*)$ ]] && [ "${BASH_REMATCH[2]}" = "$archive" ]; then wanted="${BASH_REMATCH[1]}"; fi
  done <"${GITHUB_ACTION_PATH}/.github/action/checksums.txt"
  if [ -z "$wanted" ] || [ -z "${PINSTRIPE_REPOSITORY:-}" ]; then return 1; fi
  for tool in curl tar; do
    if ! command -v "$tool" >/dev/null; then
      annotate warning "A release is installed with curl and tar, and there is no ${tool}: set the input binary."
      return 1
    fi
  done
  mkdir -p -- "$root" "$cache"
  file="${cache}/${archive}"
  if [ ! -f "$file" ] || [ "$(sha256 "$file")" != "$wanted" ]; then
    if ! curl --fail --silent --show-error --location --retry 3 --output "${file}.$$" -- \
      "${GITHUB_SERVER_URL:-https://github.com}/${PINSTRIPE_REPOSITORY}/releases/download/v${version}/${archive}" >&2; then
      say "the release could not be downloaded"
      return 1
    fi
    if [ "$(sha256 "${file}.$$")" != "$wanted" ]; then
      rm -f -- "${file}.$$"
      say "the release does not have the checksum that it should have, so it is not used"
      annotate warning "The release archive has a wrong checksum; it was not used."
      return 1
    fi
    mv -f -- "${file}.$$" "$file"
  fi
  tar -xzf "$file" --strip-components=1 -C "$root" >&2 || return 1
  binary="${root}/pinstripe"
  if [ -f "${binary}.exe" ]; then binary="${binary}.exe"; fi
  "$binary" --version >/dev/null 2>&1
}

# A value as git's configuration writes it.
quoted() {
  local text="${1//\\/\\\\}"
  printf '"%s"' "${text//\"/\\\"}"
}

# In a container job the workspace belongs to another user, and git refuses to read it. Whoever runs this step wants it
# read; the user's own configuration stays in force.
trust_workspace() {
  local directory own="${XDG_CONFIG_HOME:-${HOME:-/nonexistent}/.config}/git/config"
  mkdir -p -- "${work}/config/git"
  {
    printf '[include]\n\tpath = %s\n[safe]\n' "$(quoted "$own")"
    for directory in "$1" "$PWD" "$(pwd -P)"; do printf '\tdirectory = %s\n' "$(quoted "$directory")"; done
  } >"${work}/config/git/config"
  export XDG_CONFIG_HOME="${work}/config" GIT_TERMINAL_PROMPT=0
}

# Runs a command of git that the plan names: words without spaces.
fetch() {
  local words
  printf '%s\n' "$1" >>"${work}/tried"
  read -ra words <<<"$1"
  say "git ${1:0:200}"
  if ! git -c core.hooksPath=/dev/null -c gc.auto=0 -c maintenance.auto=false "${words[@]}" >"${work}/git" 2>&1 </dev/null; then
    annotate warning "git ${1:0:200} failed: $(shown <"${work}/git")"
  fi
}

# Asks what the event is about until nothing is left to fetch.
plan() {
  local round line again
  : >"${work}/tried"
  for round in {1..20}; do
    program "${work}/plan" action plan --tried "${work}/tried" || broken "$(reason $?)"
    again=""
    while IFS= read -r line; do
      case "$line" in
        fetch=*)
          again="round ${round}"
          fetch "${line#fetch=}"
          ;;
        scan=*) arguments+=("${line#scan=}") ;;
        range=*) scanned="${line#range=}" ;;
        category=*) category="${line#category=}" ;;
        warning=*) warning="${line#warning=}" ;;
        notice=*) notices+=("${line#notice=}") ;;
      esac
    done <"${work}/plan"
    if [ -z "$again" ]; then return; fi
  done
  broken "what is missing could not be fetched in ${round} rounds"
}

# The notices first: the reason why the scan is not what the event asked for is the first line.
announce() {
  local line
  if [ -n "$warning" ]; then
    say "$warning"
    annotate warning "$warning"
    printf '**%s**\n\n' "$warning" | summary
  fi
  if [ "${#notices[@]}" -eq 0 ]; then return; fi
  for line in "${notices[@]}"; do
    say "$line"
    annotate notice "$line"
    printf '%s\n\n' "$line" | summary
  done
}

scan() {
  local sarif="$1" json="$2" code=0 line text
  arguments+=(--no-progress)
  arguments+=(--output "sarif=${sarif}" --output "json=${json}")
  arguments+=(--output "markdown=${work}/summary.md" --output "github-output=${work}/outputs")
  case "${PINSTRIPE_FAIL_ON:-}" in
    "") ;;
    never) arguments+=(--exit-zero) ;;
    *) arguments+=("--fail-on=${PINSTRIPE_FAIL_ON}") ;;
  esac
  if [ "${PINSTRIPE_ANNOTATIONS:-true}" = true ]; then arguments+=(--format github); else arguments+=(--format text); fi
  while IFS= read -r line; do
    if [ -n "$line" ]; then arguments+=("$line"); fi
  done <<<"${PINSTRIPE_ARGS:-}"
  program - "${arguments[@]}" || code=$?
  if [ -f "$sarif" ]; then output sarif-file "$sarif"; fi
  if [ -f "$json" ]; then output json-file "$json"; fi
  if [ -f "${work}/outputs" ]; then cat -- "${work}/outputs" >>"${GITHUB_OUTPUT:-/dev/null}"; fi
  if [ -f "${work}/summary.md" ]; then summary <"${work}/summary.md"; fi
  text="$(said "warning: " "note: " | shown)"
  if [ -n "$text" ]; then printf '%s\n' "$text" | listed | summary; fi
  case "$code" in
    0) finish 0 clean ;;
    1) finish 1 findings ;;
    3) finish 3 incomplete ;;
    *) broken "$(reason "$code")" ;;
  esac
}

verdict() {
  local code="${PINSTRIPE_EXIT_CODE:-}"
  case "$code" in
    0) say "nothing here fails the job" ;;
    1) annotate error "${PINSTRIPE_NEW_COUNT:-?} open at or above ${PINSTRIPE_FAIL_ON:-medium}: the annotations and the summary of the scan name each of them." ;;
    3) annotate error "Not everything could be scanned, and that is never clean: the summary of the scan says what is missing and how to get it." ;;
    2) annotate error "There was no scan: the step before says why." ;;
    *) annotate error "The scan did not end." ;;
  esac
  exit "${code:-2}"
}

main() {
  local workspace sarif="${PINSTRIPE_SARIF:-}" json="${PINSTRIPE_JSON:-}"
  mkdir -p -- "$work"
  cd -- "${GITHUB_WORKSPACE:-.}" || broken "there is no workspace"
  workspace="$PWD"
  case "$sarif" in "") sarif="${work}/pinstripe.sarif" ;; /* | [A-Za-z]:*) ;; *) sarif="${workspace}/${sarif}" ;; esac
  case "$json" in "") json="${work}/pinstripe.json" ;; /* | [A-Za-z]:*) ;; *) json="${workspace}/${json}" ;; esac
  rm -f -- "$sarif" "$json" || broken "the inputs sarif-file and json-file name what cannot be replaced"
  cd -- "${PINSTRIPE_PATH:-.}" || broken "the input path names no directory of the workspace"
  install
  trust_workspace "$workspace"
  plan
  output scanned-range "$scanned"
  output category "$category"
  announce
  if [ "${#arguments[@]}" -eq 0 ]; then
    output findings-count 0
    output new-count 0
    finish 0 clean
  fi
  scan "$sarif" "$json"
}

if [ "${1:-}" = verdict ]; then verdict; else main; fi
