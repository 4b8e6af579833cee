"""Trains an adapter with PyTorch + peft: bf16 on a GPU, f32 without one. The same rows, recipe and result as `lectern tune`,
which trains on the CPU only; `lectern models merge` and `adapters` of the settings take what this writes.

train_on_gpu.py MODEL.gguf TRAIN.jsonl HELD_OUT.jsonl OUT_FOLDER [EPOCHS [STEPS]]      the rows of `lectern tune prepare`

The best of the evaluations is kept. Needs torch, peft, transformers and gguf."""
import json, math, random, sys
from pathlib import Path
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer

RANK, ALPHA, RATE, WARM_UP, CLIP = 8, 16, 8e-4, 0.05, 1.0
TARGETS = "q_proj k_proj v_proj o_proj gate_proj up_proj down_proj".split()
TOKENS_PER_STEP, EVALUATE_EVERY, SEED = 8192, 60, 1

def encode(tokenizer, path):
    """Each row's tokens, and where what the model is to say begins."""
    rows = []
    for line in Path(path).read_text().splitlines():
        messages = json.loads(line)["messages"]
        prompt = tokenizer.apply_chat_template(messages[:-1], tokenize=False, add_generation_prompt=True)
        whole = tokenizer.apply_chat_template(messages, tokenize=False)
        tokens = lambda text: tokenizer(text, add_special_tokens=False)["input_ids"]
        begin = tokens(prompt)
        rows.append((begin + tokens(whole.removeprefix(prompt).rstrip()), len(begin)))
    return rows

def batches(rows, shuffle):
    """Rows of about the same length together, at most TOKENS_PER_STEP with their padding."""
    order = sorted(range(len(rows)), key=lambda n: (len(rows[n][0]), n))
    made, open_ = [], []
    for n in order:
        if open_ and (len(open_) + 1) * len(rows[n][0]) > TOKENS_PER_STEP:
            made.append(open_)
            open_ = []
        open_.append(n)
    made.append(open_)
    if shuffle:
        shuffle.shuffle(made)
    return [[rows[n] for n in batch] for batch in made]

def loss_of(model, batch, device):
    longest = max(len(tokens) for tokens, _ in batch)
    pad = lambda values, filler: values + [filler] * (longest - len(values))
    tensor = lambda values: torch.tensor(values, device=device)
    return model(
        input_ids=tensor([pad(tokens, 0) for tokens, _ in batch]),
        attention_mask=tensor([pad([1] * len(tokens), 0) for tokens, _ in batch]),
        labels=tensor([pad([-100] * prompt + tokens[prompt:], -100) for tokens, prompt in batch]),
        use_cache=False,
    ).loss

def evaluate(model, rows, device):
    model.eval()
    total = count = 0
    with torch.no_grad():
        for batch in batches(rows, None):
            goals = sum(len(tokens) - prompt for tokens, prompt in batch)
            total += loss_of(model, batch, device).item() * goals
            count += goals
    model.train()
    return total / count

def main(path, train, held_out, out, epochs="1", most_steps="0"):
    torch.manual_seed(SEED)
    shuffle = random.Random(SEED)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = torch.bfloat16 if device == "cuda" else torch.float32
    where = dict(gguf_file=Path(path).name)
    tokenizer = AutoTokenizer.from_pretrained(Path(path).parent, **where)
    model = AutoModelForCausalLM.from_pretrained(Path(path).parent, dtype=dtype, **where).to(device)
    model = get_peft_model(model, LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=TARGETS, task_type="CAUSAL_LM"))
    weights = [p for p in model.parameters() if p.requires_grad]
    for weight in weights:
        weight.data = weight.data.float()  # the adapter itself is trained in f32
    rows, kept = encode(tokenizer, train), encode(tokenizer, held_out)
    plan = [batch for _ in range(int(epochs)) for batch in batches(rows, shuffle)]
    plan = plan[: int(most_steps) or len(plan)]
    optimizer = torch.optim.AdamW(weights, lr=RATE, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)
    warm = max(1, math.ceil(WARM_UP * len(plan)))
    fall = lambda n: 0.1 + 0.45 * (1 + math.cos(math.pi * (n - warm) / max(1, len(plan) - warm)))
    rate = lambda n: (n + 1) / warm if n < warm else fall(n)
    best = math.inf
    print(f"{len(rows)} rows, {len(kept)} held out, {len(plan)} steps on {device} in {dtype}", flush=True)
    for step, batch in enumerate(plan, 1):
        optimizer.param_groups[0]["lr"] = RATE * rate(step - 1)
        with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
            loss = loss_of(model, batch, device)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, CLIP)
        optimizer.step()
        optimizer.zero_grad()
        if not math.isfinite(loss.item()):
            sys.exit(f"step {step}: the loss is {loss.item()}; the best adapter so far is in {out}")
        print(f"step {step}/{len(plan)}  loss {loss.item():.3f}", flush=True)
        if step % EVALUATE_EVERY == 0 or step == len(plan):
            held = evaluate(model, kept, device)
            print(f"held out: loss {held:.3f}", flush=True)
            if held < best:
                best = held
                model.save_pretrained(out)

main(*sys.argv[1:])
