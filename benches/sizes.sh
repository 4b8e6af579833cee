#!/usr/bin/env bash
# What Lectern costs: the binary's size, its memory idle, and how many crates it is built from.
set -euo pipefail
cd "$(dirname "$0")/.."
binary="${CARGO_TARGET_DIR:-target}/release/lectern"
data=$(mktemp -d)
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; rm -rf "$data"' EXIT
echo "release binary: $(($(stat -c %s "$binary") / 1048576)) MiB"
echo "crates in the tree of lectern: $(cargo tree -p lectern --prefix none -e normal | awk '{print $1, $2}' | sort -u | wc -l)"
"$binary" --data-dir "$data" serve --port 0 >"$data/out" 2>/dev/null &
server=$!
until grep -q ready "$data/out"; do sleep 0.1; done
cat "$data/out"
echo "memory idle: $(awk '/VmRSS/ {print int($2 / 1024)}' "/proc/$server/status") MiB"
