"""Makes a folder for `lectern eval retrieval` of a course's scans: `scan_questions.py COURSE FOLDER`.

The scans stand beside the Markdown files of the same readers, with the questions whose answers are on the scanned pages.
"""

import json
import shutil
import sys
from pathlib import Path


def tight(text: str) -> str:
    return "".join(text.split())


def main() -> None:
    course, folder = Path(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    truths = {}
    for scan in sorted(course.glob("*-scanned.pdf")):
        name = scan.name.removesuffix("-scanned.pdf")
        truths[name] = tight((course / "scanned_truth" / f"{name}-scanned.txt").read_text("utf-8"))
        shutil.copyfile(scan, folder / f"{name}.pdf")
        shutil.copyfile(course / f"{name}.md", folder / f"{name}.md")
    with (folder / "questions.jsonl").open("w", encoding="utf-8") as out:
        for line in (course / "questions.jsonl").read_text("utf-8").splitlines():
            question = json.loads(line)
            text = truths.get(question["document"], "")
            if any(tight(answer) in text for answer in question["answers"]):
                out.write(line + "\n")


main()
