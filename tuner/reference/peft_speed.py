"""Training speed of PyTorch + peft: the same model, rows, LoRA settings and threads as `cargo run --example measure_speed`.

usage: peft_speed.py MODEL.gguf [STEPS]"""
import sys, time
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

torch.set_num_threads(2)
torch.manual_seed(0)
path = sys.argv[1]
folder, name = path.rsplit("/", 1)
model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=torch.float32)
targets = "q_proj k_proj v_proj o_proj gate_proj up_proj down_proj".split()
model = get_peft_model(model, LoraConfig(r=16, lora_alpha=32, target_modules=targets))
model.train()
rows, length, answer = 4, 512, 50
tokens = torch.randint(0, 49152, (rows, length))
labels = tokens.clone()
labels[:, : length - answer] = -100
optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=2e-4)
for _ in range(int(sys.argv[2]) if len(sys.argv) > 2 else 4):
    start = time.time()
    loss = model(input_ids=tokens, labels=labels, use_cache=False).loss
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    seconds = time.time() - start
    print(f"{seconds:.2f} s, {rows * length / seconds:.0f} tokens/s, loss {loss.item():.4f}", flush=True)
