"""One built corpus for the tests that read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.build import build


@pytest.fixture(scope="session")
def built_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("corpus") / "cache")
