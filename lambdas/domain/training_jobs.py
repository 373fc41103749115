"""A training job and its transitions.

QUEUED → RUNNING → COMPLETED | FAILED | STOPPED, with STOPPING on the way once a person asked for it.
An ended job never changes again: every transition here refuses or returns it as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from lambdas.domain.errors import Conflict
from lambdas.domain.rows import Row


class JobStatus(StrEnum):
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    STOPPING = "STOPPING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    STOPPED = "STOPPED"


class FailureCode(StrEnum):
    """Why a job or a composition failed; clients may switch on these."""

    NO_MATCHING_PIECES = "no-matching-pieces"
    CORRUPT_DATASET = "corrupt-dataset"
    PERMISSION_DENIED = "permission-denied"
    COULD_NOT_START = "could-not-start"
    COULD_NOT_FINISH = "could-not-finish"
    TRAINING_FAILED = "training-failed"
    RUNTIME_EXCEEDED = "runtime-exceeded"
    CORRUPT_MODEL = "corrupt-model"
    COMPOSITION_REFUSED = "composition-refused"


@dataclass(frozen=True)
class Failure:
    """A stable code, and a sentence for people."""

    code: FailureCode
    message: str


@dataclass(frozen=True)
class Transition:
    """A secondary status as the training service reported it."""

    status: str
    message: str
    started_at: datetime


@dataclass(frozen=True)
class Progress:
    """How far training is; `seconds_left` is an estimate."""

    epoch: int
    epochs: int
    seconds_left: float | None = None


@dataclass(frozen=True, kw_only=True)
class TrainingJob(Row):
    """A training job as it stands."""

    job_id: str
    name: str
    technique: str
    dataset: str
    filter_tags: Mapping[str, str]
    hyperparameters: Mapping[str, int | float]
    status: JobStatus = JobStatus.QUEUED
    stop_requested: bool = False
    training_job_name: str | None = None
    secondary_status: str | None = None
    transitions: tuple[Transition, ...] = ()
    progress: Progress | None = None
    latest_metrics: Mapping[str, float] = field(default_factory=dict)
    failure: Failure | None = None
    model_id: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def row_id(self) -> str:
        return self.job_id

    @property
    def has_ended(self) -> bool:
        return self.status in (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.STOPPED)

    @property
    def has_trained(self) -> bool:
        """Whether the training service has ever reported on it."""
        return self.secondary_status is not None

    def start(self, training_job_name: str, now: datetime) -> TrainingJob:
        """Its state machine runs. A job that is to stop stays STOPPING; the next lap stops it."""
        if self.has_ended or self.training_job_name is not None:
            return self
        status = JobStatus.RUNNING if self.status is JobStatus.QUEUED else self.status
        return replace(self, status=status, training_job_name=training_job_name, updated_at=now)

    def request_stop(self, now: datetime) -> TrainingJob:
        """A person wants it to end. Asked twice, nothing changes. Raises `Conflict` once it has ended."""
        if self.has_ended:
            raise Conflict("job-ended", f"the training job has ended: it is {self.status}")
        if self.stop_requested:
            return self
        return replace(self, status=JobStatus.STOPPING, stop_requested=True, updated_at=now)

    def complete(self, model_id: str, now: datetime) -> TrainingJob:
        return self._end(JobStatus.COMPLETED, now, model_id=model_id)

    def stop(self, now: datetime, model_id: str | None = None) -> TrainingJob:
        return self._end(JobStatus.STOPPED, now, model_id=model_id)

    def fail(self, failure: Failure, now: datetime, model_id: str | None = None) -> TrainingJob:
        return self._end(JobStatus.FAILED, now, failure=failure, model_id=model_id)

    def _end(
        self, status: JobStatus, now: datetime, *, failure: Failure | None = None, model_id: str | None = None
    ) -> TrainingJob:
        if self.has_ended:
            return self
        return replace(self, status=status, failure=failure, model_id=model_id, ended_at=now, updated_at=now)
