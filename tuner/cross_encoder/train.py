#!/usr/bin/env python3
"""Trains the cross-encoder on the rows of rows.py: all layers but the word embeddings, on the processor.

usage: train.py e5-small-q4.bin tokenizer.json ROWS.jsonl OUT --hours 2 [--from OUT/stable.pt]

The rate is constant and falls to nothing in the last quarter of the time (warm-up, stable, decay: Hu et al. 2024), so
that OUT/stable.pt, kept before the fall, can be trained on in a later run. OUT/last.pt is kept every ten minutes, and a
run that was stopped goes on from it. OUT/trained.pt is the result.
"""
import argparse, hashlib, json, os, pathlib, random, time

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer

from model import Container, CrossEncoder, PAD, encode, sentence_scores

HELD_OUT = 40  # one context in so many is never trained on


def is_held_out(row):
    text = " ".join(row["passages"][0]["sentences"][:1]) + row["passages"][0]["sentences"][-1]
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % HELD_OUT == 0


def prepare(tokenizer, row):
    pairs = []
    for passage in row["passages"]:
        ids, first, ends, span = encode(tokenizer, row["question"], passage["sentences"], passage["span"])
        pairs.append({"ids": ids, "first": first, "ends": ends, "answers": passage["answers"][: len(ends)], "holds": passage["holds"], "span": span, "extractive": passage["span"] is not None or not passage["holds"]})
    return {"pairs": pairs, "verdict": row["verdict"], "length": max(len(p["ids"]) for p in pairs), "tokens": sum(len(p["ids"]) for p in pairs)}


def batches(rows, tokenizer, tokens, rng):
    """Endless batches of about `tokens` tokens, of rows of like length."""
    while True:
        rng.shuffle(rows)
        for at in range(0, len(rows), 512):
            made = sorted((prepare(tokenizer, row) for row in rows[at : at + 512]), key=lambda r: r["length"])
            groups, group = [], []
            for row in made:
                longest = max([row["length"], *(r["length"] for r in group)])
                if group and longest * sum(len(r["pairs"]) for r in [*group, row]) > tokens:
                    groups.append(group)
                    group = []
                group.append(row)
            groups.append(group)
            rng.shuffle(groups)
            yield from groups


def run(model, group):
    pairs = [p for row in group for p in row["pairs"]]
    ids = torch.full((len(pairs), max(len(p["ids"]) for p in pairs)), PAD)
    for n, pair in enumerate(pairs):
        ids[n, : len(pair["ids"])] = torch.tensor(pair["ids"])
    return pairs, *model(ids)


def loss_of(group, pairs, pair_out, token_out):
    """Mean losses by name, each over its own rows."""
    losses, at = {}, 0
    add = lambda name, value: losses.setdefault(name, []).append(value)
    for row in group:
        indices = list(range(at, at + len(row["pairs"])))
        at += len(row["pairs"])
        if row["verdict"] is not None:
            add("verdict", F.cross_entropy(pair_out[indices[0], 1:4][None], torch.tensor([row["verdict"]])))
        else:
            holds = torch.tensor([float(pairs[n]["holds"]) for n in indices])
            add("holds", F.binary_cross_entropy_with_logits(pair_out[indices, 0], holds))
            if holds.sum() == 1 and len(indices) > 1:
                add("rank", F.cross_entropy(pair_out[indices, 0][None], holds.argmax()[None]))
        for n in indices:
            pair = pairs[n]
            # A contradicted statement has a sentence that shows it, too.
            answers = torch.tensor([float(a) for a in pair["answers"]])
            scores = sentence_scores(token_out[n, :, 0], pair["first"], pair["ends"])
            share = 1.0 if answers.any() else 0.3
            add("sentence", share * F.binary_cross_entropy_with_logits(scores, answers))
            if answers.any():
                add("choice", -(F.log_softmax(scores, 0) * answers / answers.sum()).sum())
            if row["verdict"] is None and pair["extractive"] and (pair["span"] or not pair["holds"]):
                begin, end = pair["span"] or (0, 0)
                length = len(pair["ids"])
                both = F.cross_entropy(token_out[n, :length, 1:3].T, torch.tensor([begin, end]))
                add("span", (1.0 if pair["span"] else 0.3) * both)
    return {name: torch.stack(values).mean() for name, values in losses.items()}


WEIGHTS = {"verdict": 1.0, "holds": 1.0, "rank": 1.0, "sentence": 1.0, "choice": 0.5, "span": 0.5}


