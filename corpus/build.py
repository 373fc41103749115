"""Builds everything that the library holds, once: `python -m corpus.build [folder]`.

The cache folder is whole or absent: a build writes beside it and renames. A second call does nothing unless
our code or a package that shapes the result has changed since. Two builds at a time take turns.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import contract.dataset
import contract.melody
import music.midi
import music.score
from contract.melody import MelodyList
from corpus.bach import DATASET_ID, build_bach
from corpus.melodies import sample_melodies

DEFAULT_CACHE = Path(".cache/corpus")
DATASETS_FOLDER = "datasets"
MELODIES_FILE = "melodies.json"
FINGERPRINT_FILE = "fingerprint.txt"

OnProgress = Callable[[str], None]


class CacheFolderTaken(RuntimeError):
    """The folder named as cache holds something else; nothing was changed."""


def build(cache_folder: Path = DEFAULT_CACHE, on_progress: OnProgress = lambda line: None) -> Path:
    """The cache folder with datasets and melodies in it, built if need be.

    Raises `CacheFolderTaken` when the folder holds files that no build put there.
    """
    fingerprint = code_fingerprint()
    with _one_at_a_time(cache_folder):
        if _is_built(cache_folder, fingerprint):
            on_progress(f"Corpus is up to date in {cache_folder}")
            return cache_folder
        _refuse_foreign(cache_folder)
        _build_anew(cache_folder, fingerprint, on_progress)
    return cache_folder


def code_fingerprint() -> str:
    """Changes with the code that shapes the corpus, and with the packages it is read and written by."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    modules = (contract.dataset, contract.melody, music.midi, music.score)
    digest = hashlib.sha256()
    for path in [*sources, *(Path(str(module.__file__)) for module in modules)]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    for package in ("music21", "mido"):
        digest.update(f"{package}=={version(package)}\0".encode())
    return digest.hexdigest()


def _is_built(cache_folder: Path, fingerprint: str) -> bool:
    file = cache_folder / FINGERPRINT_FILE
    return file.is_file() and file.read_text(encoding="utf-8").strip() == fingerprint


def _refuse_foreign(cache_folder: Path) -> None:
    if not cache_folder.exists() or (cache_folder / FINGERPRINT_FILE).is_file():
        return
    if not cache_folder.is_dir() or any(cache_folder.iterdir()):
        raise CacheFolderTaken(f"{cache_folder} is no corpus cache and not empty: choose another folder")


def _build_anew(cache_folder: Path, fingerprint: str, on_progress: OnProgress) -> None:
    started = time.monotonic()
    building = _beside(cache_folder, "building")
    shutil.rmtree(building, ignore_errors=True)  # what a killed build has left
    building.mkdir(parents=True)
    on_progress("Building the Bach dataset from the chorales in music21")
    summary = build_bach(building / DATASETS_FOLDER / DATASET_ID, on_progress)
    melodies = sample_melodies()
    text = json.dumps(MelodyList(items=melodies).to_wire(), ensure_ascii=False, indent=1)
    (building / MELODIES_FILE).write_text(text + "\n", encoding="utf-8")
    (building / FINGERPRINT_FILE).write_text(fingerprint + "\n", encoding="utf-8")
    _replace(cache_folder, building)
    on_progress(
        f"Built {summary.pieces} chorales of {summary.melody_groups} tunes and {len(melodies)} sample "
        f"melodies in {time.monotonic() - started:.1f} s, in {cache_folder}"
    )


def _replace(cache_folder: Path, building: Path) -> None:
    outdated = _beside(cache_folder, "outdated")
    shutil.rmtree(outdated, ignore_errors=True)
    if cache_folder.exists():
        cache_folder.rename(outdated)
    building.rename(cache_folder)
    shutil.rmtree(outdated, ignore_errors=True)


def _beside(cache_folder: Path, purpose: str) -> Path:
    return cache_folder.with_name(f"{cache_folder.name}.{purpose}")


@contextmanager
def _one_at_a_time(cache_folder: Path) -> Iterator[None]:
    lock = _beside(cache_folder, "lock")
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # released with the file, also when the process is killed
        yield


def _print_line(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_CACHE, _print_line)
