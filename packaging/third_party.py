#!/usr/bin/env python3
"""Prints THIRD-PARTY.txt: the libraries that are linked into the program and its page, with their licences' own words.

Reads what cargo and npm have already fetched; each licence text is printed once, above the names of those that carry it.
"""

import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LICENCE_FILE = re.compile(r"(licen[cs]e|copying|copyright|notice|unlicense)", re.IGNORECASE)
# Of the page's packages, what is built into it.
PAGE = ["svelte", "i18next", "openapi-fetch", "openapi-typescript-helpers", "clsx", "esm-env"]


def cargo(*arguments):
    return subprocess.run(["cargo", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def crates():
    """Name, version, licence, address and folder of each crate in the program, ours left out."""
    tree = cargo("tree", "--locked", "-p", "lectern", "-e", "normal", "--prefix", "none", "-f", "{p}")
    linked = {tuple(line.split()[:2]) for line in tree.splitlines() if line.strip()}
    for package in json.loads(cargo("metadata", "--locked", "--format-version", "1"))["packages"]:
        if package["source"] and (package["name"], "v" + package["version"]) in linked:
            folder = pathlib.Path(package["manifest_path"]).parent
            yield package["name"], package["version"], package["license"], package["repository"], folder


def page_packages():
    """The same of the page."""
    for name in PAGE:
        folder = ROOT / "web/node_modules" / name
        if not (folder / "package.json").is_file():
            sys.exit(f"third_party.py: {folder} is not there: run `make web` first, or take it out of PAGE")
        package = json.loads((folder / "package.json").read_text())
        repository = package.get("repository", "")
        address = repository["url"] if isinstance(repository, dict) else repository
        yield name, package["version"], package["license"], address, folder


def texts(folder):
    """The files of a package that tell its licence."""
    files = sorted(f for f in folder.iterdir() if f.is_file() and LICENCE_FILE.match(f.name))
    return [f.read_text(errors="replace").strip() for f in files if f.suffix not in (".rs", ".js", ".json")]


def main():
    packages = [*sorted(crates(), key=lambda p: p[:2]), *page_packages()]
    print("Libraries in the lectern program and its page. NOTICE tells of all else.\n")
    carriers = {}
    for name, version, licence, address, folder in packages:
        print(f"{name} {version}  {licence}  {address or ''}".rstrip())
        for text in texts(folder):
            carriers.setdefault(text, []).append(f"{name} {version}")
    for text, names in carriers.items():
        print("\n" + "=" * 100 + "\n" + ", ".join(names) + "\n" + "=" * 100 + "\n\n" + text)


main()
