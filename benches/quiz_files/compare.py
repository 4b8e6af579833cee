"""Reads quizzes that were written in every format with readers that others wrote, and counts what is lost.

`compare.py FOLDER [FORMAT ...]`: the folder that write_quiz_files made. A value is a field of a question: stem, options,
key, accepted answers, pairs, order, points, feedback, tags, evidence, passage. What the writer itself says is not held is no loss.
Exit code 1 where anything is lost.
"""

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path

from truth import as_choice, everywhere, expected, record

# What a record means without the field.
ABSENT = {"feedback": "", "tags": [], "points": 1.0, "evidence": [], "passage": ""}
SHOWN = 3


def as_it_is(found, _question):
    return found


def of(module, name="read"):
    """A reader, loaded when it is used: each needs a package of its own."""
    return lambda path: getattr(importlib.import_module(module), name)(path)


def rows(by, of_row):
    """A reader of tables."""
    tables = lambda: importlib.import_module("tables")
    return lambda path: [getattr(tables(), of_row)(row) for row in getattr(tables(), by)(path)]


def of_node(path):
    """The GIFT reader runs in Node, once for all files."""
    if not GIFT:
        command = ["node", Path(__file__).with_name("gift.mjs"), path.parent.parent]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
        GIFT.extend(json.loads(line) for line in lines)
    return GIFT[int(path.parent.name)]


GIFT = []


def one_blank(found, _question):
    """gift-pegjs makes one blank of several in texts."""
    fewer = {name: everywhere(lambda text: re.sub(r"[ \t]{2,}", " ", text), value) for name, value in found.items()}
    return fewer | {"tags": found["tags"]}


def with_evidence(found, question):
    """A table with every column."""
    cited = [[cited["quote"], cited["document_name"], cited["page"]] for cited in question["evidence"]]
    return as_choice(found, question) | {"evidence": cited}


def shaped(name):
    return lambda found, question: getattr(importlib.import_module("shown"), name)(found, question)


def choices(found, _question):
    """Choices alone, without tags and passages: more has no place in the reader's classes."""
    return {name: value for name, value in found.items() if name not in ("tags", "passage")} if found["form"] == "choice" else None


def of_json(path):
    quiz = json.loads(path.read_bytes())
    passages = {None: ""} | {passage["n"]: passage["quote"] for passage in quiz.get("passages", [])}
    return [record(question) | {"passage": passages[question.get("passage")]} for question in quiz["questions"]]


# Format, the file's ending, the reader's name, the reader, what it must find.
READERS = [
    ("gift", "gift", "gift-pegjs", of_node, one_blank),
    ("moodle_xml", "xml", "lxml + html5lib", of("moodle_xml"), as_it_is),
    ("moodle_xml", "xml", "moodle-xml-parser", of("moodle_xml", "read_choices"), choices),
    ("qti21", "zip", "pyslet", of("qti", "read_21"), as_choice),
    ("qti30", "zip", "qti-convert + pyslet", of("qti", "read_30"), as_choice),
    ("aiken", "txt", "Moodle's rules", of("aiken"), as_choice),
    *(
        (table, "csv", by, rows(f"rows_by_{by}", of_row), shape)
        for table, of_row, shape in (
            ("csv", "everything", with_evidence),
            ("csv_kahoot", "kahoot", as_choice),
            ("csv_google_forms", "google_forms", as_choice),
        )
        for by in ("csv", "pandas")
    ),
    ("anki", "txt", "anki", of("anki_notes"), shaped("on_cards")),
    ("markdown", "md", "markdown-it-py", of("markdown_page"), shaped("in_markdown")),
    ("html", "html", "html5lib", of("printed"), shaped("on_page")),
    ("json", "json", "json", of_json, as_it_is),
]


def same(field, wanted, found):
    if field == "points":
        return abs(wanted - found) < 1e-4
    if field == "pairs":
        return sorted(wanted) == sorted(found)
    return found in wanted if isinstance(wanted, set) else wanted == found


def losses(path, wanted, found):
    """Fields compared, and those that are not what they were."""
    if len(wanted) != len(found):
        return len(wanted), [f"{path}: {len(found)} questions of {len(wanted)}"]
    compared, lost = 0, []
    for number, (want, have) in enumerate(zip(wanted, found), 1):
        for field, value in want.items():
            compared += 1
            got = have.get(field, ABSENT.get(field))
            if got is None or not same(field, value, got):
                lost.append(f"{path} {number} {field}: {value!r} became {got!r}")
    return compared, lost


def measure(folder, reader):
    name, ending, _, read, shape = reader
    questions, compared, lost = 0, 0, []
    for quiz in sorted(folder.iterdir()):
        truth = json.loads((quiz / "quiz.json").read_text(encoding="utf-8"))
        shapes = (shape(found, question) for found, question in expected(truth, name))
        wanted = [found for found in shapes if found]
        path = quiz / f"{name}.{ending}"
        try:
            found = list(read(path))
        except Exception as error:  # A file that a reader refuses is lost as a whole.
            found = []
            lost.append(f"{path}: {type(error).__name__}: {error}")
        fields, gone = losses(path, wanted, found)
        questions, compared, lost = questions + len(wanted), compared + fields, lost + gone
    return questions, compared, lost


def main():
    folder, *formats = sys.argv[1:]
    print(f"{'format':18}{'reader':22}{'questions':>10}{'values':>8}{'lost':>6}")
    total = 0
    for reader in READERS:
        if formats and reader[0] not in formats:
            continue
        questions, compared, lost = measure(Path(folder), reader)
        print(f"{reader[0]:18}{reader[2]:22}{questions:10}{compared:8}{len(lost):6}", flush=True)
        for line in lost[:SHOWN]:
            print(f"  {line}", file=sys.stderr, flush=True)
        total += len(lost)
    sys.exit(total > 0)


if __name__ == "__main__":
    main()
