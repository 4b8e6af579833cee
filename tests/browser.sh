#!/usr/bin/env bash
# The browser tests, against a server of their own.
set -euo pipefail
cd "$(dirname "$0")/.."
binary="${CARGO_TARGET_DIR:-target}/release/lectern"
data=$(mktemp -d)
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; rm -rf "$data"' EXIT
"$binary" --data-dir "$data" serve --port 0 >"$data/out" &
server=$!
until grep -q ready "$data/out"; do kill -0 "$server" || exit 1; sleep 0.1; done
cd web && LECTERN_URL=$(awk '/ready/ {print $NF}' "$data/out") npm run e2e
