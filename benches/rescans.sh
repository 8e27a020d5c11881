#!/usr/bin/env bash
# Rescans of a history (`--since-cache`) beside scans without a cache: wall time, processor time, peak memory.
#
#   benches/rescans.sh make REPO DIR          makes DIR/old, /fetched and /packed of a repository: without its newest objects,
#                                             a hundredth; with a pack of them; all in one pack. Takes twice its size
#   benches/rescans.sh run DIR PROGRAM…       times scans with each program, in turns: the least of RUNS (5) rounds
#
# A rescan reads the cache that a scan of DIR/old has written. Its report is compared with that of a scan without a cache.
set -euo pipefail
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_NO_LAZY_FETCH=1

reachable() { git -C "$1" rev-list --objects --no-object-names --missing=allow-any "${@:2}"; }

bare() {
  git init -q --bare --template= "$1"
  sort -k2 "$2" > "$1/packed-refs"
  cp "$3" "$1/HEAD"
}

# Lists the refs as they were before a time. HEAD is detached, so that it has a commit at any time.
refs_before() {
  git -C "$1" rev-list -1 --before="$2" HEAD > "$scratch/HEAD.old"
  git -C "$1" for-each-ref --format='%(committerdate:unix)%(taggerdate:unix) %(objectname) %(refname)' |
    awk -v time="$2" '$1 < time { print $2, $3 }'
}

make() {
  local repository=$1 share=150 time
  top=$(realpath -m "$2")
  mkdir -p "$top"
  git -C "$repository" rev-parse HEAD > "$scratch/HEAD"
  git -C "$repository" for-each-ref --format='%(objectname) %(refname)' > "$scratch/refs"
  reachable "$repository" --all > "$scratch/all"
  git -C "$repository" log --all --format=%ct | sort -rn > "$scratch/times"
  # Commits have objects of different numbers: fewer, until not much more than a hundredth is new.
  while
    time=$(sed -n "$(($(wc -l < "$scratch/times") / share))p" "$scratch/times")
    refs_before "$repository" "$time" > "$scratch/refs.old"
    reachable "$repository" --stdin < <(cat "$scratch/HEAD.old" <(cut -d' ' -f1 "$scratch/refs.old")) > "$scratch/objects"
    (($(wc -l < "$scratch/objects") * 1000 < $(wc -l < "$scratch/all") * 988))
  do share=$((share * 3 / 2)); done
  bare "$top/old" "$scratch/refs.old" "$scratch/HEAD.old"
  git -C "$repository" pack-objects -q "$top/old/objects/pack/pack" < "$scratch/objects" > /dev/null
  for name in fetched packed; do bare "$top/$name" "$scratch/refs" "$scratch/HEAD"; done
  ln "$top"/old/objects/pack/* "$top/fetched/objects/pack"
  { cut -d' ' -f1 "$scratch/refs"; echo --not; cat "$scratch/HEAD.old"; cut -d' ' -f1 "$scratch/refs.old"; } |
    git -C "$repository" pack-objects -q --revs --thin --stdout --missing=allow-any |
    git -C "$top/fetched" index-pack --fix-thin --stdin > /dev/null
  git -C "$repository" pack-objects -q "$top/packed/objects/pack/pack" < "$scratch/all" > /dev/null
  for name in old fetched packed; do
    printf '%s: %s\n' "$name" "$(git -C "$top/$name" count-objects -v | grep -E 'in-pack|packs' | tr '\n' ' ')"
  done
}

# Scans a repository, and notes name, program, wall and processor time, and peak memory; findings are no failure. A cache
# knows a repository by its path, so that all stand in one place in turn.
timed() {
  local name=$1 program=$2 state=$3
  shift 3
  mv "$top/$state" "$top/subject"
  /usr/bin/time -f '%e %U %S %M' -o "$scratch/said" \
    "$program" scan --history "$top/subject" --format json --exit-zero "$@" > "$scratch/report" 2> /dev/null || true
  mv "$top/subject" "$top/$state"
  tail -n 1 "$scratch/said" | awk -v OFS='\t' -v name="$name" -v program="${program##*/}" \
    '{ print name, program, $1, $2 + $3, $4 / 1024 }' >> "$scratch/times"
}

# Scans without a cache.
plain() {
  timed "$2, no cache" "$1" "$2"
  mv "$scratch/report" "$scratch/$2"
}

# Scans with the cache that is saved as `from`, and saves it as `to`.
rescan() {
  local name=$1 program=$2 state=$3 from=$4 to=$5
  rm -rf "$scratch/cache"
  if [ -n "$from" ]; then cp -r "$scratch/$from" "$scratch/cache"; fi
  timed "$name" "$program" "$state" --since-cache "$scratch/cache"
  if [ -n "$to" ]; then rm -rf "${scratch:?}/$to" && cp -r "$scratch/cache" "$scratch/$to"; fi
  cmp "$scratch/report" "$scratch/$state"
}

# Prints the least of each figure; ratios are to a scan of the same state without a cache.
summary() {
  awk -F '\t' -v OFS='\t' '
    { key = $1 "\t" $2; if (!(key in wall)) order[++count] = key }
    !(key in wall) || $3 < wall[key] { wall[key] = $3 }
    !(key in cpu) || $4 < cpu[key] { cpu[key] = $4 }
    !(key in peak) || $5 > peak[key] { peak[key] = $5 }
    END {
      print "what", "program", "wall s", "ratio", "processor s", "ratio", "peak MiB"
      for (at = 1; at <= count; at++) {
        key = order[at]; split(key, name, "\t"); state = name[1]; sub(/,? .*|,.*/, "", state)
        whole = state ", no cache\t" name[2]
        printf "%s\t%.2f\t%.3f\t%.2f\t%.3f\t%.0f\n", key, wall[key], wall[key] / wall[whole], cpu[key], cpu[key] / cpu[whole], peak[key]
      }
    }' "$scratch/times" | column -t -s "$(printf '\t')"
}

run() {
  local program
  top=$1
  shift
  for _ in $(seq "${RUNS:-5}"); do
    for program in "$@"; do
      plain "$program" old
      rescan "old, first cache" "$program" old "" first
      rescan "old, unchanged" "$program" old first ""
      plain "$program" fetched
      rescan "fetched" "$program" fetched first second
      rescan "fetched, unchanged" "$program" fetched second ""
      plain "$program" packed
      rescan "packed, of fetched" "$program" packed second ""
      rescan "packed, of old" "$program" packed first ""
    done
  done
  summary
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$@"
