"""The cross-encoder: multilingual-e5-small's encoder (Wang et al. 2024) over question and passage together, with heads.

The text is `<s> question </s> sentence </s> sentence </s> ...`. From `<s>`: whether the passage holds the answer, and for
a statement in the question's place the verdict (supported, contradicted, not said). From each token: whether it answers
(a sentence's log-odds are the logarithm of the sum of its tokens' exponentials, its `</s>` among them), and whether the
exact words that answer begin or end there (Devlin et al. 2019).
"""
import struct

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

BOS, PAD, EOS = 0, 1, 2
QUESTION_TOKENS, PASSAGE_TOKENS = 64, 320
LINEAR = ("q", "k", "v", "ao", "fi", "fo")
BLOCK = 32


class Container:
    """The embedder's file as packages carry it: 4-bit blocks of 32, and floats (its form is told in ../../provision)."""

    def __init__(self, path):
        self.bytes = np.memmap(path, dtype=np.uint8, mode="r")
        head = bytes(self.bytes[:72])
        assert head[:4] == b"E5S1", "not the embedder's container"
        self.hidden, self.layers, self.heads, self.inner, self.vocabulary, self.positions, self.types, self.eps, _ = struct.unpack_from("<7ifi", head, 8)
        pieces = struct.unpack_from("<i", head, 44)[0]
        at = 72 + 8 * pieces + 4 + struct.unpack_from("<Q", head, 64)[0]
        at += 8 + struct.unpack_from("<iI", bytes(self.bytes[at : at + 8]))[1]
        count = struct.unpack_from("<i", bytes(self.bytes[at : at + 4]))[0]
        at += 4
        self.directory = {}
        for _ in range(count):
            length = struct.unpack_from("<H", bytes(self.bytes[at : at + 2]))[0]
            name = bytes(self.bytes[at + 2 : at + 2 + length]).decode()
            at += 2 + length
            self.directory[name] = struct.unpack_from("<BIQQ", bytes(self.bytes[at : at + 21]))
            at += 21

    def floats(self, name):
        kind, elements, offset, size = self.directory[name]
        raw = self.bytes[offset : offset + size].tobytes()
        return np.frombuffer(raw, "<f4") if kind == 0 else dequantize(np.frombuffer(raw, "u1").reshape(-1, 18))

    def matrix(self, name, width):
        return torch.from_numpy(self.floats(name).reshape(-1, width).copy())


def dequantize(blocks):
    """Q4_0: a half-precision scale and 16 bytes for 32 weights."""
    scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
    quants = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], 1).astype(np.float32) - 8
    return (quants * scale).reshape(-1)


class Layer(nn.Module):
    def __init__(self, base, prefix):
        super().__init__()
        self.heads, self.eps = base.heads, base.eps
        for name in LINEAR:
            width = base.inner if name == "fo" else base.hidden
            weight = base.matrix(f"{prefix}{name}.w", width)
            linear = nn.Linear(width, len(weight))
            linear.weight.data.copy_(weight)
            linear.bias.data.copy_(torch.from_numpy(base.floats(f"{prefix}{name}.b").copy()))
            setattr(self, name, linear)
        for name in ("aln", "oln"):
            norm = nn.LayerNorm(base.hidden, eps=base.eps)
            norm.weight.data.copy_(torch.from_numpy(base.floats(f"{prefix}{name}.w").copy()))
            norm.bias.data.copy_(torch.from_numpy(base.floats(f"{prefix}{name}.b").copy()))
            setattr(self, name, norm)

    def forward(self, x, mask):
        batch, length, hidden = x.shape
        split = lambda y: y.view(batch, length, self.heads, -1).transpose(1, 2)
        y = F.scaled_dot_product_attention(split(self.q(x)), split(self.k(x)), split(self.v(x)), attn_mask=mask)
        x = self.aln(x + self.ao(y.transpose(1, 2).reshape(batch, length, hidden)))
        return self.oln(x + self.fo(F.gelu(self.fi(x))))


class CrossEncoder(nn.Module):
    """`forward` gives [batch, 4] (holds, supported, contradicted, not said) and [batch, length, 3] (answers, begin, end)."""

    def __init__(self, base):
        super().__init__()
        self.word = nn.Embedding.from_pretrained(base.matrix("emb.word", base.hidden), freeze=True)
        place = base.matrix("emb.pos", base.hidden) + base.matrix("emb.type", base.hidden)[0]
        self.place = nn.Parameter(place)
        self.norm = nn.LayerNorm(base.hidden, eps=base.eps)
        self.norm.weight.data.copy_(torch.from_numpy(base.floats("emb.ln.w").copy()))
        self.norm.bias.data.copy_(torch.from_numpy(base.floats("emb.ln.b").copy()))
        self.layers = nn.ModuleList(Layer(base, f"l{n}.") for n in range(base.layers))
        self.pair_head, self.token_head = nn.Linear(base.hidden, 4), nn.Linear(base.hidden, 3)
        for head in (self.pair_head, self.token_head):
            nn.init.normal_(head.weight, std=0.02)
            nn.init.zeros_(head.bias)

    def forward(self, ids):
        mask = (ids != PAD)[:, None, None, :]
        x = self.norm(self.word(ids) + self.place[: ids.shape[1]])
        for layer in self.layers:
            x = layer(x, mask)
        return self.pair_head(x[:, 0]).float(), self.token_head(x).float()


def sentence_scores(scores, first, ends):
    """The log-odds that each sentence answers, of the tokens' scores, where the first begins, and each one's `</s>`."""
    return torch.stack([torch.logsumexp(scores[begin : end + 1], 0) for begin, end in zip([first, *(e + 1 for e in ends)], ends)])


def encode(tokenizer, question, sentences, span=None):
    """Token ids, where the sentences begin, the place of each sentence's `</s>`, and the span's first and last token (None where it is cut off)."""
    ids = [BOS, *tokenizer.encode(question, add_special_tokens=False).ids[:QUESTION_TOKENS], EOS]
    first, limit, ends, found = len(ids), len(ids) + PASSAGE_TOKENS, [], None
    for n, sentence in enumerate(sentences):
        encoding = tokenizer.encode(sentence, add_special_tokens=False)
        room = limit - len(ids) - 1
        if room <= 0:
            break
        if span and span[0] == n:
            inside = [k for k, (a, b) in enumerate(encoding.offsets) if a < span[2] and b > span[1]]
            if inside and inside[-1] < room:
                found = (len(ids) + inside[0], len(ids) + inside[-1])
        ids += encoding.ids[:room]
        ends.append(len(ids))
        ids.append(EOS)
    return ids, first, ends, found
