"""A training job as the REST API takes and shows it.

A job is QUEUED when its row is written, RUNNING once its state machine has started, STOPPING when a
person asked it to stop, and ends COMPLETED, FAILED or STOPPED. COMPLETED means that its model is there.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from contract.base import WireModel
from contract.hyperparameters import Technique

Name = Annotated[str, Field(min_length=1, max_length=100)]
FilterTags = Annotated[dict[str, str], Field(max_length=10)]


class JobStatus(StrEnum):
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    STOPPING = "STOPPING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    STOPPED = "STOPPED"


ENDED = frozenset({JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.STOPPED})


class TrainingJobRequest(WireModel):
    """The body of `POST /training-jobs`. Hyperparameters left out take their defaults."""

    name: Name
    technique: Technique = Technique.UNET_GAN
    dataset: Annotated[str, Field(min_length=1, max_length=64)]
    filter_tags: FilterTags = {}
    hyperparameters: dict[str, int | float] = {}


class Transition(WireModel):
    """A secondary status as SageMaker reported it, and when it began."""

    status: str
    message: str = ""
    started_at: str


class Progress(WireModel):
    """How far the training is; `seconds_left` is an estimate."""

    epoch: int
    epochs: int
    seconds_left: float | None = None


class JobFailure(WireModel):
    """Why a job failed: a stable code, and the first sentence of the part that failed."""

    code: str
    message: str


class TrainingJob(WireModel):
    """A training job as it stands."""

    job_id: str
    name: str
    technique: Technique
    dataset: str
    filter_tags: dict[str, str]
    hyperparameters: dict[str, int | float]
    status: JobStatus
    secondary_status: str | None = None
    transitions: list[Transition] = []
    progress: Progress | None = None
    latest_metrics: dict[str, float] = {}
    failure: JobFailure | None = None
    model_id: str | None = None
    created_at: str
    updated_at: str
    started_at: str | None = None
    ended_at: str | None = None
    links: dict[str, str] = {}


class TrainingJobList(WireModel):
    items: list[TrainingJob]
    next_page_token: str | None = None


class TrainingSample(WireModel):
    """A MIDI that the model in training wrote at an epoch; `url` is presigned and expires."""

    epoch: int
    url: str
    expires_in_seconds: int


class TrainingSampleList(WireModel):
    items: list[TrainingSample]
