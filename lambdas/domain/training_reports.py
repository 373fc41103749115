"""What the training service and the training itself report, and what a lap of the state machine makes of it.

`follow` decides and touches nothing. Statuses that nobody has heard of mean "still going".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from lambdas.domain.failure_sentences import explain_error, first_sentence, is_denied
from lambdas.domain.library import MetricValue
from lambdas.domain.training_jobs import (
    Failure,
    FailureCode,
    JobStatus,
    Progress,
    TrainingJob,
    Transition,
)

# Secondary statuses of a training that was cut short by its own limits.
RUNTIME_EXCEEDED = frozenset({"MaxRuntimeExceeded", "MaxWaitTimeExceeded"})
COMPLETED = "Completed"
SHORTEST_WAIT_SECONDS = 5
LONGEST_WAIT_SECONDS = 60


class Verdict(StrEnum):
    """What the state machine does next."""

    CONTINUE = "CONTINUE"
    REGISTER = "REGISTER"
    ENDED = "ENDED"


@dataclass(frozen=True)
class TrainingReport:
    """The training service's description of a training job."""

    status: str
    secondary_status: str | None = None
    transitions: tuple[Transition, ...] = ()
    failure_reason: str | None = None
    started_at: datetime | None = None

    @property
    def can_be_stopped(self) -> bool:
        return self.status == "InProgress"


@dataclass(frozen=True)
class TrackingError:
    """The state machine could not create, follow or register the training."""

    error: str
    cause: str


@dataclass(frozen=True)
class MetricsRecord:
    """One line of the training's metrics; a reference line holds the training set's own values."""

    seq: int
    epoch: int
    epochs: int
    values: tuple[MetricValue, ...]
    is_reference: bool = False
    seconds_left: float | None = None


@dataclass(frozen=True)
class Lap:
    """The job after a lap, what comes next, and whether the training must be told to stop."""

    job: TrainingJob
    verdict: Verdict
    wait_seconds: int = SHORTEST_WAIT_SECONDS
    stop_training: bool = False


def follow(
    job: TrainingJob, report: TrainingReport, records: tuple[MetricsRecord, ...], now: datetime
) -> Lap:
    """The job as the report and the newest metrics tell it."""
    if job.has_ended:
        return Lap(job, Verdict.ENDED, stop_training=report.can_be_stopped)
    updated = _merge(job, report, records)
    if updated != job:
        updated = replace(updated, updated_at=now)
    if report.status in ("Completed", "Stopped"):
        return Lap(updated, Verdict.REGISTER)
    if report.status == "Failed":
        return Lap(updated.fail(_failure(report), now), Verdict.ENDED)
    return Lap(
        updated,
        Verdict.CONTINUE,
        wait_seconds=_wait_seconds(updated, now),
        stop_training=updated.stop_requested and report.can_be_stopped,
    )


def follow_error(job: TrainingJob, error: TrackingError, now: datetime) -> Lap:
    """The job after its state machine gave up; a training that may still run is told to stop."""
    if job.has_ended:
        return Lap(job, Verdict.ENDED, stop_training=job.training_job_name is not None)
    failure = Failure(_error_code(job, error), explain_error(error.error, error.cause))
    return Lap(job.fail(failure, now), Verdict.ENDED, stop_training=job.has_trained)


def _merge(job: TrainingJob, report: TrainingReport, records: tuple[MetricsRecord, ...]) -> TrainingJob:
    epochs = [record for record in records if not record.is_reference]
    newest = epochs[-1] if epochs else None
    return replace(
        job,
        status=JobStatus.RUNNING if job.status is JobStatus.QUEUED else job.status,
        secondary_status=report.secondary_status or report.status,
        transitions=report.transitions or job.transitions,
        started_at=job.started_at or report.started_at,
        progress=_progress(newest) if newest else job.progress,
        latest_metrics=_latest_metrics(newest) if newest else job.latest_metrics,
    )


def _progress(newest: MetricsRecord) -> Progress:
    return Progress(newest.epoch, newest.epochs, newest.seconds_left)


def _latest_metrics(newest: MetricsRecord) -> Mapping[str, float]:
    return {
        value.name if value.track is None else f"{value.name}/{value.track}": value.value
        for value in newest.values
    }


def _failure(report: TrainingReport) -> Failure:
    if report.secondary_status in RUNTIME_EXCEEDED:
        return runtime_exceeded()
    return Failure(FailureCode.TRAINING_FAILED, first_sentence(report.failure_reason))


def runtime_exceeded() -> Failure:
    return Failure(FailureCode.RUNTIME_EXCEEDED, "The training ran into its time limit before it was done.")


def _error_code(job: TrainingJob, error: TrackingError) -> FailureCode:
    if is_denied(error.error, error.cause):
        return FailureCode.PERMISSION_DENIED
    return FailureCode.COULD_NOT_FINISH if job.has_trained else FailureCode.COULD_NOT_START


def _wait_seconds(job: TrainingJob, now: datetime) -> int:
    """Short while the job is young or is to stop, then a twentieth of its age, at most a minute."""
    if job.stop_requested:
        return SHORTEST_WAIT_SECONDS
    age_seconds = (now - (job.started_at or job.created_at)).total_seconds()
    return int(min(LONGEST_WAIT_SECONDS, max(SHORTEST_WAIT_SECONDS, age_seconds / 20)))
