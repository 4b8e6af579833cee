"""Training beside PyTorch + peft: the same model, rows, first adapter, settings and two threads. Prints both loss curves,
how far they are apart, and a line `ratio` for the speed.

beside_peft.py PROGRAM MODEL.gguf ROWS.jsonl [STEPS]      PROGRAM is the built example `beside_peft`"""
import json, statistics, subprocess, sys, tempfile, time
from pathlib import Path
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

torch.set_num_threads(2)
program, path, rows_file = sys.argv[1:4]
steps = sys.argv[4] if len(sys.argv) > 4 else "10"
with tempfile.TemporaryDirectory() as folder:
    (Path(folder) / "end").mkdir()
    run = subprocess.run([program, path, rows_file, steps, folder], capture_output=True, text=True, check=True)
    ours = [json.loads(line) for line in run.stdout.splitlines()]
    rows = json.loads((Path(folder) / "rows.json").read_text())
    model = AutoModelForCausalLM.from_pretrained(Path(path).parent, gguf_file=Path(path).name, dtype=torch.float32)
    model = PeftModel.from_pretrained(model, Path(folder) / "start", is_trainable=True)
model.train()
longest = max(len(row["tokens"]) for row in rows)
pad = lambda values, filler: values + [filler] * (longest - len(values))
tokens = torch.tensor([pad(row["tokens"], 0) for row in rows])
mask = torch.tensor([pad([1] * len(row["tokens"]), 0) for row in rows])
labels = torch.tensor([pad([-100] * row["prompt"] + row["tokens"][row["prompt"]:], -100) for row in rows])
count = int(mask.sum())
weights = [p for p in model.parameters() if p.requires_grad]
optimizer = torch.optim.AdamW(weights, lr=0, betas=(0.9, 0.999), eps=1e-8, weight_decay=0)
theirs = []
for step in ours:
    start = time.time()
    loss = model(input_ids=tokens, attention_mask=mask, labels=labels, use_cache=False).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(weights, 1.0)
    optimizer.param_groups[0]["lr"] = step["rate"]
    optimizer.step()
    optimizer.zero_grad()
    theirs.append({"loss": loss.item(), "tokens_per_second": count / (time.time() - start)})
    print(f"step {len(theirs)}: loss {step['loss']:.4f}, peft {loss.item():.4f}", flush=True)
apart = max(abs(a["loss"] - b["loss"]) for a, b in zip(ours, theirs))
speed = [statistics.median(s["tokens_per_second"] for s in side) for side in (ours, theirs)]
print(f"{count} tokens a step; losses at most {apart:.5f} apart; {speed[0]:.0f} tokens/s, peft {speed[1]:.0f}")
print(f"ratio training {speed[0] / speed[1]:.2f}")
