#!/usr/bin/env bash
# The engine beside llama.cpp and against itself; each part but the last takes under three minutes on two cores.
#
#   engine.sh [speed|large|together|json|mixes|answers|server] ...     all of them where none is named
#
# speed     SmolLM2 against llama.cpp on the same file and on its fastest type of it: prompts, writing, load, memory
# large     the same for Qwen 1.5B, once
# together  eight requests at once against one after the other
# json      200 outputs under a schema
# mixes     the quantizer beside llama.cpp's: size, perplexity, and whether both engines say the same
# answers   questions from five passages with guesses from the prompt and without
# server    a hundred questions beside llama.cpp's own server, over HTTP
# llama.cpp: a Python environment with llama-cpp-python[server] (built from its sdist) in LLAMA_CPP.
set -euo pipefail
cd "$(dirname "$0")/.."
lectern="${CARGO_TARGET_DIR:-target}/release/lectern"
programs="${CARGO_TARGET_DIR:-target}/release/examples"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/lectern"
models="${LECTERN_MODELS:-$cache/models}"
python="${LLAMA_CPP:-$cache/llama-cpp/venv}/bin/python"
small="$models/smollm2-135m-instruct/model.gguf"
large="$models/qwen2.5-coder-1.5b-instruct/model.gguf"

# The same model in the type that llama.cpp is fastest with; made once.
fastest() {
    local made="$cache/llama-cpp/models/$1-q4_0.gguf"
    mkdir -p "$(dirname "$made")"
    if [ ! -f "$made" ]; then "$lectern" models quantize "$2" --as q4_0 --out "$made" >&2; fi
    echo "$made"
}

beside() {
    local name=$1 model=$2
    shift 2
    if [ ! -x "$python" ]; then echo "SKIPPED: no llama-cpp-python at $python"; return; fi
    "$python" benches/beside_llama_cpp.py "$programs/bench_engine" "$model" --best "$(fastest "$name" "$model")" "$@"
    echo "file $(stat -Lc %s "$model" | awk '{print int($1 / 1e6)}') MB"
}

quantizers() {
    if [ ! -x "$python" ]; then echo "SKIPPED: no llama-cpp-python at $python"; return; fi
    local text="${LECTERN_DATA:-../shared/data}/qa/squad/passages.jsonl"
    if [ ! -f "$text" ]; then echo "SKIPPED: no text at $text"; return; fi
    "$python" benches/quantizers.py "$lectern" "$programs/bench_engine" "$small" "$text"
}

questions() {
    if [ ! -x "$python" ]; then echo "SKIPPED: no llama-cpp-python at $python"; return; fi
    local set="${LECTERN_DATA:-../shared/data}/qa/squad"
    if [ ! -d "$set" ]; then echo "SKIPPED: no questions at $set"; return; fi
    "$python" benches/beside_llama_server.py "$lectern" "$small" "$(fastest smollm2 "$small")" "$set" "${QUESTIONS:-100}"
}

for part in "${@:-speed large together json mixes answers server}"; do
    for one in $part; do
        echo "== $one"
        case $one in
            speed) beside smollm2 "$small" --rounds 3 ;;
            large) beside qwen2.5-1.5b "$large" --rounds 1 --tokens 24 ;;
            together) "$programs/bench_concurrent" "$small" 48 ;;
            json) "$programs/bench_json" "$small" "${JSON_OUTPUTS:-200}" ;;
            mixes) quantizers ;;
            answers) "$programs/bench_answers" "$small" "${LECTERN_DATA:-../shared/data}/qa/squad" 8 ;;
            server) questions ;;
            *) echo "unknown: $one" >&2 && exit 2 ;;
        esac
    done
done
