#!/usr/bin/env bash
# 100 random quizzes in every format, read back by readers that others wrote; fails where anything is lost:
#
#   quiz_files.sh [FORMAT] ...
#
# GIFT is read in Node with what `npm ci` in web/ installed; for the other formats a Python environment is made in the
# cache folder, QUIZ_READERS names another Python.
set -euo pipefail
cd "$(dirname "$0")/.."
cache="${XDG_CACHE_HOME:-$HOME/.cache}/lectern"
files=$(mktemp -d)
trap 'rm -rf "$files"' EXIT

python=python3
if [ "$*" != gift ]; then
    python="${QUIZ_READERS:-$cache/quiz-readers/bin/python}"
    [ -x "$python" ] || python3 -m venv "$cache/quiz-readers"
    "$python" -c 'import anki, html5lib, lxml, markdown_it, moodle_xml_parser, pandas, pyslet, qti_convert' 2>/dev/null ||
        "$python" -m pip install --quiet anki citolab-qti-convert html5lib lxml markdown-it-py moodle-xml-parser pandas pyslet
fi

"${CARGO_TARGET_DIR:-target}/release/examples/write_quiz_files" "$files"
"$python" benches/quiz_files/compare.py "$files" "$@"
