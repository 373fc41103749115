"""People who use the API, and what they do again and again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx

# A training that is over in seconds: few pieces, one epoch.
SMALL: dict[str, Any] = {
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

    def compose(self, body: object) -> bytes:
        """The MIDI of a new composition, whether it was made at once or queued."""
        done = self.wait_for_composition(self.http.post("/compositions", json=body).json())
        assert done["status"] == "COMPLETED", done
        answer = self.http.get(done["links"]["midi"], headers={"Accept": "audio/midi"})
        assert answer.status_code == 200, answer.text
        return answer.content


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
