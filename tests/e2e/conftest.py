"""One local cloud for the whole suite: the real template, the real code, permissions enforced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from corpus.build import build
from corpus.publish import publish
from localcloud.cloud import LocalCloud, start_local_cloud
from localcloud.deployment import Deployment
from tests.e2e.people import SMALL, Person

CACHE = Path(__file__).parents[2] / ".cache" / "corpus"
PASSWORD = "Chorale-Preludes-1717"


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


@pytest.fixture
def fetch() -> Callable[[str], bytes]:
    """Reads a presigned link as anyone who holds it can: without a token."""

    def read(url: str) -> bytes:
        answer = httpx.get(url, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.content

    return read
