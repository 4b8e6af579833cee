"""Aiken by the rules that Moodle documents: no registry has a reader of it."""

import re

OPTION = re.compile(r"([A-Z])[).](.*)")


def read(path):
    with open(path, encoding="utf-8") as file:
        lines = [line.strip() for line in file.read().split("\n")]
    found, stem, options = [], "", []
    # Moodle passes over lines of one byte.
    for line in (line for line in lines if len(line.encode()) > 1):
        if line.startswith("ANSWER:"):
            place = "ABCDEFGHIJKLMNOPQRSTUVWXYZ".index(line.removeprefix("ANSWER:").strip()[0])
            found.append({"form": "choice", "stem": stem, "options": options, "key": options[place]})
            options = []
        elif option := OPTION.fullmatch(line):
            options.append(option[2].strip())
        else:
            stem = line
    return found
