"""QTI: packages and their items by pyslet, which also marks the right answer; 3.0 is first made 2.1 by citolab-qti-convert."""

import io
import zipfile

import pyslet.imsqtiv2p1  # noqa: F401, names the elements
from pyslet.qtiv2 import interactions, items, tests, variables
from pyslet.qtiv2.xml import QTIDocument
from qti_convert import downgrade_package

from truth import BLANK


def document(content):
    read = QTIDocument()
    read.read(src=io.BytesIO(content))
    return read.root


def text(element):
    """The text in an element, `<br/>` as a line break, what is to be filled in as a blank."""
    if isinstance(element, str):
        return element
    if isinstance(element, interactions.TextEntryInteraction):
        return BLANK
    return "\n" if element.xmlname == "br" else "".join(map(text, element.get_children()))


def only(element, kind):
    return next(element.find_children_depth_first(kind), None)


def points(item, response):
    """What this response scores."""
    session = variables.ItemSessionState(item)
    session.begin_session()
    session["RESPONSE"].set_value(response)
    session.end_attempt()
    return session["SCORE"].value


def body(item):
    declared = item.declarations["RESPONSE"]
    right = declared.get_correct_value().value
    choices = {choice.identifier: text(choice).strip() for choice in item.find_children_depth_first(interactions.Choice)}
    parts = list(item.ItemBody.get_children())
    # Nothing else of an item is a `div`.
    passage = text(parts.pop(0)).strip() if getattr(parts[0], "xmlname", "") == "div" else ""
    shared = {"points": points(item, right), "passage": passage}
    if prompt := only(item, interactions.Prompt):
        shared["stem"] = text(prompt)
    if only(item, interactions.OrderInteraction):
        return shared | {"form": "order", "key": [choices[one] for one in right]}
    if only(item, interactions.MatchInteraction):
        pairs = [tuple(pair) for pair in right]
        return shared | {"form": "pairs", "pairs": sorted([choices[a], choices[b]] for a, b in pairs)}
    if only(item, interactions.ChoiceInteraction):
        return shared | {"form": "choice", "options": list(choices.values()), "key": choices[right]}
    paragraphs = [text(part).strip() for part in parts]
    stem = "\n".join(paragraphs).removesuffix(f"\n{BLANK}")
    answers = [right, *(answer for answer in declared.Mapping.map if answer != right)]
    assert {points(item, answer) for answer in answers} == {shared["points"]}, "every answer counts the same"
    return shared | {"form": "words", "stem": stem, "answers": answers}


def read_files(files):
    for place in document(files["test.xml"]).find_children_depth_first(tests.AssessmentItemRef):
        item = document(files[str(place.href)])
        feedback = only(item, items.QTIModalFeedback)
        yield {"feedback": text(feedback).strip() if feedback else ""} | body(item)


def read_21(path):
    with zipfile.ZipFile(path) as package:
        return list(read_files({name: package.read(name) for name in package.namelist()}))


def read_30(path):
    converted = downgrade_package(path)
    assert not converted.warnings, converted.warnings
    return list(read_files({name: content.encode() for name, content in converted.files.items()}))
