# The only entry points a newcomer needs: make run, make test, make check, make bench, make package.

CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/lectern
export CARGO_TARGET_DIR ?= $(CACHE)/target
export LECTERN_MODELS ?= $(CACHE)/models
export LECTERN_DATA_DIR ?= data
LECTERN := $(CARGO_TARGET_DIR)/release/lectern
# Question sets and course material for the bigger measurements; not needed to build, run or test.
LECTERN_DATA ?= ../shared/data
export LECTERN_DATA

.PHONY: run program build package docs models sample test check fmt openapi web bench bench-engine big-index bench-tuner eval-retrieval eval-answers eval-times eval-quiz eval-reading adapter adapter-standard passage-reader ask-course hostile-files kill-test load-test sizes browser quiz-files lighthouse

run: program models sample
	$(LECTERN) serve

# The program alone; with the same features of everything as the whole workspace, so that nothing is built twice.
program: web
	cargo build --release -p lectern

build: web
	cargo build --release --workspace

web: web/dist/index.html

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci --no-audit --no-fund

WEB_SOURCES := $(shell find web/src web/index.html web/vite.config.ts web/openapi.json -type f 2>/dev/null)
web/dist/index.html: web/node_modules/.package-lock.json $(WEB_SOURCES)
	cd web && npm run build

models: program
	$(LECTERN) models pull

