#!/usr/bin/env bash
# What reading does with real documents; prints one part after the other, or those that are named:
#
#   reading.sh [course|scans|corpus|boxes|speed|recall|scan_recall] ...
#
# LECTERN_DATA names the folder with course/ and corpus/. For `speed` a Python environment with pdfplumber and pymupdf is
# made in the cache folder; READING_PEERS names another Python.
set -euo pipefail
cd "$(dirname "$0")/.."
programs="${CARGO_TARGET_DIR:-target}/release"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/lectern"
data="${LECTERN_DATA:-../shared/data}"
if [ ! -d "$data/course" ]; then echo "SKIPPED: LECTERN_DATA names no folder with course/ and corpus/ in it"; exit 0; fi

peers() {
    if [ -z "${READING_PEERS:-}" ]; then
        READING_PEERS="$cache/reading-peers/bin/python"
        [ -x "$READING_PEERS" ] || python3 -m venv "$cache/reading-peers"
        "$READING_PEERS" -c 'import pdfplumber, pymupdf' 2>/dev/null ||
            "$READING_PEERS" -m pip install --quiet pdfplumber pymupdf || unset READING_PEERS
        export READING_PEERS
    fi
}

for part in "${@:-course scans corpus boxes speed recall scan_recall}"; do
    for one in $part; do
        case $one in
            recall) echo "== recall" && "$programs/lectern" eval retrieval "$data/course" ;;
            scan_recall)
                echo "== recall over scans and their Markdown" && folder="$(mktemp -d)" && trap 'rm -rf "$folder"' EXIT
                python3 benches/scan_questions.py "$data/course" "$folder"
                "$programs/lectern" eval retrieval "$folder" --formats md,pdf
                ;;
            *) if [ "$one" = speed ]; then peers; fi; LECTERN_DATA="$data" "$programs/examples/measure_reading" "$one" ;;
        esac
    done
done
