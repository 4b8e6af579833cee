#!/bin/sh
# What tuning is worth: SQuAD questions with their own passage and with what is found, by the model as it came and by the
# tuned one; then the tenth that was held out of tuning, with the questions that their passage does not answer; then quotes
# and a bilingual model, which is fetched where it is missing, in three scripts.
# QUESTIONS (default 1000) of the set are asked of the tuned model, a fifth of them of the other.
set -eu
lectern="${CARGO_TARGET_DIR:?}/release/lectern"
data="${LECTERN_DATA:?}"
questions="${QUESTIONS:-1000}"
rows=$(mktemp -d)
trap 'rm -rf "$rows"' EXIT

ask() { # model, how many, set, further options
    model=$1 limit=$2 set=$3
    shift 3
    echo "== $model on $(basename "$set") $*"
    LECTERN_MODELS__GENERATOR="$model" "$lectern" eval answers "$set" --limit "$limit" "$@"
}

for how in --gold ""; do
    ask smollm2-135m-instruct $((questions / 5)) "$data/qa/squad" $how
    ask smollm2-135m-lectern "$questions" "$data/qa/squad" $how
done
"$lectern" tune prepare "$rows" "$data/train/train_qa.jsonl" --languages en --stems 0.5 \
    --kept-back "$data/qa/squad/passages.jsonl"
ask smollm2-135m-lectern "$questions" "$rows/held_out" --gold

# Quotes of all passages of a set, and the model that knows Chinese as well.
"$lectern" models pull qwen2.5-coder-1.5b-instruct
for set in squad drcd cmrc2018; do
    ask smollm2-135m-lectern $((questions / 2)) "$data/qa/$set" --mode quote
    ask qwen2.5-coder-1.5b-instruct $((questions / 5)) "$data/qa/$set"
done

# Quotes, where two fifths of the passages are taken out and others of their articles stay.
for set in squad drcd cmrc2018; do
    echo "== quotes on $set, 40 % of the passages taken out"
    "$lectern" eval answers "$data/qa/$set" --mode quote --take-out 0.4 --limit $((questions / 4))
done
