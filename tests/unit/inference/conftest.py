"""Starlette's test client, whose import warns for as long as httpx2 is not what it finds."""

from __future__ import annotations

import warnings

import pytest

from inference_container.model_store import ModelStore
from inference_container.server import make_app
from tests.unit.inference.builders import URI, FakeObjectStore, make_model_archive

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="Using `httpx` with `starlette.testclient`")
    from starlette.testclient import TestClient


@pytest.fixture
def objects():
    return FakeObjectStore({URI: make_model_archive()})


@pytest.fixture
def client(objects):
    models = ModelStore(objects, capacity=4, recheck_seconds=0)
    with TestClient(make_app(models, max_body_bytes=20_000), raise_server_exceptions=False) as opened:
        yield opened
    models.close()
