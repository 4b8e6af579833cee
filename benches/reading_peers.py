"""Text of PDFs by pdfplumber or pymupdf: `reading_peers.py pymupdf|pdfplumber ROUNDS FILE...`.

Prints pages, characters of one round without white space, and seconds.
"""

import logging
import sys
import time

logging.disable(logging.CRITICAL)


def pymupdf_pages(path):
    import pymupdf

    with pymupdf.open(path) as document:
        for page in document:
            yield page.get_text()


def pdfplumber_pages(path):
    import pdfplumber

    with pdfplumber.open(path) as document:
        for page in document.pages:
            yield page.extract_text() or ""
            page.close()


def main():
    peer, rounds, files = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    pages_of = {"pymupdf": pymupdf_pages, "pdfplumber": pdfplumber_pages}[peer]
    __import__(peer)
    pages = characters = 0
    begun = time.perf_counter()
    for number in range(rounds):
        for path in files:
            try:
                for text in pages_of(path):
                    pages += 1
                    if number == 0:
                        characters += len("".join(text.split()))
            except Exception as error:  # a file that it can't read counts for nothing
                print(f"{peer}: {path}: {error}", file=sys.stderr)
    print(pages, characters, time.perf_counter() - begun)


main()
