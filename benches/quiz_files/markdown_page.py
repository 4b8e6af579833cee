"""Markdown by markdown-it-py, set to CommonMark and nothing else; its HTML by html5lib."""

import re

from markdown_it import MarkdownIt

from page_text import parse, text_of

POINTS = re.compile(r"(.*) \(([0-9.]+) \S+\)", re.DOTALL)
SOURCE = re.compile(r"\S+: (.*), \S+ (\d+)", re.DOTALL)


def items(element):
    return [text_of(item) for item in element]


def question(parts):
    """What stands below a question's number."""
    stem, *lists = parts
    shown = [item for part in lists[:1] for item in ([text_of(part)] if part.tag == "p" else items(part))]
    found = {"stem": text_of(stem), "shown": shown}
    if len(lists) > 1:
        found["partners"] = sorted(re.sub(r"^[A-Z]\. ", "", item) for item in items(lists[1]))
    return found


def answer(parts):
    """A key's paragraph and what follows it."""
    key, *rest = parts
    text, points = POINTS.fullmatch(text_of(key, without={"strong"}).strip()).groups()
    found = {"key": text, "points": float(points), "evidence": []}
    for part in rest:
        if part.tag == "p":
            found["feedback"] = text_of(part)
        else:
            quote, source = part.findall("p")
            name, page = SOURCE.fullmatch(text_of(source)).groups()
            found["evidence"].append([text_of(quote), name, int(page)])
    return found


def groups(elements, begins):
    """Elements from one that begins a group to the next."""
    found = []
    for element in elements:
        if begins(element):
            found.append([])
        if found:
            found[-1].append(element)
    return found


def read(path):
    html = MarkdownIt("commonmark").render(path.read_text(encoding="utf-8"))
    body = list(parse(html.replace("<br />\n", "<br />")))
    middle = next(place for place, element in enumerate(body) if element.tag == "hr")
    quotes = [place for place, element in enumerate(body[:middle]) if element.tag == "blockquote"]
    passages = {body[place + 1]: text_of(body[place].find("p")) for place in quotes}
    asked = [element for place, element in enumerate(body[:middle]) if place not in quotes]
    questions = groups(asked, lambda element: element.tag == "h2")
    answers = groups(body[middle:], lambda element: element.find("strong") is not None)
    return [
        question(asked[1:]) | answer(told) | {"passage": passages.get(asked[0], "")}
        for asked, told in zip(questions, answers, strict=True)
    ]
