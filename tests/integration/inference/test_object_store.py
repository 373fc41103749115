"""The object store on S3 (moto), held to the same promises as the fake that unit tests use."""

from __future__ import annotations

import threading
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from contract.object_keys import from_uri
from inference_container.errors import CorruptModel, ModelForbidden, ModelNotFound, ModelUnavailable
from inference_container.object_store import LazyS3Client, S3ObjectStore
from tests.unit.inference.builders import FakeObjectStore

URI = "s3://artifacts/models/job-1/model.tar.gz"


class OnS3:
    """The real adapter over a bucket."""

    def __init__(self, client):
        client.create_bucket(Bucket="artifacts")
        self._client = client
        self.store = S3ObjectStore(lambda: client)

    def put(self, uri, body):
        location = from_uri(uri)
        self._client.put_object(Bucket=location.bucket, Key=location.key, Body=body)


class InMemory:
    def __init__(self):
        self.store = FakeObjectStore()

    def put(self, uri, body):
        self.store.put(uri, body)


@pytest.fixture
def credentials(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)


@pytest.fixture(params=["s3", "fake"])
def objects(request, credentials):
    if request.param == "fake":
        yield InMemory()
        return
    with mock_aws():
        yield OnS3(boto3.client("s3"))


def fetch(objects, uri=URI, known_etag=None, max_bytes=100):
    return objects.store.fetch(from_uri(uri), known_etag, max_bytes)


def test_fetches_the_whole_object(objects):
    objects.put(URI, b"x" * 100)

    assert fetch(objects).body == b"x" * 100


def test_known_version_is_not_sent_again(objects):
    objects.put(URI, b"first")
    first = fetch(objects)

    assert fetch(objects, known_etag=first.etag) is None


def test_new_version_is_sent_with_its_own_etag(objects):
    objects.put(URI, b"first")
    first = fetch(objects)
    objects.put(URI, b"second")

    second = fetch(objects, known_etag=first.etag)

    assert second.body == b"second"
    assert second.etag != first.etag


@pytest.mark.parametrize(
    "uri", ["s3://artifacts/models/none", "s3://no-such-bucket/models/job-1/model.tar.gz"]
)
def test_absent_object_is_not_found(objects, uri):
    with pytest.raises(ModelNotFound, match=f"there is no model at {uri}"):
        fetch(objects, uri)


def test_object_beyond_the_limit_is_refused(objects):
    objects.put(URI, b"x" * 101)

    with pytest.raises(CorruptModel, match="larger than 100 bytes"):
        fetch(objects)


def test_illegal_bucket_name_is_not_found(credentials):
    store = S3ObjectStore(LazyS3Client())

    with pytest.raises(ModelNotFound, match="no legal name"):
        store.fetch(from_uri("s3://Not_A!Bucket/x"), None, 100)


@mock_aws
def test_denied_object_names_the_missing_action(credentials):
    client: Any = boto3.client("s3")  # Any: the stubs know no event handler that answers
    client.meta.events.register(
        "before-call.s3.GetObject", lambda **_: (_answer(403), {"Error": {"Code": "AccessDenied"}})
    )

    with pytest.raises(ModelForbidden, match=f"may not do s3:GetObject on {URI}"):
        S3ObjectStore(lambda: client).fetch(from_uri(URI), None, 100)


@mock_aws
def test_throttled_s3_is_unavailable(credentials):
    client: Any = boto3.client("s3")  # Any: the stubs know no event handler that answers
    client.meta.events.register(
        "before-call.s3.GetObject", lambda **_: (_answer(503), {"Error": {"Code": "SlowDown"}})
    )

    with pytest.raises(ModelUnavailable, match="SlowDown"):
        S3ObjectStore(lambda: client).fetch(from_uri(URI), None, 100)


def test_unreachable_s3_is_unavailable(credentials, unused_port):
    at_once = Config(retries={"total_max_attempts": 1})
    client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{unused_port}", config=at_once)

    with pytest.raises(ModelUnavailable, match="EndpointConnectionError"):
        S3ObjectStore(lambda: client).fetch(from_uri(URI), None, 100)


def test_client_is_made_once_however_many_threads_ask_first(credentials):
    lazy, made = LazyS3Client(), []
    threads = [threading.Thread(target=lambda: made.append(lazy())) for _ in range(4)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert len(made) == 4
    assert len(set(map(id, made))) == 1


class _answer:  # noqa: N801 -- reads as a call
    """A raw HTTP answer, as far as botocore looks at it."""

    def __init__(self, status):
        self.status_code = status
        self.headers = {}
