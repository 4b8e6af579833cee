"""What people must see of a question in a note, in Markdown and on a printed page: each text in its place."""

import itertools
import re

from truth import WORDS

ALSO = {"en": "also right", "zh-Hant": "亦可", "zh-Hans": "亦可"}
JUDGE = {"en": "True or false?", "zh-Hant": "是非題", "zh-Hans": "判断题"}


def lettered(texts):
    return [f"{chr(ord('A') + place)}. {text}" for place, text in enumerate(texts)]


def key_letters(question):
    keys = question["key"] if question["kind"] == "ordering" else [question["key"]]
    return " – ".join(chr(ord("A") + question["options"].index(key)) for key in keys)


def words_key(found, question):
    """A key and what is also right, in parentheses."""
    key, *others = found["answers"]
    return f"{key} ({ALSO[question['language']]}: {'; '.join(others)})" if others else key


def on_paper(found, question):
    """What Markdown and pages share."""
    shown = {name: found[name] for name in ("stem", "feedback", "points", "passage")}
    return shown | {"evidence": [[cited["quote"], cited["document_name"], cited["page"]] for cited in question["evidence"]]}


def in_markdown(found, question):
    language = question["language"]
    shown = on_paper(found, question)
    match found["form"]:
        case "choice":
            return shown | {"shown": lettered(found["options"]), "key": f"{key_letters(question)}. {found['key']}"}
        case "order":
            return shown | {"shown": lettered(question["options"]), "key": key_letters(question)}
        case "truth":
            return shown | {"shown": [JUDGE[language]], "key": WORDS[language][not found["key"]]}
        case "pairs":
            lefts, rights = zip(*found["pairs"])
            key = "; ".join(f"{left} → {right}" for left, right in found["pairs"])
            return shown | {"shown": list(lefts), "partners": sorted(rights), "key": key}
    return shown | {"shown": [], "key": words_key(found, question)}


def on_page(found, question):
    shown = on_paper(found, question)
    match found["form"]:
        case "choice":
            return shown | {"shown": found["options"], "key": f"{key_letters(question)} {found['key']}"}
        case "order":
            return shown | {"shown": question["options"], "key": key_letters(question)}
        case "truth":
            words = WORDS[question["language"]]
            return shown | {"shown": list(words), "key": words[not found["key"]]}
        case "pairs":
            return shown | {"pairs": found["pairs"]}
    return shown | {"shown": [], "key": words_key(found, question)}


def on_cards(found, question):
    """Front and back of a note; a set of fronts where the order of what is shown is chance."""
    language, stem = question["language"], found["stem"]
    match found["form"]:
        case "choice":
            front, key = {"\n".join([stem, *lettered(found["options"])])}, f"{key_letters(question)}. {found['key']}"
        case "order":
            front = {"\n".join([stem, *lettered(question["options"])])}
            key = "\n".join(f"{place}. {item}" for place, item in enumerate(found["key"], 1))
        case "truth":
            front, key = {f"{stem}\n{JUDGE[language]}"}, WORDS[language][not found["key"]]
        case "pairs":
            lefts, rights = zip(*found["pairs"])
            head = [stem, *lettered(lefts), ""]
            front = {"\n".join(head + lettered(order)) for order in itertools.permutations(rights)}
            key = "\n".join(f"{left} → {right}" for left, right in found["pairs"])
        case _:
            front, (first, *others) = {stem}, found["answers"]
            key = "\n".join([first, *(f"{ALSO[language]}: {other}" for other in others)])
    passage = f"{found['passage']}\n\n" if found["passage"] else ""
    front = {passage + one for one in front}
    back = f"{key}\n\n{found['feedback']}" if found["feedback"] else key
    return {"front": front, "back": back, "tags": sorted(re.sub(r"\s", "_", tag) for tag in found["tags"])}
