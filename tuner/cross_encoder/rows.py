#!/usr/bin/env python3
"""Rows for the cross-encoder, from the question sets of LECTERN_DATA/train.

usage: rows.py LECTERN_DATA/train OUT.jsonl

A row is one question with several passages: {"lang", "question", "passages": [{"sentences": [str], "answers": [0 or 1
a sentence], "holds": 0 or 1, "span": [sentence, begin, end] or null}], "verdict": null, or 0 supported, 1 contradicted,
2 not said}. The first passage is the one that holds the answer, where there is one. Passages are windows of whole
sentences. Negatives are the passages of the same set that share the most weighted words with the question (BM25) and do
not hold the answer.
"""
import collections, json, math, pathlib, random, re, sys

# Characters of a passage: about 256 tokens, as it is served. Most rows show half of that: more questions for the time.
WINDOW = {"en": 1100, "zh": 420}
SHORT, SHARE_SHORT = 0.45, 0.7
NEGATIVES = 1
# Sets whose licence lets weights made from them be shipped: DREAM and C3 (train_mcq) are not among them.
EXTRACTIVE, STORIES, INFERENCE = "train_qa.jsonl", "train_stories.jsonl", "train_inference.jsonl"


def sentences(text):
    """Sentences, each with its trailing space; their concatenation is the text."""
    parts = re.split(r'(?<=[.!?]["”’)\]])\s+(?=\S)|(?<=[.!?])\s+(?=["“‘(\[]?[A-Z0-9])|(?<=[。！？｡．；])(?![」』”’）])|(?<=[。！？][」』”’）])|\n+', text)
    out = []
    for part in parts:
        part = (part or "").strip()
        if part:
            if out and len(out[-1]) < 12 and out[-1].endswith("."):  # an initial or a short abbreviation
                out[-1] += " " + part
            else:
                out.append(part)
    return out


def terms(text):
    text = text.lower()
    han = re.findall(r"[\u3400-\u9fff]", text)
    return [w[:6] for w in re.findall(r"[a-z0-9]+", text)] + [a + b for a, b in zip(han, han[1:])] + re.findall(r"\d+", text)


class Index:
    """BM25 over passages (Robertson and Zaragoza, 2009)."""

    def __init__(self, texts):
        self.texts = texts
        self.postings = collections.defaultdict(list)
        self.length = []
        for n, text in enumerate(texts):
            counts = collections.Counter(terms(text))
            self.length.append(sum(counts.values()))
            for term, count in counts.items():
                self.postings[term].append((n, count))
        self.mean = sum(self.length) / max(1, len(texts))

    def idf(self, term):
        found = len(self.postings.get(term, ()))
        return math.log(1 + (len(self.texts) - found + 0.5) / (found + 0.5))

    def search(self, query, limit):
        scores = collections.Counter()
        for term in set(terms(query)):
            weight = self.idf(term)
            for n, count in self.postings.get(term, ()):
                scores[n] += weight * count * 1.9 / (count + 0.9 * (0.6 + 0.4 * self.length[n] / self.mean))
        return [n for n, _ in scores.most_common(limit)]


def window(parts, lang, keep, rng):
    """Consecutive sentences that fit, around `keep` (the index of a sentence) where it is given."""
    limit = WINDOW["en" if lang == "en" else "zh"] * (SHORT if rng.random() < SHARE_SHORT else 1)
    begin = keep if keep is not None else (0 if sum(map(len, parts)) <= limit else rng.randrange(len(parts)))
    end, size = begin + 1, len(parts[begin])
    while True:
        grown = False
        sides = [(-1, begin - 1), (1, end)]
        rng.shuffle(sides)
        for side, at in sides:
            if 0 <= at < len(parts) and size + len(parts[at]) <= limit:
                size += len(parts[at])
                begin, end = (at, end) if side < 0 else (begin, at + 1)
                grown = True
                break
        if not grown:
            return begin, end


