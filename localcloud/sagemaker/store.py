"""Records by name, each also a JSON file, so that they outlive the process.

A record is the document that `Describe…` answers with. Names differ by more than case, as on AWS.
Invariant: a file is whole or absent; what a caller gets is a copy.
"""

from __future__ import annotations

import copy
import json
import os
import threading
from pathlib import Path

from localcloud.sagemaker.documents import Document


class RecordStore:
    """The records of one kind."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.RLock()
        folder.mkdir(parents=True, exist_ok=True)
        self._records: dict[str, Document] = {
            path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))
        }

    def find(self, name: str) -> Document | None:
        with self._lock:
            return copy.deepcopy(self._records.get(name.lower()))

    def all(self) -> list[Document]:
        with self._lock:
            return copy.deepcopy(list(self._records.values()))

    def add(self, name: str, record: Document) -> bool:
        """False when the name is taken: the first one wins."""
        with self._lock:
            if name.lower() in self._records:
                return False
            self._save(name.lower(), copy.deepcopy(record))
            return True

    def update(self, name: str, changes: Document) -> Document:
        """The record with the changes; a change to None removes the member. Raises `KeyError`."""
        with self._lock:
            merged = self._records[name.lower()] | copy.deepcopy(changes)
            record = {key: value for key, value in merged.items() if value is not None}
            self._save(name.lower(), record)
            return copy.deepcopy(record)

    def put(self, name: str, record: Document) -> None:
        with self._lock:
            self._save(name.lower(), copy.deepcopy(record))

    def delete(self, name: str) -> bool:
        """Whether there was one."""
        with self._lock:
            if self._records.pop(name.lower(), None) is None:
                return False
            self._path(name.lower()).unlink(missing_ok=True)
            return True

    def _save(self, key: str, record: Document) -> None:
        path = self._path(key)
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(record, indent=1))
        os.replace(partial, path)
        self._records[key] = record

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.json"
