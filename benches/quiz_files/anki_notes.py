"""Notes that Anki itself imports into a collection of its own."""

import tempfile
from pathlib import Path

from anki.collection import Collection, ImportCsvRequest

from page_text import page_text


def read(path):
    with tempfile.TemporaryDirectory() as folder:
        collection = Collection(str(Path(folder) / "collection.anki2"))
        metadata = collection.get_csv_metadata(path=str(path), delimiter=None)
        collection.import_csv(ImportCsvRequest(path=str(path), metadata=metadata))
        notes = [collection.get_note(note) for note in sorted(collection.find_notes(""))]
        found = [
            {"front": page_text(note["Front"]), "back": page_text(note["Back"]), "tags": sorted(note.tags)}
            for note in notes
        ]
        collection.close()
    return found
