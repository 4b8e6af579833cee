"""Printed pages by html5lib."""

import re

import html5lib

from page_text import text_of

ASIDE = {"points", "options", "pairs", "line", "after", "evidence"}
EVIDENCE = re.compile(r"“(.*)” \S+: (.*), \S+ (\d+)", re.DOTALL)


def texts(element):
    return [text_of(item) for item in element.findall("li")]


def question(item):
    found = {"stem": text_of(item, ASIDE).strip()}
    found["points"] = float(re.match(r"\(([0-9.]+) ", text_of(item.find("span[@class='points']")))[1])
    pairs = item.find("div[@class='pairs']")
    if pairs is not None:
        lefts, rights = pairs.findall("ol")
        return found | {"lefts": texts(lefts), "rights": texts(rights)}
    options = item.find("ol[@class='options']")
    return found | {"shown": texts(options) if options is not None else []}


def answer(item):
    found = {"key": text_of(item, ASIDE).strip(), "evidence": []}
    for part in item.findall("p"):
        if part.get("class") == "after":
            found["feedback"] = text_of(part)
        else:
            quote, name, page = EVIDENCE.fullmatch(text_of(part)).groups()
            found["evidence"].append([quote, name, int(page)])
    return found


def matched(found):
    """The pairs that the key's numbers and letters name."""
    if "lefts" not in found:
        return found
    key = [part.split() for part in found.pop("key").split(", ")]
    lefts, rights = found.pop("lefts"), found.pop("rights")
    return found | {"pairs": [[lefts[int(n) - 1], rights[ord(letter) - ord("A")]] for n, letter in key]}


def read(path):
    page = html5lib.parse(path.read_bytes(), namespaceHTMLElements=False)
    questions, passage = [], ""
    for part in page.find(".//main"):
        if part.get("class") == "passage":
            passage = text_of(part.find("p"))
        for item in part.findall("li") if part.get("class") == "questions" else ():
            questions.append((item, passage))
            passage = ""
    answers = page.findall(".//ol[@class='answers']/li")
    return [
        matched(question(asked) | answer(told)) | {"passage": passage}
        for (asked, passage), told in zip(questions, answers, strict=True)
    ]