def best_sentence(parts, answer, question, index):
    """The sentence among those that hold `answer` that shares the most weighted words with the question."""
    asked = set(terms(question))
    holding = [n for n, part in enumerate(parts) if answer in part]
    return max(holding, key=lambda n: sum(index.idf(t) for t in set(terms(parts[n])) & asked), default=None)


def evidence(parts, question, answers, index):
    """Sentences that carry the answer where it is in other words: by weighted overlap with answer, then question."""
    asked = set(terms(question))
    wanted = [set(terms(a)) - asked or set(terms(a)) for a in answers]
    stop = 1.5

    def overlap(n):
        here = set(terms(parts[n]))
        by_answer = max((sum(max(0, index.idf(t) - stop) for t in here & w) / (1e-6 + sum(max(0, index.idf(t) - stop) for t in w)) for w in wanted), default=0)
        by_question = sum(max(0, index.idf(t) - stop) for t in here & asked) / (1e-6 + sum(max(0, index.idf(t) - stop) for t in asked))
        return by_answer + 0.35 * by_question

    scores = [overlap(n) for n in range(len(parts))]
    best = max(scores)
    if best < 0.45:
        return []
    top = scores.index(best)
    return sorted({top} | {n for n in (top - 1, top + 1) if 0 <= n < len(parts) and scores[n] >= 0.75 * best})


def passage(parts, lang, answering, span, rng):
    begin, end = window(parts, lang, answering[0] if answering else None, rng)
    answering = [n for n in answering if begin <= n < end]
    return {
        "sentences": parts[begin:end],
        "answers": [int(n in answering) for n in range(begin, end)],
        "holds": int(bool(answering)),
        "span": [span[0] - begin, span[1], span[2]] if span else None,
    }


NEGATE = [
    (r"\b(is|are|was|were|can|could|may|must|should|will|would|has|have|had|does|do|did)\b(?! not|n't)", r"\1 not"),
    (r"\b(is|are|was|were|can|could|may|must|should|will|would|has|have|had|does|do|did) not\b", r"\1"),
    (r"\bcannot\b", "can"),
]
NEGATE_ZH = [("不是", "是"), ("是", "不是"), ("沒有", "有"), ("没有", "有"), ("不能", "能"), ("可以", "不可以"), ("會", "不會"), ("会", "不会"), ("能", "不能"), ("有", "沒有"), ("必須", "不必"), ("必须", "不必")]
SWAPS = [("all", "some"), ("all", "no"), ("every", "no"), ("most", "few"), ("many", "few"), ("always", "never"), ("often", "never"), ("only", "not only"), ("first", "last"), ("more", "less"), ("before", "after"), ("increase", "decrease"), ("increased", "decreased"), ("higher", "lower"), ("largest", "smallest"), ("north", "south"), ("east", "west"), ("early", "late"), ("best", "worst"), ("older", "younger"), ("largest", "second largest"), ("at least", "at most"), ("both", "neither"), ("with", "without"), ("over", "under")]
SWAPS_ZH = [("全部", "部分"), ("所有", "少數"), ("都", "都不"), ("最大", "最小"), ("最早", "最晚"), ("增加", "減少"), ("增加", "减少"), ("多", "少"), ("以上", "以下"), ("之前", "之後"), ("之前", "之后"), ("首次", "最後一次"), ("第一", "第二"), ("南", "北"), ("東", "西"), ("东", "西"), ("高", "低"), ("至少", "至多"), ("大部分", "小部分")]