# Reading the same bytes again changes nothing, so this costs little from the second time on.
sample: program models
	$(LECTERN) ingest "Sample course" configs/sample/*.md

test: build models browser
	cargo test --release --workspace
	./benches/quiz_files.sh gift
	cd web && npm test
	./tests/browser.sh

# Chromium, for the browser tests. It is installed only where that was asked for: CI=true, or INSTALL=1 as root.
browser:
	@command -v chromium >/dev/null && exit 0; \
	if [ "$(CI)" = true ] || { [ "$(INSTALL)" = 1 ] && [ "$$(id -u)" = 0 ]; }; then \
		apt-get update -qq && apt-get install -y -qq chromium; \
	else \
		echo "The browser tests need Chromium, which is not installed (there is no \`chromium\` in PATH)." >&2; \
		echo "On Debian: sudo apt-get install chromium; or, as root: make browser INSTALL=1" >&2; exit 1; \
	fi

check: web
	cargo fmt --all --check
	cargo clippy --release --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --release --workspace --no-deps
	./tests/generated.sh
	cd web && npm run check

fmt:
	cargo fmt --all

# dist/*.tar.gz and dist/*.deb for this machine's processor.
package: web
	./packaging/package.sh

# Copies docs/examples into docs/api.md.
docs:
	./docs/include_examples.py

# Writes the description of the API that the page's client is generated from.
openapi:
	cargo build --quiet --release -p lectern && $(LECTERN) openapi > web/openapi.json

bench: build models
	cargo bench -p lectern-benches

# How search grows with the index, on chunks that are made up; CHUNKS="10000 1000000" goes on to a million (12 GB of disk, an hour).
CHUNKS ?= 10000
big-index: build models
	$(CARGO_TARGET_DIR)/release/big_index $(CHUNKS)

# The engine beside llama.cpp; PARTS="speed together" runs some of it only, see benches/engine.sh.
bench-engine:
	cargo build --release --workspace --examples
	./benches/engine.sh $(PARTS)

# Training beside PyTorch + peft (a Python environment with torch, peft, transformers and gguf in PEFT).
bench-tuner: build models
	cargo build --release --workspace --examples
	./benches/tuner.sh

eval-retrieval: build models
	@for set in squad drcd cmrc2018; do for rerank in "" --no-rerank; do echo "== $$set $$rerank"; \
		$(LECTERN) eval retrieval $(LECTERN_DATA)/qa/$$set $$rerank || exit 1; done; done
	@for asked in chinese_over_english english_over_chinese; do echo "== course readers, $$asked"; \
		$(LECTERN) eval retrieval $(LECTERN_DATA)/course --formats md --questions benches/questions/$$asked.jsonl || exit 1; done

# Time to the first words and to whole answers, in both modes, one question at a time and eight.
eval-times: build models
	@for mode in quote answer; do for users in 1 8; do echo "== $$mode, users $$users"; \
		$(LECTERN) eval answers $(LECTERN_DATA)/qa/squad --limit 100 --mode $$mode --users $$users | grep p95 || exit 1; done; done

# Answers before and after tuning; QUESTIONS=100 asks fewer.
eval-answers: build models
	./benches/answers.sh

# Quizzes of passages in three scripts and of the course readers; JUDGE names a model that did not make them.
JUDGE ?= qwen2.5-coder-1.5b-instruct
eval-quiz: build models
	@rows=$$(mktemp); trap 'rm -f $$rows' EXIT; \
	for source in $(LECTERN_DATA)/qa/squad $(LECTERN_DATA)/qa/drcd $(LECTERN_DATA)/qa/cmrc2018 "$(LECTERN_DATA)/course/[a-z]*.md"; do \
		echo "== $$source"; $(LECTERN) eval quiz $$source --out $$rows || exit 1; \
		echo "-- judged by $(JUDGE)"; LECTERN_MODELS__GENERATOR=$(JUDGE) $(LECTERN) eval mcq $$rows --limit 200 || exit 1; \
	done; \
	echo "== questions that people wrote"; \
	LECTERN_MODELS__GENERATOR=$(JUDGE) $(LECTERN) eval mcq $(LECTERN_DATA)/train/dev_mcq.jsonl

# The adapter that is shipped, made again: an hour on two cores. A run that was stopped goes on.
adapter: build models
	$(LECTERN) tune prepare tuned/rows $(LECTERN_DATA)/train/train_qa.jsonl --languages en --stems 0.5 \
		--kept-back $(LECTERN_DATA)/qa/squad/passages.jsonl
	$(LECTERN) tune --data tuned/rows/train.jsonl --held-out tuned/rows/held_out.jsonl --base smollm2-135m-instruct \
		--out tuned/smollm2-135m-lectern --max-tokens 620000 --evaluate-every 60 --half

# The adapter of the bilingual model, in version 2 of the tasks (tuner/README.md): hours, at the lowest priority. A run that
# was stopped goes on from the checkpoint in its folder.
STANDARD ?= tuner/adapters/qwen2.5-coder-0.5b-lectern
STANDARD_TOKENS ?= 1000000
adapter-standard: build
	$(LECTERN) models pull qwen2.5-coder-0.5b-instruct
	test -s tuned/rows2/train.jsonl || nice -n 19 $(LECTERN) tune prepare tuned/rows2 --tasks 2 --sizes 1,2,3,4,5 \
		--stems 0.5 --distractors 0.5 --verdicts 1 \
		$(addprefix $(LECTERN_DATA)/train/,train_qa.jsonl train_stories.jsonl train_inference.jsonl quotesum.jsonl) \
		--kept-back $(addsuffix /passages.jsonl,$(addprefix $(LECTERN_DATA)/qa/,squad drcd cmrc2018)) \
		$(LECTERN_DATA)/train/dev_stories.jsonl $(LECTERN_DATA)/train/dev_mcq.jsonl
	nice -n 19 $(LECTERN) tune --data tuned/rows2/train.jsonl --held-out tuned/rows2/held_out.jsonl \
		--base qwen2.5-coder-0.5b-instruct --out $(STANDARD) --rank 6 --alpha 12 --learning-rate 4e-4 \
		--max-tokens $(STANDARD_TOKENS) --evaluate-every 100 --half

# The cross-encoder that reads passages, trained and exported again; see tuner/cross_encoder/README.md. A run that was stopped
# goes on.
HOURS ?= 2
passage-reader: build models
	./tuner/cross_encoder/run.sh $(LECTERN_DATA)/train $(HOURS)

# Reading real documents, beside pdfplumber and pymupdf; PARTS="course speed" runs some of it only, see benches/reading.sh.
eval-reading: build models
	cargo build --release -p lectern-ingest --examples
	./benches/reading.sh $(PARTS)

# Documents made to hurt, and 10,000 mutations of real ones, while the server's health is watched.
hostile-files: build models
	$(CARGO_TARGET_DIR)/release/hostile_files

# Questions on the course material, each quote looked up in the PDF by another program; DOCUMENTS=all for all at once.
ask-course: build models
	$(CARGO_TARGET_DIR)/release/ask_course $(DOCUMENTS)

# Quizzes in every format, read back by others' readers; FORMATS="qti21 anki" reads some of them only, see
# benches/quiz_files.sh.
quiz-files: web/node_modules/.package-lock.json
	cargo build --release --workspace --examples
	./benches/quiz_files.sh $(FORMATS)

kill-test: build models
	$(CARGO_TARGET_DIR)/release/kill_test

load-test: build models
	$(CARGO_TARGET_DIR)/release/load_test

# The page in Lighthouse; RUNS=1 is quicker, see benches/lighthouse.sh.
lighthouse: build models browser
	./benches/lighthouse.sh

sizes: build
	./benches/sizes.sh
