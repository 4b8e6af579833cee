#!/usr/bin/env bash
# Fails where the committed description of the API is not what the handlers make now, or docs/api.md does not show the
# examples as they are.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --quiet --release -p lectern; "${CARGO_TARGET_DIR:-target}/release/lectern" openapi | diff -u web/openapi.json - ||
  { echo "web/openapi.json is out of date: run make openapi"; exit 1; }
./docs/include_examples.py --check