def falsify(text, lang, others, rng):
    """A statement that the text contradicts: a negation, a quantifier or comparison, a number, or a name changed."""
    ways = ["negate", "negate", "swap", "number", "name"]
    rng.shuffle(ways)
    for way in ways:
        if lang == "en":
            if way == "negate":
                for pattern, to in rng.sample(NEGATE, len(NEGATE)):
                    made = re.sub(pattern, to, text, count=1)
                    if made != text:
                        return made
            if way == "swap":
                for a, b in rng.sample(SWAPS, len(SWAPS)):
                    for x, y in ((a, b), (b, a)):
                        if re.search(rf"\b{x}\b", text):
                            return re.sub(rf"\b{x}\b", y, text, count=1)
            if way == "name":
                names = [m.group() for m in re.finditer(r"(?<=[a-z,] )[A-Z][a-z]+(?: [A-Z][a-z]+)*", text)]
                pool = [n for o in others for n in re.findall(r"(?<=[a-z,] )[A-Z][a-z]+(?: [A-Z][a-z]+)*", o) if n not in text]
                if names and pool:
                    return text.replace(rng.choice(names), rng.choice(pool), 1)
        else:
            if way == "negate":
                for a, b in rng.sample(NEGATE_ZH, len(NEGATE_ZH)):
                    if a in text:
                        return text.replace(a, b, 1)
            if way == "swap":
                for a, b in rng.sample(SWAPS_ZH, len(SWAPS_ZH)):
                    for x, y in ((a, b), (b, a)):
                        if x in text:
                            return text.replace(x, y, 1)
        if way == "number":
            numbers = re.findall(r"\d+", text)
            if numbers:
                old = rng.choice(numbers)
                new = str(max(1, int(old) + rng.choice([-3, -2, -1, 1, 2, 3, 10]) * (10 ** max(0, len(old) - 3))))
                if new != old:
                    return text.replace(old, new, 1)
    return None


def as_statement(text, lang, rng):
    """A statement as people put it: as it stands, or as a question for yes or no."""
    if rng.random() < 0.5:
        return text
    text = re.sub(r"[.。!！]+$", "", text)
    if lang == "en":
        m = re.match(r"^((?:\S+ ){1,6}?)(is|are|was|were|can|could|may|must|should|will|would|has|have|had) (not )?(.+)$", text)
        if m and rng.random() < 0.6:
            subject = m.group(1).strip()
            subject = subject if re.match(r"^(I|[A-Z]\w*[A-Z]|[A-Z]\w+ [A-Z])", subject) else subject[:1].lower() + subject[1:]
            return f"{m.group(2).capitalize()} {subject} {m.group(3) or ''}{m.group(4)}?"
        return rng.choice(["Is it true that {}?", "Is the following right? {}", "True or false: {}", "Is it correct that {}?"]).format(text[:1].lower() + text[1:])
    hant = lang == "zh-Hant"
    return rng.choice([text + ("嗎？" if hant else "吗？"), ("是否" + text + "？"), text + ("，對嗎？" if hant else "，对吗？"), text + ("，是真的嗎？" if hant else "，是真的吗？")])


def shorten(text, lang, rng):
    """A clause of a long sentence, so that statements are not recognised by their length."""
    clauses = re.split(r"(?<=[,;])\s+(?=(?:and|but|while|which|who|because|although)\b)|(?<=[，；])", text)
    text = rng.choice([c for c in clauses if len(c) >= (25 if lang == "en" else 8)] or [text])
    return text.strip(" ,;，；")


def verdicts(contexts, lang, index, rng, wanted):
    rows = []
    while len(rows) < wanted:
        n = rng.randrange(len(contexts))
        parts = sentences(contexts[n])
        at = rng.randrange(len(parts))
        statement = shorten(parts[at], lang, rng)
        if not (25 if lang == "en" else 8) <= len(statement) <= 220:
            continue
        kind = len(rows) % 3
        if kind == 1:
            statement = falsify(statement, lang, parts, rng)
            if not statement:
                continue
        if kind == 2:
            # Of the same subject: the nearest other passage, or this one without the sentence and its neighbours.
            near = [p for p in index.search(statement, 4) if contexts[p] != contexts[n]]
            if rng.random() < 0.5 and len(parts) >= 5:
                shown = [p for k, p in enumerate(parts) if abs(k - at) > 0]
            elif near:
                shown = sentences(contexts[near[0]])
            else:
                continue
            made = passage(shown, lang, [], None, rng)
        else:
            made = passage(parts, lang, [at], None, rng)
        rows.append({"lang": lang, "question": as_statement(statement, lang, rng), "passages": [made], "verdict": kind})
    return rows


