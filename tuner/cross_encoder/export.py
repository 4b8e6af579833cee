#!/usr/bin/env python3
"""Writes what training changed: OUT (adapter_model.safetensors) from a checkpoint of train.py.

usage: export.py e5-small-q4.bin CHECKPOINT.pt OUT.safetensors

Matrices are kept as their difference from the base in Q4_0 blocks of 32 (its error is 4 % of a change that is itself
small), everything else as it is. `lectern models pull` adds both up and quantizes the sum to 8 bits.
"""
import pathlib, sys

import numpy as np
import torch
from safetensors.numpy import save_file

from model import BLOCK, LINEAR, Container, dequantize


def quantize(values):
    """Q4_0 blocks, an array of bytes [rows, columns / 32 * 18]; the scale is the one of nine with the least error."""
    blocks = values.reshape(-1, BLOCK)
    signed = np.take_along_axis(blocks, np.abs(blocks).argmax(1)[:, None], 1)
    best, kept = None, None
    for share in np.linspace(0.75, 1.15, 9):
        scale = (signed / -8 * share).astype(np.float16)
        inverse = np.divide(1.0, scale.astype(np.float32), out=np.zeros_like(signed), where=scale != 0)
        quants = np.clip(np.rint(blocks * inverse) + 8, 0, 15).astype(np.uint8)
        error = (((quants.astype(np.float32) - 8) * scale.astype(np.float32) - blocks) ** 2).sum(1)
        packed = np.concatenate([scale.view(np.uint8), quants[:, :16] | quants[:, 16:] << 4], 1)
        better = error < best if best is not None else np.ones(len(blocks), bool)
        kept = np.where(better[:, None], packed, kept if kept is not None else packed)
        best = np.where(better, error, best if best is not None else error)
    return kept.reshape(len(values), -1)


def main():
    base, state, out = Container(sys.argv[1]), torch.load(sys.argv[2], weights_only=True)["model"], pathlib.Path(sys.argv[3])
    plain = lambda name: state[name].float().numpy()
    tensors = {"emb.pos": plain("place"), "emb.ln.w": plain("norm.weight"), "emb.ln.b": plain("norm.bias")}
    for head in ("pair", "token"):
        tensors |= {f"{head}.w": plain(f"{head}_head.weight"), f"{head}.b": plain(f"{head}_head.bias")}
    lost = changed = 0.0
    for n in range(base.layers):
        for name in LINEAR:
            width = base.inner if name == "fo" else base.hidden
            difference = plain(f"layers.{n}.{name}.weight") - base.floats(f"l{n}.{name}.w").reshape(-1, width)
            packed = quantize(difference)
            back = dequantize(packed.reshape(-1, 18)).reshape(difference.shape)
            lost, changed = lost + ((back - difference) ** 2).sum(), changed + (difference**2).sum()
            tensors[f"l{n}.{name}.w"], tensors[f"l{n}.{name}.b"] = packed, plain(f"layers.{n}.{name}.bias")
        for name in ("aln", "oln"):
            tensors |= {f"l{n}.{name}.w": plain(f"layers.{n}.{name}.weight"), f"l{n}.{name}.b": plain(f"layers.{n}.{name}.bias")}
    save_file({k: np.ascontiguousarray(v) for k, v in tensors.items()}, out, {"base": "multilingual-e5-small"})
    print(f"{out.stat().st_size / 1e6:.1f} MB; of the change {100 * np.sqrt(lost / changed):.1f} % is lost in rounding")


if __name__ == "__main__":
    main()
