#!/usr/bin/env bash
# Builds one commit twice, in two directories with the same profile, and compares programs and packages byte for byte.
#
#   packaging/prove/twice.sh PROFILE [TARGET]     PROFILE as build.sh leaves it, or `none`
# shellcheck source=packaging/prove/common.sh
source "$(dirname "$0")/common.sh"
profile=$1
[ "$profile" = none ] || profile=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
target=${2:-$target}
commit=$(git -C "$root" rev-parse HEAD)
for name in one two/deeper; do
  mkdir -p "$scratch/$name"
  git clone --quiet --no-checkout "$root" "$scratch/$name/source"
  git -C "$scratch/$name/source" checkout --quiet "$commit"
  (
    cd "$scratch/$name/source"
    # Another home of cargo as well: its path is in no program.
    if [ "$name" != one ]; then
      mkdir "$scratch/cargo" && ln -s "${CARGO_HOME:-$HOME/.cargo}/registry" "$scratch/cargo/registry"
      export CARGO_HOME=$scratch/cargo
    fi
    timed "build in $name" env PINSTRIPE_PROFILE="$profile" packaging/build.sh "$target" programs
    python3 packaging/pack.py --out dist programs >/dev/null
  )
done
for file in "$scratch"/one/source/programs/* "$scratch"/one/source/dist/*; do
  other=${file/\/one\///two\/deeper\/}
  cmp "$file" "$other" && printf '%-90s the same\n' "$(basename "$file")"
done
sha256sum "$scratch/one/source/programs"/pinstripe-*