def joined_verdicts(rows, rng, wanted):
    """Question and answer as one statement: the right answer supported, another of the passage contradicted."""
    made = []
    for row in rng.sample(rows, len(rows)):
        if len(made) >= wanted:
            break
        parts = sentences(row["context"])
        at = best_sentence(parts, row["answer"], row["question"], row["index"])
        if at is None:
            continue
        right = row["answer"]
        other = [o for o in row["same_context"] if o not in right and right not in o]
        kind = len(made) % 3
        if kind == 1 and not other:
            continue
        answer = rng.choice(other) if kind == 1 else right
        text = f"{row['question']} {answer}"
        if kind == 2:
            near = [p for p in row["index"].search(row["question"], 6) if right not in row["index"].texts[p]]
            if not near:
                continue
            shown = passage(sentences(row["index"].texts[near[0]]), row["lang"], [], None, rng)
        else:
            shown = passage(parts, row["lang"], [at], None, rng)
        made.append({"lang": row["lang"], "question": text, "passages": [shown], "verdict": kind})
    return made


def extractive(rows, rng):
    by_lang = collections.defaultdict(list)
    for row in rows:
        by_lang[row["lang"]].append(row)
    out, extra = [], []
    for lang, of_lang in by_lang.items():
        contexts = sorted({r["context"] for r in of_lang})
        index = Index(contexts)
        answers = collections.defaultdict(set)
        for r in of_lang:
            if r["answer"]:
                answers[r["context"]].add(r["answer"])
        for r in of_lang:
            r["index"], r["same_context"] = index, sorted(answers[r["context"]])
            near = [contexts[n] for n in index.search(r["question"], 8)]
            passages = []
            if r["answer"]:
                parts = sentences(r["context"])
                at = best_sentence(parts, r["answer"], r["question"], index)
                if at is None:
                    continue
                begin = parts[at].index(r["answer"])
                passages.append(passage(parts, lang, [at], [at, begin, begin + len(r["answer"])], rng))
                near = [c for c in near if c != r["context"] and r["answer"] not in c]
            else:
                passages.append(passage(sentences(r["context"]), lang, [], None, rng))
                near = []
            rng.shuffle(near)
            passages += [passage(sentences(c), lang, [], None, rng) for c in near[:NEGATIVES]]
            out.append({"lang": lang, "question": r["question"], "passages": passages, "verdict": None})
        answered = [r for r in of_lang if r["answer"]]
        extra += joined_verdicts(answered, rng, 900 if lang == "en" else 600)
        extra += verdicts(contexts, lang, index, rng, 2400 if lang == "en" else 1500)
    return out, extra


def stories(rows, rng):
    contexts = sorted({r["passage"] for r in rows})
    index = Index(contexts)
    out = []
    for r in rows:
        parts = sentences(r["passage"])
        answering = evidence(parts, r["question"], [r["answer"], *r["other_answers"]], index)
        if not answering:
            continue
        passages = [passage(parts, "en", answering, None, rng)]
        near = [contexts[n] for n in index.search(r["question"], 6) if contexts[n] != r["passage"] and r["answer"] not in contexts[n]]
        # Sections of one story tell of the same people: what is told in another is not told here.
        passages += [passage(sentences(c), "en", [], None, rng) for c in near[:1]]
        out.append({"lang": "en", "question": r["question"], "passages": passages, "verdict": None})
    return out


def main():
    source, target = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    rng = random.Random(24)
    load = lambda name: [json.loads(line) for line in (source / name).open(encoding="utf-8")]
    found, extra = extractive(load(EXTRACTIVE), rng)
    told = stories(load(STORIES), rng)
    contexts = sorted({r["passage"] for r in load(STORIES)})
    extra += verdicts(contexts, "en", Index(contexts), rng, 600)
    rows = found + told + extra
    rng.shuffle(rows)
    with target.open("w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    print(f"{len(found)} questions, {len(told)} on stories, {len(extra)} statements, {sum(len(r['passages']) for r in rows)} pairs")


if __name__ == "__main__":
    main()
