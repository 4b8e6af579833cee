"""llama.cpp beside Lectern's engine: the same GGUF, the same token ids, two threads, in alternation.

    beside_llama_cpp.py BENCH_ENGINE MODEL [--best OTHER_TYPE_OF_THE_SAME_MODEL] [--rounds N] [--threads N] [--quick]

BENCH_ENGINE is the built example `bench_engine`; llama.cpp comes with PyPI `llama-cpp-python`, built from its sdist
with GGML_NATIVE. Prints medians of tokens per second, and a line `ratio ...` per measurement: ours against llama.cpp on
the same file, and against its fastest type of the same model.
"""

import argparse
import ctypes
import statistics
import subprocess
import time

import llama_cpp
import numpy


def ids(count):
    """The same ids as `bench_engine` reads."""
    state, out = 12345, []
    for _ in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        out.append(20 + (state >> 33) % 2**32 % 40000)
    return out


@llama_cpp.llama_log_callback
def silent(*_):
    """llama.cpp prints hundreds of lines otherwise."""


llama_cpp.llama_log_set(silent, ctypes.c_void_p(0))


class LlamaCpp:
    """llama.cpp through its C interface: no Python work per token but the call itself."""

    def __init__(self, path, threads, context):
        params = llama_cpp.llama_model_default_params()
        self.model = llama_cpp.llama_model_load_from_file(path.encode(), params)
        settings = llama_cpp.llama_context_default_params()
        settings.n_ctx = context
        settings.n_batch = settings.n_ubatch = 512
        settings.n_threads = settings.n_threads_batch = threads
        self.context = llama_cpp.llama_init_from_model(self.model, settings)
        vocabulary = llama_cpp.llama_model_get_vocab(self.model)
        self.size = llama_cpp.llama_vocab_n_tokens(vocabulary)

    def clear(self):
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(self.context), True)

    def read(self, tokens):
        for at in range(0, len(tokens), 512):
            part = tokens[at : at + 512]
            array = (llama_cpp.llama_token * len(part))(*part)
            if llama_cpp.llama_decode(self.context, llama_cpp.llama_batch_get_one(array, len(part))) != 0:
                raise RuntimeError("llama_decode failed")

    def best(self):
        logits = llama_cpp.llama_get_logits_ith(self.context, -1)
        view = ctypes.cast(logits, ctypes.POINTER(ctypes.c_float * self.size)).contents
        return int(numpy.ctypeslib.as_array(view).argmax())

    def surprise(self, tokens):
        """The mean negative log-probability of every token after the first."""
        self.clear()
        batch = llama_cpp.llama_batch_init(len(tokens), 0, 1)
        batch.n_tokens = len(tokens)
        for n, token in enumerate(tokens):
            batch.token[n], batch.pos[n], batch.n_seq_id[n], batch.logits[n] = token, n, 1, 1
            batch.seq_id[n][0] = 0
        if llama_cpp.llama_decode(self.context, batch) != 0:
            raise RuntimeError("llama_decode failed")
        logits = llama_cpp.llama_get_logits(self.context)
        view = ctypes.cast(logits, ctypes.POINTER(ctypes.c_float * (self.size * len(tokens)))).contents
        rows = numpy.ctypeslib.as_array(view).reshape(len(tokens), self.size)[:-1].astype(numpy.float64)
        rows -= rows.max(axis=1, keepdims=True)
        chosen = rows[numpy.arange(len(tokens) - 1), tokens[1:]]
        llama_cpp.llama_batch_free(batch)
        return float((numpy.log(numpy.exp(rows).sum(axis=1)) - chosen).mean())

    def tokens(self, text):
        data = text.encode()
        room = (llama_cpp.llama_token * (len(data) + 8))()
        vocabulary = llama_cpp.llama_model_get_vocab(self.model)
        count = llama_cpp.llama_tokenize(vocabulary, data, len(data), room, len(room), False, False)
        return list(room[:count])

    def close(self):
        llama_cpp.llama_free(self.context)
        llama_cpp.llama_model_free(self.model)

    def prefill(self, count):
        tokens = ids(count)
        self.clear()
        start = time.perf_counter()
        self.read(tokens)
        self.best()
        return count / (time.perf_counter() - start)

    def decode(self, context, count):
        self.clear()
        self.read(ids(context))
        start = time.perf_counter()
        for _ in range(count):
            self.read([self.best()])
        return count / (time.perf_counter() - start)


class Ours:
    """`bench_engine`, asked line by line. It waits for a line without using the processor."""

    def __init__(self, program, path, threads):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
        self.process = subprocess.Popen([program, path, str(threads)], **pipes)

    def ask(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def prefill(self, count):
        return self.ask("prefill", count)

    def decode(self, context, count):
        return self.ask("decode", context, count)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("model")
    parser.add_argument("--best", help="the type that llama.cpp is fastest with")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--tokens", type=int, default=64, help="written per measurement of decode")
    parser.add_argument("--lengths", default="256,1024,2048")
    options = parser.parse_args()

    context = 2048 + 256
    engines = {"ours": Ours(options.program, options.model, options.threads)}
    engines["same"] = LlamaCpp(options.model, options.threads, context)
    if options.best:
        engines["best"] = LlamaCpp(options.best, options.threads, context)
    lengths = [int(n) for n in options.lengths.split(",")]
    jobs = [("prefill", n) for n in lengths] + [("decode", n, options.tokens) for n in (256, 1024)]
    speeds = {}
    for job in jobs:
        rates = {name: [] for name in engines}
        for round_ in range(options.rounds + 1):
            for name, engine in engines.items():
                rate = getattr(engine, job[0])(*job[1:])
                if round_ > 0:
                    rates[name].append(rate)
        median = {name: statistics.median(values) for name, values in rates.items()}
        figures = " ".join(f"{name} {rate:.1f}" for name, rate in median.items())
        print(f"{job[0]} {job[1]}: {figures} tokens/s", flush=True)
        for name in ("same", "best"):
            if name in median:
                print(f"ratio {job[0]} {job[1]} {name} {median['ours'] / median[name]:.2f}", flush=True)
        speeds[job[:2]] = median["ours"]
    ours = engines["ours"]
    print(f"load {ours.ask('load'):.3f} s, most memory {ours.ask('rss'):.0f} MB")
    bandwidth, size = ours.ask("bandwidth"), ours.ask("bytes") / 1e9
    rate = ours.decode(256, options.tokens)
    print(f"decode reads {size * rate:.1f} of {bandwidth:.1f} GB/s; a token reads {size * 1000:.0f} MB")
    peak = ours.ask("peak")
    work = {n: ours.ask("multiplications", n) for n in lengths}
    for n in lengths:
        done = work[n] / n * speeds["prefill", n]
        print(f"prefill {n}: {done / 1e9:.0f} of {peak / 1e9:.0f} G multiplications/s ({100 * done / peak:.0f} %)")
    short, long = min(lengths), max(lengths)
    kept = speeds["prefill", long] / speeds["prefill", short]
    cost = work[short] / short / (work[long] / long)
    print(f"fall-off {long} at {100 * kept:.0f} % of the speed of {short}; a token takes {1 / cost:.2f} x the work")


if __name__ == "__main__":
    main()
