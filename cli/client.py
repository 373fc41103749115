"""The REST API as typed calls: contract models in, contract models out.

Knows paths, pages, `Retry-After` and problem bodies; refuses to know terminals. Reading is repeated when the
service is busy, writing never is. Fields that a newer service adds are ignored.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

import httpx
from pydantic import ValidationError

from cli.errors import ApiProblemError, NotReachableError, NotSignedInError
from contract.base import WireModel
from contract.composition import Composition, CompositionRequest
from contract.dataset import Dataset, DatasetList
from contract.hyperparameters import TechniqueDescription, TechniqueList
from contract.inference import MIDI
from contract.melody import MelodyList, SampleMelody
from contract.metrics import MetricPoint, MetricsAnswer
from contract.model import Model, ModelList
from contract.problems import Problem
from contract.training import (
    TrainingJob,
    TrainingJobList,
    TrainingJobRequest,
    TrainingSample,
    TrainingSampleList,
)

PAGE_SIZE = 100
READ_ATTEMPTS = 4
BUSY = frozenset({429, 502, 503, 504})
DEFAULT_RETRY_SECONDS = 2.0
LONGEST_RETRY_SECONDS = 60.0
TIMEOUT = httpx.Timeout(45.0, connect=5.0)  # API Gateway gives up after 29 s

Answer = TypeVar("Answer", bound=WireModel)


class TokenSource(Protocol):
    """Where the ID token comes from."""

    def token(self) -> str: ...

    def renew(self) -> bool:
        """Fetches another one after a refusal; false when there is no way to."""
        ...


AnyPage = TypeVar("AnyPage", TrainingJobList, ModelList, DatasetList, MelodyList)


class ApiClient:
    """One person's view of one deployment. A context manager."""

    def __init__(
        self, api_url: str, tokens: TokenSource, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.api_url = api_url.rstrip("/")
        self._tokens = tokens
        self._sleep = sleep
        self._http = httpx.Client(timeout=TIMEOUT)

    def __enter__(self) -> ApiClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    # Training

    def train(self, request: TrainingJobRequest) -> TrainingJob:
        return self._post("/training-jobs", request, TrainingJob)

    def job(self, job_id: str) -> tuple[TrainingJob, float]:
        """The job, and in how many seconds to ask again."""
        answer = self._get(f"/training-jobs/{job_id}")
        return _decode(answer, TrainingJob), retry_seconds(answer)

    def jobs(self, limit: int) -> list[TrainingJob]:
        """The newest jobs, at most `limit`."""
        found: list[TrainingJob] = []
        for page in self._pages("/training-jobs", TrainingJobList, min(limit, PAGE_SIZE)):
            found += page.items
            if len(found) >= limit:
                break
        return found[:limit]

    def stop(self, job_id: str) -> TrainingJob:
        return self._post(f"/training-jobs/{job_id}/stop", None, TrainingJob)

    def metrics(self, job_id: str, after: int | None = None) -> MetricsAnswer:
        """Points after `after`; all of them without it. Follows the pages until nothing is new."""
        points: list[MetricPoint] = []
        cursor = after
        while True:
            query = {} if cursor is None else {"after": str(cursor)}
            answer = _decode(self._get(f"/training-jobs/{job_id}/metrics", query), MetricsAnswer)
            points += answer.items
            if not answer.items or answer.next_after == cursor:
                return answer.model_copy(update={"items": points})
            cursor = answer.next_after

    def samples(self, job_id: str) -> list[TrainingSample]:
        return _decode(self._get(f"/training-jobs/{job_id}/samples"), TrainingSampleList).items

    def fetch_sample(self, sample: TrainingSample) -> bytes:
        """The MIDI of a sample; its address is presigned, so no token goes along."""
        try:
            answer = self._http.get(sample.url)
        except httpx.TransportError as error:
            raise NotReachableError(sample.url.partition("?")[0], str(error), hint="") from error
        if answer.is_error:
            raise ApiProblemError(
                answer.status_code, f"the sample could not be fetched ({answer.status_code})"
            )
        return answer.content

    # Composing

    def compose(self, request: CompositionRequest) -> tuple[Composition, float]:
        """The composition, finished (201) or accepted (202), and in how many seconds to ask for it."""
        answer = self._send("POST", "/compositions", body=request.to_json())
        return _decode(answer, Composition), retry_seconds(answer)

    def composition(self, composition_id: str) -> tuple[Composition, float]:
        answer = self._get(f"/compositions/{composition_id}")
        return _decode(answer, Composition), retry_seconds(answer)

    def composition_midi(self, composition_id: str) -> bytes:
        return self._get(f"/compositions/{composition_id}/midi", accept=MIDI).content

    # What there is to choose from

    def models(self) -> list[Model]:
        return [item for page in self._pages("/models", ModelList) for item in page.items]

    def model(self, model_id: str) -> Model:
        return _decode(self._get(f"/models/{model_id}"), Model)

    def datasets(self) -> list[Dataset]:
        return [item for page in self._pages("/datasets", DatasetList) for item in page.items]

    def melodies(self) -> list[SampleMelody]:
        return [item for page in self._pages("/melodies", MelodyList) for item in page.items]

    def techniques(self) -> list[TechniqueDescription]:
        return _decode(self._get("/techniques"), TechniqueList).items

    # The wire

    def _pages(self, path: str, kind: type[AnyPage], size: int = PAGE_SIZE) -> Iterator[AnyPage]:
        query = {"pageSize": str(size)}
        while True:
            page = _decode(self._get(path, query), kind)
            yield page
            if page.next_page_token is None:
                return
            query["pageToken"] = page.next_page_token

    def _get(
        self, path: str, query: dict[str, str] | None = None, accept: str = "application/json"
    ) -> httpx.Response:
        for _ in range(READ_ATTEMPTS - 1):
            answer = self._request("GET", path, query, accept=accept)
            if answer.status_code not in BUSY:
                return _checked(answer)
            self._sleep(retry_seconds(answer))
        return self._send("GET", path, query, accept=accept)

    def _post(self, path: str, body: WireModel | None, kind: type[Answer]) -> Answer:
        return _decode(self._send("POST", path, body=None if body is None else body.to_json()), kind)

    def _send(
        self,
        method: str,
        path: str,
        query: dict[str, str] | None = None,
        *,
        body: str | None = None,
        accept: str = "application/json",
    ) -> httpx.Response:
        return _checked(self._request(method, path, query, body=body, accept=accept))

    def _request(
        self,
        method: str,
        path: str,
        query: dict[str, str] | None = None,
        *,
        body: str | None = None,
        accept: str = "application/json",
    ) -> httpx.Response:
        """One call, signed; once more with another token when the first one is refused."""
        answer = self._call(method, path, query, body, accept)
        if answer.status_code == httpx.codes.UNAUTHORIZED and self._tokens.renew():
            answer = self._call(method, path, query, body, accept)
        return answer

    def _call(
        self, method: str, path: str, query: dict[str, str] | None, body: str | None, accept: str
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._tokens.token()}", "Accept": accept}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            return self._http.request(
                method, f"{self.api_url}{path}", params=query, content=body, headers=headers
            )
        except (httpx.TransportError, httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise NotReachableError(self.api_url, str(error) or type(error).__name__) from error


def retry_seconds(answer: httpx.Response) -> float:
    """`Retry-After` in seconds, held between 0 and a minute; without one, two seconds."""
    try:
        asked = float(answer.headers.get("Retry-After", DEFAULT_RETRY_SECONDS))
    except ValueError:  # a date: legal, but none of ours sends it
        asked = DEFAULT_RETRY_SECONDS
    if math.isnan(asked):
        asked = DEFAULT_RETRY_SECONDS
    return min(max(asked, 0.0), LONGEST_RETRY_SECONDS)


def _checked(answer: httpx.Response) -> httpx.Response:
    """The answer when it is no error. Raises `NotSignedInError` or `ApiProblemError`."""
    if not answer.is_error:
        return answer
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        raise NotSignedInError("The API does not take this token (401): it is missing, wrong or has expired.")
    try:
        problem = Problem.model_validate_json(answer.content, extra="ignore")
    except ValidationError:
        raise ApiProblemError(
            answer.status_code,
            f"The API answered {answer.status_code} {answer.reason_phrase}",
            lines=answer.text[:500].splitlines()[:5],
        ) from None
    raise ApiProblemError.of_problem(problem)


def _decode(answer: httpx.Response, kind: type[Answer]) -> Answer:
    try:
        return kind.model_validate_json(answer.content, extra="ignore")
    except ValidationError as error:
        raise ApiProblemError(
            answer.status_code,
            f"{answer.request.url} answered with something that is no {kind.__name__}",
            lines=str(error).splitlines()[:3],
        ) from error
