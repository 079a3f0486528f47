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
# Whatever the verdict is, the rest is of use.
verdict=0
node bin/critique.js run --lab --expectations builtin --report-dir "$reports" || verdict=$?
[ -e "$reports/events.ndjson" ] || exit "$verdict"
measured=0
node bin/critique.js bench --lab --scenario pod-startup --report-dir "$reports/bench" || measured=$?
node bin/critique.js report "$reports" --quiet >/dev/null # once more, with the charts
echo
echo "Verdicts and charts: $reports/report.html (open it in a browser), summary.md, junit.xml, results.json"
echo "Measurements:        $reports/bench/bench.json, and a .hgrm and .hlog per metric"
exit $((verdict > 0 ? verdict : measured))
