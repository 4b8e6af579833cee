"""Questions answered from five found passages: Lectern's server beside llama.cpp's, over HTTP, in alternation.

    beside_llama_server.py LECTERN MODEL BEST QUESTION_SET [QUESTIONS]

MODEL is the GGUF file that Lectern serves, BEST the same model in the type that llama.cpp is fastest with. QUESTION_SET
is a folder with `passages.jsonl` and `questions.jsonl`; its passages become a course, and each question (100, spread over
the set) gets the five that Lectern's own search finds. llama.cpp's server is `llama_cpp.server` (PyPI
`llama-cpp-python[server]`, built from its sdist) with its prompt cache on. Both get the same messages, write at most 64
tokens, the likeliest each time, with two threads. Then the same questions as Lectern serves them: found, answered by
the default model and checked. Prints medians and a line `ratio ...` for each.
"""

import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

RULES = "Answer the question in one short sentence, using only the words of the passages."


def call(url, body=None, method=None, timeout=600):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        return json.load(answer)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Running:
    """A server until the end of a `with`."""

    def __init__(self, command, port, ready, **more):
        self.command, self.address, self.ready, self.more = command, f"http://127.0.0.1:{port}", ready, more

    def __enter__(self):
        self.process = subprocess.Popen(
            self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **self.more
        )
        for _ in range(600):
            try:
                urllib.request.urlopen(self.address + self.ready, timeout=5).read()
                return self.address
            except (urllib.error.URLError, OSError):
                if self.process.poll() is not None:
                    raise SystemExit(f"{self.command[0]} ended with {self.process.returncode}")
                time.sleep(0.1)
        raise SystemExit(f"{self.command[0]} does not answer")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def lectern(program, folder, generator=None):
    port = free_port()
    settings = {"LECTERN_SERVER__PORT": str(port), "LECTERN_ANSWERS__MAX_TOKENS": "64"}
    if generator:
        settings["LECTERN_MODELS__GENERATOR"] = str(generator)
    command = [program, "serve", "--data-dir", folder]
    return Running(command, port, "/health/ready", env={**os.environ, **settings})


def llama_cpp(model):
    port = free_port()
    command = [
        sys.executable, "-m", "llama_cpp.server", "--model", model, "--port", str(port), "--n_ctx", "4096",
        "--n_threads", "2", "--n_threads_batch", "2", "--cache", "true", "--cache_type", "ram",
        "--cache_size", str(1 << 30), "--verbose", "false",
    ]
    return Running(command, port, "/v1/models")


def course(address, passages, scratch):
    """The passages as a course, each under a heading of its own."""
    id = call(f"{address}/api/v1/courses", {"title": "Questions"})["id"]
    path = pathlib.Path(scratch) / "passages.md"
    path.write_text("".join(f"# {p['title']} {n}\n\n{p['text']}\n\n" for n, p in enumerate(passages)))
    upload = ["curl", "-sS", "--fail", f"{address}/api/v1/courses/{id}/documents", "-F", f"file=@{path}"]
    document = json.loads(subprocess.check_output(upload))["documents"][0]["id"]
    while (status := call(f"{address}/api/v1/documents/{document}"))["status"] != "ready":
        if status["status"] == "failed":
            raise SystemExit(status["error"])
        time.sleep(0.5)
    return id


def prompt(address, course, question):
    hits = call(f"{address}/api/v1/courses/{course}/search", {"query": question, "limit": 5})["hits"]
    lines = "".join(f"[{n}] {' '.join(hit['text'].split())}\n" for n, hit in enumerate(hits, 1))
    return [{"role": "system", "content": RULES}, {"role": "user", "content": f"{lines}\nQuestion: {question}"}]


def complete(address, messages):
    """Seconds to the first words and to the end, and the text."""
    model = call(f"{address}/v1/models")["data"][0]["id"]
    body = {"model": model, "messages": messages, "max_tokens": 64, "temperature": 0, "stream": True}
    request = urllib.request.Request(
        f"{address}/v1/chat/completions", json.dumps(body).encode(), {"content-type": "application/json"}
    )
    started, first, text = time.perf_counter(), None, ""
    with urllib.request.urlopen(request, timeout=600) as answer:
        for line in answer:
            if not line.startswith(b"data: ") or line.strip() == b"data: [DONE]":
                continue
            delta = json.loads(line[6:])["choices"][0]["delta"].get("content")
            if delta:
                first = first or time.perf_counter()
                text += delta
    ended = time.perf_counter()
    return (first or ended) - started, ended - started, text


def ask(address, course, question):
    started = time.perf_counter()
    call(f"{address}/api/v1/courses/{course}/ask", {"question": question})
    return time.perf_counter() - started


def told(name, times):
    first, total = [t[0] for t in times], [t[1] for t in times]
    words = statistics.mean(len(t[2].split()) for t in times)
    print(
        f"{name}: first words {statistics.median(first):.2f} s, whole answer {statistics.median(total):.2f} s (medians), "
        f"{sum(total):.1f} s in all, {words:.1f} words each"
    )
    return sum(first), sum(total)


def main():
    program, model, best, folder = sys.argv[1:5]
    count = int(sys.argv[5]) if len(sys.argv) > 5 else 100
    read = lambda name: [json.loads(line) for line in open(pathlib.Path(folder) / name)]
    passages, questions = read("passages.jsonl"), read("questions.jsonl")
    questions = [q["question"] for q in questions[:: max(1, len(questions) // count)][:count]]
    with tempfile.TemporaryDirectory() as scratch:
        data = str(pathlib.Path(scratch) / "data")
        with lectern(program, data, model) as ours:
            id = course(ours, passages, scratch)
            prompts = [prompt(ours, id, question) for question in questions]
            with llama_cpp(best) as theirs:
                own, other = [], []
                for n, messages in enumerate(prompts):
                    turns = [(ours, own), (theirs, other)]
                    for address, times in turns if n % 2 else reversed(turns):
                        times.append(complete(address, messages))
        own, other = told("lectern", own), told("llama.cpp's server", other)
        print(f"ratio questions first words {other[0] / own[0]:.2f}")
        print(f"ratio questions whole answers {other[1] / own[1]:.2f}")
        with lectern(program, data) as served:
            times = [ask(served, id, question) for question in questions]
        print(f"as served, found and checked: {statistics.median(times):.2f} s (median), {sum(times):.1f} s in all")
        print(f"ratio questions as served {other[1] / sum(times):.2f}")


main()
