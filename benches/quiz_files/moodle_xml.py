"""Moodle XML: the tree by lxml, texts by html5lib; choices once more by moodle-xml-parser."""

import moodle_xml_parser.parser
from lxml import etree

from page_text import page_text


def text(element):
    """The text of an element in the format that it names."""
    inner = element.findtext("text") or ""
    return page_text(inner) if element.get("format") == "html" else inner


def body(question):
    answers = question.findall("answer")
    right = [answer for answer in answers if answer.get("fraction") == "100"]
    match question.get("type"):
        case "multichoice":
            return {"form": "choice", "options": [text(answer) for answer in answers], "key": text(right[0])}
        case "truefalse":
            return {"form": "truth", "key": text(right[0]) == "true"}
        case "matching":
            sides = [[text(pair), pair.findtext("answer/text")] for pair in question.findall("subquestion")]
            return {"form": "pairs", "pairs": sides}
        case "shortanswer":
            # A star would stand for anything; an escaped one is a star.
            return {"form": "words", "answers": [text(answer).replace("\\*", "*") for answer in right]}


def read(path):
    """The questions; a description is the passage of the one behind it."""
    passage = ""
    for question in etree.parse(path).getroot().findall("question"):
        match question.get("type"):
            case "category":
                continue
            case "description":
                passage = text(question.find("questiontext"))
                continue
        yield {
            "stem": text(question.find("questiontext")),
            "feedback": text(question.find("generalfeedback")),
            "points": float(question.findtext("defaultgrade")),
            "tags": [tag.text for tag in question.findall("tags/tag/text")],
            "passage": passage,
        } | body(question)
        passage = ""


def read_choices(path):
    """Only what moodle-xml-parser has a class for; it takes entities away and leaves elements."""

    def plain(text):
        return text.replace("<br>", "\n")

    for question in moodle_xml_parser.parser.parse_file(path)["multichoice"]:
        right = [option.answer for option in question.options if option.score_fraction == 100]
        yield {
            "stem": plain(question.text_pre_parse),
            "form": "choice",
            "options": [plain(option.answer) for option in question.options],
            "key": plain(right[0]),
            "points": question.default_grade,
            "feedback": plain(question.general_feedback),
        }
