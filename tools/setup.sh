#!/usr/bin/env bash
# Installs what this project needs and the machine lacks: Debian or Ubuntu packages, then npm's.
#   tools/setup.sh lab    what `critique run --lab` needs
#   tools/setup.sh test   the same, and what the tests need besides
# Does nothing where everything is there.
set -euo pipefail
cd "$(dirname "$0")/.."

node -e 'const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) { console.error(`Node.js ${process.version} is too old: this project needs 20.19 or newer.`); process.exit(3); }'

packages=()
need() { # need PACKAGE TEST...: the package is missing where the test fails
  local package=$1
  shift
  "$@" >/dev/null 2>&1 || packages+=("$package")
}
static_busybox() { file=$(command -v busybox) && ! ldd "$file"; }
cni_plugins() { [ -x /usr/lib/cni/bridge ] || [ -x /opt/cni/bin/bridge ]; }

need containerd command -v containerd
need runc command -v runc
need crun command -v crun
need busybox-static static_busybox
need containernetworking-plugins cni_plugins
need iptables command -v iptables
need iproute2 command -v ip
if [ "${1:-lab}" = test ]; then
  need chromium command -v chromium
  need protobuf-compiler command -v protoc
fi

if [ ${#packages[@]} -gt 0 ]; then
  if ! command -v apt-get >/dev/null; then
    echo "Missing: ${packages[*]} (names of Debian packages). There is no apt-get here; install their equivalents." >&2
    exit 3
  fi
  sudo=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "Missing: ${packages[*]}. Install them as root: apt-get install ${packages[*]}" >&2; exit 3; }
    sudo=(sudo)
  fi
  echo "Installing ${packages[*]}" >&2
  log=$(mktemp)
  if ! { "${sudo[@]}" apt-get update && "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${packages[@]}"; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    exit 3
  fi
  rm -f "$log"
fi

# node_modules is as package-lock.json says when npm's own record of it is not older.
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  echo "Installing npm packages" >&2
  npm ci --no-audit --no-fund --loglevel=error
fi
