#!/usr/bin/env bash
# The modes of the former benchmark script, as calls of `nexus bench`. All further arguments go to `nexus bench run`.
#
#   scripts/run_benchmarks.sh [quick|dedup|cache|concurrency|compare|save [NAME]|all|full] [options]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# npx finds the Node that the workspace brings along.
nexus() { npx --no-install node packages/cli/bin/nexus.js "$@"; }

mode=${1:-all}
if [ $# -gt 0 ]; then shift; fi

case "$mode" in
  quick) nexus bench run throughput small metadata "$@" ;;
  dedup | cache | concurrency) nexus bench run "$mode" "$@" ;;
  # Every combination stands beside the others and the raw file system in one run: that is the comparison.
  compare) nexus bench run throughput small metadata dedup "$@" ;;
  save)
    name=baseline
    if [ $# -gt 0 ] && [[ $1 != -* ]]; then
      name=$1
      shift
    fi
    nexus bench run --save "$name" "$@"
    ;;
  # Concurrency is part of it: nothing is left out as problematic.
  all) nexus bench run --preset quick "$@" ;;
  full) nexus bench run --preset all "$@" ;;
  *)
    echo "run_benchmarks.sh: no mode \"$mode\"; use quick, dedup, cache, concurrency, compare, save [NAME], all or full" >&2
    exit 2
    ;;
esac
