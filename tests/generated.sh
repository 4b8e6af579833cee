#!/usr/bin/env bash
# Fails where the committed description of the API is not what the handlers make now.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --quiet --release -p lectern; "${CARGO_TARGET_DIR:-target}/release/lectern" openapi | diff -u web/openapi.json - ||
  { echo "web/openapi.json is out of date: run make openapi"; exit 1; }
