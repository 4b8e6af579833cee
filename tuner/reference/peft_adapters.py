"""Adapters both ways between Lectern and PEFT.

peft_adapters.py fixtures FOLDER              tiny llama and qwen2 models, random adapters by PEFT, their logits
peft_adapters.py check LOGITS_PROGRAM FOLDER  ours on these; PEFT on what ours writes anew
peft_adapters.py adapter LOGITS_PROGRAM MODEL.gguf ADAPTER  an adapter trained here, on its base"""
import json, subprocess, sys, tempfile
from pathlib import Path
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM, LlamaConfig, Qwen2Config

TOKENS = [3, 17, 42, 8, 8, 30, 1, 25, 46, 11]
TARGETS = "q_proj k_proj v_proj o_proj gate_proj up_proj down_proj".split()
SIZES = dict(vocab_size=48, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, max_position_embeddings=64, rms_norm_eps=1e-5, initializer_range=0.4)

def last_logits(model, tokens):
    model.eval()
    with torch.no_grad():
        return model(torch.tensor([tokens])).logits[0, -1]

def ours(program, base, adapter, tokens, *more):
    out = subprocess.run([program, base, adapter, *map(str, tokens), *more], capture_output=True, text=True, check=True)
    return torch.tensor(json.loads(out.stdout))

def fixtures(folder):
    for name, config, lora in [
        ("llama", LlamaConfig(**SIZES, tie_word_embeddings=False), dict(target_modules=TARGETS, lora_alpha=12)),
        ("qwen2", Qwen2Config(**SIZES, tie_word_embeddings=True),
         dict(target_modules=["q_proj", "down_proj"], layers_to_transform=[1], lora_alpha=3, use_rslora=True)),
    ]:
        torch.manual_seed(7)
        model = AutoModelForCausalLM.from_config(config)
        for key, value in model.named_parameters():
            if "bias" in key or "norm" in key:
                value.data.uniform_(0.5, 1.5)
        model.save_pretrained(folder / name)
        (folder / name / "generation_config.json").unlink(missing_ok=True)
        model = get_peft_model(model, LoraConfig(r=3, init_lora_weights=False, task_type="CAUSAL_LM", **lora))
        model.save_pretrained(folder / name / "adapter")
        (folder / name / "adapter" / "README.md").unlink(missing_ok=True)
        logits = [round(x, 6) for x in last_logits(model, TOKENS).tolist()]
        (folder / name / "logits.json").write_text(json.dumps({"tokens": TOKENS, "logits": logits}) + "\n")

def check(program, folder):
    for name in ["llama", "qwen2"]:
        base = str(folder / name)
        with tempfile.TemporaryDirectory() as out:
            a = ours(program, base, base + "/adapter", TOKENS, "--rewrite", out)
            b = torch.tensor(json.loads((folder / name / "logits.json").read_text())["logits"])
            rewritten = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), out)
            c = last_logits(rewritten, TOKENS)
        print(f"{name}: PEFT's adapter here {float((a - b).abs().max()):.1e}, ours in PEFT {float((a - c).abs().max()):.1e}"
              f" (largest difference; logits up to {float(b.abs().max()):.2f})")

def adapter(program, base, folder):
    path = Path(base)
    model = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32)
    model = PeftModel.from_pretrained(model, folder)
    tokens = [1, 9690, 198, 2683, 359, 253, 5356, 5646, 11173, 3365, 3511, 308, 34519, 28, 7018, 411]
    a, b = ours(program, base, folder, tokens), last_logits(model, tokens)
    print(f"largest difference {float((a - b).abs().max()):.1e} of logits up to {float(b.abs().max()):.2f}; "
          f"same next token: {int(a.argmax()) == int(b.argmax())}")

if __name__ == "__main__":
    command, *rest = sys.argv[1:]
    if command == "fixtures":
        fixtures(Path(rest[0]))
    elif command == "check":
        check(rest[0], Path(rest[1]))
    else:
        adapter(*rest)
