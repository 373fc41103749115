"""One local cloud for the whole suite: the real template, the real code, permissions enforced."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from corpus.build import build
from corpus.publish import publish
from localcloud.cloud import Deployment, LocalCloud, start_local_cloud

CACHE = Path(__file__).parents[2] / ".cache" / "corpus"
PASSWORD = "Chorale-Preludes-1717"

# A training that is over in seconds: few pieces, one epoch.
SMALL = {
    "name": "Small",
    "technique": "unet-gan",
    "dataset": "bach",
    "filterTags": {"key": "C minor"},
    "hyperparameters": {"epochs": 1, "warmupEpochs": 0, "seed": 1},
}
# One that lasts until somebody ends it.
LONG = SMALL | {"name": "Long", "hyperparameters": {"epochs": 500, "warmupEpochs": 0, "seed": 1}}


class Person:
    """Someone signed in, with what they do again and again."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def get(self, path: str) -> dict[str, Any]:
        answer = self.http.get(path)
        assert answer.status_code == 200, answer.text
        document = answer.json()
        assert isinstance(document, dict)
        return document

    def post(self, path: str, body: object, status: int) -> dict[str, Any]:
        answer = self.http.post(path, json=body)
        assert answer.status_code == status, answer.text
        document = answer.json()
        assert isinstance(document, dict)
        return document

    def train(self, body: object) -> dict[str, Any]:
        return self.post("/training-jobs", body, 202)

    def wait_for_job(
        self, job: dict[str, Any], done: Callable[[dict[str, Any]], bool], timeout_seconds: float = 120
    ) -> dict[str, Any]:
        return wait_for(lambda: self.get(f"/training-jobs/{job['jobId']}"), done, timeout_seconds)

    def wait_for_end(self, job: dict[str, Any], timeout_seconds: float = 180) -> dict[str, Any]:
        return self.wait_for_job(job, has_ended, timeout_seconds)

    def wait_for_composition(self, composition: dict[str, Any]) -> dict[str, Any]:
        path = f"/compositions/{composition['compositionId']}"
        return wait_for(lambda: self.get(path), lambda it: it["status"] in ("COMPLETED", "FAILED"), 90)


def has_ended(job: dict[str, Any]) -> bool:
    return job["status"] in ("COMPLETED", "FAILED", "STOPPED")


def wait_for(
    read: Callable[[], dict[str, Any]], done: Callable[[dict[str, Any]], bool], timeout_seconds: float
) -> dict[str, Any]:
    """Reads until it is done; what was read last is in the error when it never is."""
    deadline = time.monotonic() + timeout_seconds
    while True:
        seen = read()
        if done(seen):
            return seen
        assert time.monotonic() < deadline, f"not done after {timeout_seconds} s: {seen}"
        time.sleep(0.3)


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    with start_local_cloud(tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture(scope="session")
def deployment(cloud: LocalCloud) -> Deployment:
    deployed = cloud.deploy()
    build(CACHE, lambda line: None)
    publish(cloud.session(), deployed.table_name, deployed.library_bucket, CACHE, cloud.endpoint_url)
    return deployed


def sign_in(cloud: LocalCloud, deployment: Deployment, email: str) -> Person:
    cloud.create_user(deployment, email, PASSWORD)
    token = cloud.sign_in(deployment, email, PASSWORD)
    return Person(
        httpx.Client(
            base_url=deployment.api_url.rstrip("/"),
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        )
    )


@pytest.fixture(scope="session")
def anna(cloud: LocalCloud, deployment: Deployment) -> Iterator[Person]:
    person = sign_in(cloud, deployment, "anna@example.com")
    yield person
    person.http.close()


@pytest.fixture(scope="session")
def barbara(cloud: LocalCloud, deployment: Deployment) -> Iterator[Person]:
    person = sign_in(cloud, deployment, "barbara@example.com")
    yield person
    person.http.close()


@pytest.fixture(scope="session")
def trained(anna: Person) -> dict[str, Any]:
    """A job of Anna's that has completed, and with it a model."""
    job = anna.wait_for_end(anna.train(SMALL))
    assert job["status"] == "COMPLETED", job
    return job
