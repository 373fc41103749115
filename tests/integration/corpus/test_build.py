"""The cache: built once, whole or absent, and never over something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.melody import MelodyList
from corpus.build import CacheFolderTaken, build, code_fingerprint


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_build_holds_dataset_and_melodies(built_corpus: Path):
    files = contents(built_corpus)

    melodies = MelodyList.model_validate_json(files["melodies.json"])

    assert len(melodies.items) >= 10
    assert {"datasets/bach/dataset.json", "datasets/bach/catalog.jsonl", "melodies.json"} <= set(files)
    assert sum(name.endswith(".mid") for name in files) == 365


def test_a_second_build_changes_nothing_and_says_so(built_corpus: Path):
    before = {path: path.stat().st_mtime_ns for path in built_corpus.rglob("*")}
    lines: list[str] = []

    build(built_corpus, lines.append)

    assert lines == [f"Corpus is up to date in {built_corpus}"]
    assert {path: path.stat().st_mtime_ns for path in built_corpus.rglob("*")} == before


def test_a_cache_of_other_code_is_replaced_and_the_result_is_the_same(built_corpus: Path, tmp_path: Path):
    cache = tmp_path / "cache"
    (cache / "datasets").mkdir(parents=True)
    (cache / "datasets" / "outdated.txt").write_text("from before")
    (cache / "fingerprint.txt").write_text("other code\n")
    (tmp_path / "cache.building").mkdir()
    (tmp_path / "cache.building" / "half.mid").write_text("what a killed build has left")
    lines: list[str] = []

    build(cache, lines.append)

    assert contents(cache) == contents(built_corpus)
    assert lines[-1].startswith("Built 365 chorales of 202 tunes and 17 sample melodies in ")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "cache.lock"]


def test_a_build_that_fails_leaves_the_cache_as_it_was(tmp_path: Path):
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "fingerprint.txt").write_text("other code\n")

    def fail(line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(cache, fail)

    assert contents(cache) == {"fingerprint.txt": b"other code\n"}


def test_a_folder_that_holds_something_else_is_refused(tmp_path: Path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "thesis.txt").write_text("years of work")

    with pytest.raises(CacheFolderTaken, match="is no corpus cache and not empty"):
        build(tmp_path / "cache")

    assert contents(tmp_path / "cache") == {"thesis.txt": b"years of work"}


def test_the_fingerprint_is_the_same_each_time(built_corpus: Path):
    assert code_fingerprint() == (built_corpus / "fingerprint.txt").read_text().strip()
