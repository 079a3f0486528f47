#!/usr/bin/env bash
# npm test: installs what is missing, then runs the gate with all tests.
set -euo pipefail
cd "$(dirname "$0")/.."
bash tools/setup.sh test
exec npm run --silent check
