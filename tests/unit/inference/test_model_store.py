"""The cache: each model once, the least used out first, a replaced model noticed, no fault remembered."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from inference_container.errors import (
    CorruptModel,
    InvalidRequest,
    ModelForbidden,
    ModelNotFound,
    ModelUnavailable,
)
from inference_container.model_store import ModelStore
from tests.unit.inference.builders import URI, FakeObjectStore, make_model_archive

OTHER, THIRD = "s3://artifacts/models/job-2/x", "s3://artifacts/models/job-3/x"
ARCHIVE = make_model_archive()


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def objects():
    return FakeObjectStore(dict.fromkeys((URI, OTHER, THIRD), ARCHIVE))


@pytest.fixture
def store(objects, clock):
    made = ModelStore(objects, capacity=2, recheck_seconds=60, clock=clock)
    yield made
    made.close()


def test_model_is_fetched_once_for_many_requests(store, objects):
    models = [store.get(URI) for _ in range(5)]

    assert all(model is models[0] for model in models)
    assert objects.fetches == [URI]


def test_eight_threads_fetch_once(store, objects):
    objects.gate.clear()
    barrier = threading.Barrier(9)

    def ask():
        barrier.wait(timeout=30)
        return store.get(URI)

    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(ask) for _ in range(8)]
        barrier.wait(timeout=30)
        objects.gate.set()
        models = [future.result(timeout=30) for future in asked]

    assert all(model is models[0] for model in models)
    assert objects.fetches == [URI]


def test_least_recently_used_model_leaves_first(store, objects):
    for uri in (URI, OTHER, URI, THIRD):
        store.get(uri)

    assert store.uris() == [URI, THIRD]


def test_model_that_left_is_fetched_again(store, objects):
    for uri in (URI, OTHER, THIRD, URI):
        store.get(uri)

    assert objects.fetches == [URI, OTHER, THIRD, URI]


def test_confirmed_model_costs_no_question_until_its_time_is_over(store, objects, clock):
    first = store.get(URI)
    clock.now = 59.9
    store.get(URI)
    clock.now = 60.0

    again = store.get(URI)

    assert again is first
    assert (len(objects.fetches), objects.bodies_sent) == (2, 1)


def test_unchanged_model_is_confirmed_for_another_period(store, objects, clock):
    store.get(URI)
    clock.now = 60.0
    store.get(URI)
    clock.now = 119.9

    store.get(URI)

    assert len(objects.fetches) == 2


def test_model_replaced_under_its_uri_is_noticed_after_the_period(store, objects, clock):
    first = store.get(URI)
    objects.put(URI, make_model_archive(weights_seed=7))
    clock.now = 59.0
    within = store.get(URI)
    clock.now = 61.0

    after = store.get(URI)

    assert within is first
    assert after.manifest.graph_sha256 != first.manifest.graph_sha256


def test_known_model_goes_on_while_s3_is_away(store, objects, clock):
    first = store.get(URI)
    objects.failure = ModelUnavailable("S3 did not answer")
    clock.now = 61.0

    assert store.get(URI) is first


@pytest.mark.parametrize("fault", [ModelNotFound("gone"), ModelForbidden("not allowed")])
def test_model_that_s3_denies_is_forgotten(store, objects, clock, fault):
    store.get(URI)
    objects.failure = fault
    clock.now = 61.0

    with pytest.raises(type(fault), match=str(fault)):
        store.get(URI)
    assert store.uris() == []


def test_fault_is_not_remembered(store, objects):
    objects.failure = ModelUnavailable("S3 did not answer")
    with pytest.raises(ModelUnavailable, match="did not answer"):
        store.get(URI)
    objects.failure = None

    assert store.get(URI).manifest.steps == 16


def test_corrupt_archive_is_refused_and_not_kept(store, objects):
    objects.put(URI, b"no archive")

    with pytest.raises(CorruptModel, match=r"not a tar\.gz archive"):
        store.get(URI)
    assert store.uris() == []


def test_uri_that_names_no_object_is_refused_without_a_fetch(store, objects):
    with pytest.raises(InvalidRequest, match="not an S3 object URI"):
        store.get("https://example.com/model.tar.gz")
    assert objects.fetches == []
