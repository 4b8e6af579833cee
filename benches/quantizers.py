"""Lectern's quantizer beside llama.cpp's, on the same weights.

    quantizers.py LECTERN BENCH_ENGINE MODEL PASSAGES.jsonl

Both make every mix of the model's weights (as 32-bit floats). llama.cpp, the same program for all files, says the size and
the perplexity of each over 4,096 tokens of the passages; then both engines continue 100 prompts on Lectern's file.
"""

import json
import math
import os
import subprocess
import sys
import tempfile

import llama_cpp

from beside_llama_cpp import LlamaCpp, Ours

MIXES = {"f16": 1, "q8_0": 7, "q6_k": 18, "q5_k_m": 17, "q4_k_m": 15, "q4_0": 2}
WINDOW, WINDOWS, PROMPTS = 512, 8, 100


def quantize_with_llama_cpp(source, target, kind):
    settings = llama_cpp.llama_model_quantize_default_params()
    settings.ftype = kind
    settings.nthread = 2
    if llama_cpp.llama_model_quantize(source.encode(), target.encode(), settings) != 0:
        raise RuntimeError(f"llama.cpp can't quantize to {kind}")


def judge(path, windows):
    model = LlamaCpp(path, 2, WINDOW)
    surprise = sum(model.surprise(window) for window in windows) / len(windows)
    model.close()
    return os.path.getsize(path) / 1e6, math.exp(surprise)


def agreement(program, path, prompts):
    """On how many prompts both engines find the same token likeliest."""
    ours, theirs, same = Ours(program, path, 2), LlamaCpp(path, 2, WINDOW), 0
    for prompt in prompts:
        theirs.clear()
        theirs.read(prompt)
        same += int(ours.ask("next", *prompt)) == theirs.best()
    theirs.close()
    ours.process.kill()
    return same


def main():
    lectern, program, model, passages = sys.argv[1:]
    with open(passages) as lines:
        texts = [json.loads(line)["text"] for line in lines]
    with tempfile.TemporaryDirectory() as folder:
        make = lambda source, mix, target: subprocess.run(
            [lectern, "models", "quantize", source, "--as", mix, "--out", target], check=True, stdout=subprocess.DEVNULL
        )
        floats = os.path.join(folder, "f32.gguf")
        make(model, "f32", floats)
        reader = LlamaCpp(floats, 2, WINDOW)
        stream = [token for text in texts[:60] for token in reader.tokens(text)]
        prompts = [reader.tokens(text)[:48] for text in texts[-PROMPTS:]]
        reader.close()
        windows = [stream[n * WINDOW : (n + 1) * WINDOW] for n in range(WINDOWS)]
        size, perplexity = judge(floats, windows)
        same = agreement(program, floats, prompts)
        print(f"f32: {size:.0f} MB, perplexity {perplexity:.3f}; same next token on {same} of {PROMPTS} prompts", flush=True)
        for mix, kind in MIXES.items():
            paths = [os.path.join(folder, f"{who}.gguf") for who in ("ours", "theirs")]
            make(floats, mix, paths[0])
            quantize_with_llama_cpp(floats, paths[1], kind)
            (size, perplexity), (other_size, other) = (judge(path, windows) for path in paths)
            same = agreement(program, paths[0], prompts)
            print(
                f"{mix}: {size:.0f} MB, perplexity {perplexity:.3f}; llama.cpp's {other_size:.0f} MB, {other:.3f}; "
                f"same next token on {same} of {PROMPTS} prompts"
            )
            print(f"ratio perplexity {mix} {perplexity / other:.4f}, size {size / other_size:.3f}", flush=True)


main()