@torch.no_grad()
def evaluate(model, rows, tokenizer):
    model.eval()
    hits = {"rank": [], "sentence": [], "span": [], "verdict": []}
    positive, negative = [], []
    for row in rows:
        group = [prepare(tokenizer, row)]
        pairs, pair_out, token_out = run(model, group)
        first = pairs[0]
        if row["verdict"] is not None:
            hits["verdict"].append(int(pair_out[0, 1:4].argmax()) == row["verdict"])
            continue
        for n, pair in enumerate(pairs):
            (positive if pair["holds"] else negative).append(pair_out[n, 0].item())
        if first["holds"]:
            if len(pairs) > 1:
                hits["rank"].append(int(pair_out[:, 0].argmax()) == 0)
            best = int(sentence_scores(token_out[0, :, 0], first["first"], first["ends"]).argmax())
            hits["sentence"].append(bool(first["answers"][best]))
            if first["span"]:
                hits["span"].append((int(token_out[0, : len(first["ids"]), 1].argmax()), int(token_out[0, : len(first["ids"]), 2].argmax())) == first["span"])
    model.train()
    # How many of the answerable are refused where 70 % of the unanswerable are.
    threshold = sorted(negative)[int(0.7 * len(negative))] if negative else 0
    out = {name: round(sum(values) / max(1, len(values)), 4) for name, values in hits.items()}
    out["refused_at_70"] = round(sum(p < threshold for p in positive) / max(1, len(positive)), 4)
    return out


def main():
    cli = argparse.ArgumentParser()
    for name in ("container", "tokenizer", "rows", "out"):
        cli.add_argument(name, type=pathlib.Path)
    cli.add_argument("--hours", type=float, default=2.0)
    cli.add_argument("--from", dest="start", type=pathlib.Path)
    cli.add_argument("--rate", type=float, default=1.2e-4)
    cli.add_argument("--tokens", type=int, default=3600)
    cli.add_argument("--bf16", action="store_true")
    cli.add_argument("--threads", type=int, default=os.cpu_count())
    cli.add_argument("--seed", type=int, default=7)
    args = cli.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    tokenizer = Tokenizer.from_file(str(args.tokenizer))
    tokenizer.no_truncation(), tokenizer.no_padding()
    rows = [json.loads(line) for line in args.rows.open(encoding="utf-8")]
    held_out = [r for r in rows if is_held_out(r)][:300]
    rows = [r for r in rows if not is_held_out(r)]
    model = CrossEncoder(Container(args.container))
    trained = [p for p in model.parameters() if p.requires_grad]
    heads = {id(p) for m in (model.pair_head, model.token_head) for p in m.parameters()}
    optimizer = torch.optim.AdamW(
        [{"params": [p for p in trained if id(p) not in heads], "share": 1.0}, {"params": [p for p in trained if id(p) in heads], "share": 8.0}],
        lr=args.rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True,
    )
    state = {"seconds": 0.0, "step": 0, "pairs": 0}
    last = args.out / "last.pt"
    if last.exists() or args.start:
        kept = torch.load(last if last.exists() else args.start, weights_only=True)
        model.load_state_dict(kept["model"], strict=False)
        optimizer.load_state_dict(kept["optimizer"])
        if last.exists():
            state = kept["state"]

    def keep(name):
        weights = {k: v for k, v in model.state_dict().items() if not k.startswith("word.")}
        torch.save({"model": weights, "optimizer": optimizer.state_dict(), "state": state}, args.out / "writing.pt")
        os.replace(args.out / "writing.pt", args.out / name)

    rng = random.Random(args.seed + state["step"])
    model.train()
    total, kept_at, shown_at, means = args.hours * 3600, state["seconds"], state["seconds"], {}
    stable_kept = state["seconds"] > 0.75 * total
    started = time.monotonic() - state["seconds"]
    for group in batches(rows, tokenizer, args.tokens, rng):
        state["seconds"] = time.monotonic() - started
        part = state["seconds"] / total
        if part >= 1:
            break
        if part > 0.75 and not stable_kept:
            keep("stable.pt")
            stable_kept = True
        rate = args.rate * min(1.0, (state["step"] + 1) / 100, (1 - part) / 0.25)
        for of_group in optimizer.param_groups:
            of_group["lr"] = rate * of_group["share"]
        with torch.autocast("cpu", torch.bfloat16, enabled=args.bf16):
            pairs, pair_out, token_out = run(model, group)
        losses = loss_of(group, pairs, pair_out, token_out)
        sum(WEIGHTS[name] * value for name, value in losses.items()).backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        state["step"] += 1
        state["pairs"] += len(pairs)
        for name, value in losses.items():
            means[name] = 0.98 * means.get(name, value.item()) + 0.02 * value.item()
        if state["step"] % 20 == 0:
            print(f"{state['seconds']:.0f} s, step {state['step']}, {state['pairs']} pairs, " + ", ".join(f"{k} {v:.3f}" for k, v in means.items()), flush=True)
        if state["seconds"] - kept_at > 600:
            keep("last.pt")
            kept_at = time.monotonic() - started
            print("held out:", evaluate(model, held_out[:120], tokenizer), flush=True)
    print("held out:", evaluate(model, held_out, tokenizer), flush=True)
    keep("trained.pt")
    last.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
