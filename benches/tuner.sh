#!/usr/bin/env bash
# Training beside PyTorch + peft, on the same rows.
set -euo pipefail
cd "$(dirname "$0")/.."
programs="${CARGO_TARGET_DIR:-target}/release"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/lectern"
models="${LECTERN_MODELS:-$cache/models}"
python="${PEFT:-$cache/venv-tune}/bin/python"
questions="${LECTERN_DATA:-../shared/data}/train/train_qa.jsonl"
if [ ! -x "$python" ]; then echo "SKIPPED: no Python environment with peft at $python"; exit; fi
if [ ! -f "$questions" ]; then echo "SKIPPED: no questions at $questions"; exit; fi
rows=$(mktemp -d)
trap 'rm -rf "$rows"' EXIT
head -n 2000 "$questions" >"$rows/some.jsonl"
"$programs/lectern" tune prepare "$rows" "$rows/some.jsonl" --languages en --sizes 3 >&2
"$python" tuner/reference/beside_peft.py "$programs/examples/beside_peft" \
    "$models/smollm2-135m-instruct/model.gguf" "$rows/train.jsonl" "${STEPS:-10}"
