"""What a reader must find of a question: a record of its form's fields, less what the format says it does not hold."""

BLANK = "_____"
WORDS = {"en": ("True", "False"), "zh-Hant": ("是", "非"), "zh-Hans": ("对", "错")}


# Formats in which a passage stands once, before its questions.
ONCE = {"gift", "moodle_xml", "markdown", "html"}


def record(question):
    """Every field of a question, whatever the format, but for its passage."""
    after = [question["explanation"], question["feedback"]]
    found = {
        "stem": question["stem"],
        "feedback": "\n\n".join(part for part in after if part),
        "points": question["points"],
        "tags": question["tags"],
    }
    match question["kind"]:
        case "multiple_choice":
            return found | {"form": "choice", "options": question["options"], "key": question["key"]}
        case "true_false":
            return found | {"form": "truth", "key": question["key"]}
        case "ordering":
            return found | {"form": "order", "key": question["key"]}
        case "matching":
            return found | {"form": "pairs", "pairs": [[pair["left"], pair["right"]] for pair in question["pairs"]]}
        case _:
            return found | {"form": "words", "answers": [question["key"], *question["accepted"]]}


def one_line(text):
    return " ".join(part.strip() for part in text.replace("\t", "\n").split("\n") if part.strip())


def everywhere(change, value):
    """A change of every text of a value."""
    if isinstance(value, str):
        return change(value)
    return [everywhere(change, part) for part in value] if isinstance(value, list) else value


def without(found, note):
    """A record less what a note of the writer says is not held."""
    match note["what"]:
        case "points" | "tags" | "passage":
            return {name: value for name, value in found.items() if name != note["what"]}
        case "explanation":
            return {name: value for name, value in found.items() if name != "feedback"}
        case "line breaks":
            return {name: everywhere(one_line, value) for name, value in found.items()}
        case "line breaks in answers":
            return found | {"answers": everywhere(one_line, found["answers"])}
        case "answers":
            return found | {"answers": [text.replace("->", "→") for text in found["answers"]]}
        case "ordering":
            pairs = [[str(place), item] for place, item in enumerate(found["key"], 1)]
            return {name: value for name, value in found.items() if name != "key"} | {"form": "pairs", "pairs": pairs}
    raise ValueError(f"no rule for what is not held: {note}")


def as_choice(found, question):
    """A statement to judge as the choice that most formats make of it."""
    if found["form"] != "truth":
        return found
    yes, no = WORDS[question["language"]]
    return found | {"form": "choice", "options": [yes, no], "key": yes if found["key"] else no}


def expected(truth, name):
    """The records that a file of this format must give, each with its question."""
    notes = truth["not_held"][name]
    passages = {passage["n"]: passage["quote"] for passage in truth["quiz"]["passages"]}
    last = None
    for number, question in enumerate(truth["quiz"]["questions"], 1):
        own_passage = question.get("passage")
        shown, last = name not in ONCE or own_passage != last, own_passage
        own = [note for note in notes if number in note["questions"]]
        if any(note["what"] == "question" for note in own):
            continue
        found = record(question) | {"passage": passages[own_passage] if shown and own_passage else ""}
        for note in own:
            found = without(found, note)
        yield found, question
