"""Tables: by Python's csv and by pandas."""

import csv

import pandas


def rows_by_csv(path):
    with open(path, encoding="utf-8-sig", newline="") as table:
        return list(csv.DictReader(table, strict=True))


def rows_by_pandas(path):
    return pandas.read_csv(path, dtype=str, keep_default_na=False).to_dict("records")


def numbered(row, name):
    """The cells `name_1`, `name_2`, … that are filled."""
    cells = [value for column, value in row.items() if column.startswith(name) and column[len(name) :].isdigit()]
    return [cell for cell in cells if cell]


def everything(row):
    """A row of the table that has every column."""
    after = [row["explanation"], row["feedback"]]
    found = {
        "stem": row["question"],
        "feedback": "\n\n".join(part for part in after if part),
        "points": float(row["points"]),
        "tags": [tag for tag in row["tags"].split("\n") if tag],
        "passage": row.get("passage_1", ""),
        "evidence": [
            [quote, name, int(page)]
            for quote, name, page in zip(
                numbered(row, "evidence_"), numbered(row, "document_"), numbered(row, "page_"), strict=True
            )
        ],
    }
    options = numbered(row, "option_")
    match row["kind"]:
        case "matching":
            return found | {"form": "pairs", "pairs": [list(pair) for pair in zip(options, numbered(row, "partner_"))]}
        case "ordering":
            return found | {"form": "order", "key": [options[int(place) - 1] for place in row["key"].split()]}
        case "multiple_choice" | "true_false":
            return found | {"form": "choice", "options": options, "key": row["key"]}
    return found | {"form": "words", "answers": [row["key"], *numbered(row, "also_right_")]}


def kahoot(row):
    columns = list(row.values())
    options = [option for option in columns[1:5] if option]
    return {"form": "choice", "stem": columns[0], "options": options, "key": options[int(columns[6]) - 1]}


def google_forms(row):
    shared = {"stem": row["Question Text"], "points": float(row["Points"]), "feedback": row["Feedback"]}
    if row["Question Type"] == "MULTIPLE_CHOICE":
        return shared | {"form": "choice", "options": numbered(row, "Option "), "key": row["Correct Answer"]}
    return shared | {"form": "words", "answers": row["Correct Answer"].split("\n")}
