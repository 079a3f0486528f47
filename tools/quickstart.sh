#!/usr/bin/env bash
# npm run quickstart: from a fresh clone to a validated and measured containerd.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "$(id -u)" -ne 0 ]; then
  echo "The lab starts a containerd of its own, which takes root: run this as root (sudo npm run quickstart)." >&2
  exit 3
fi
bash tools/setup.sh lab
npm run --silent build
reports=reports/quickstart-$(date +%Y%m%d-%H%M%S)
node bin/critique.js run --lab --expectations builtin --report-dir "$reports"
node bin/critique.js bench --lab --scenario pod-startup --report-dir "$reports/bench"
echo
echo "Verdicts:     $reports/report.html (open it in a browser), summary.md, junit.xml, results.json"
echo "Measurements: $reports/bench/bench.json, and a .hgrm and .hlog per metric"
