#!/usr/bin/env python3
"""Copies docs/examples into docs/api.md, each under the line that names it; with --check, only says whether they agree."""

import pathlib
import re
import sys

DOCS = pathlib.Path(__file__).resolve().parent
BLOCK = re.compile(r"(<!-- (examples/\S+) -->\n+```(\w+)\n).*?(^```$)", re.DOTALL | re.MULTILINE)

page = DOCS / "api.md"
old = page.read_text()
named = {match[2] for match in BLOCK.finditer(old)}
there = {f"examples/{file.name}" for file in (DOCS / "examples").iterdir()}
if named != there:
    sys.exit(f"docs/api.md shows {sorted(named)}, docs/examples holds {sorted(there)}")
new = BLOCK.sub(lambda match: match[1] + (DOCS / match[2]).read_text() + match[4], old)
if "--check" not in sys.argv:
    page.write_text(new)
elif new != old:
    sys.exit("docs/api.md does not show docs/examples as they are: run make docs")
