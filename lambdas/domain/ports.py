"""What the domain needs from outside, as protocols. Adapters and the tests' fakes both satisfy them.

Every method may raise `Unavailable` (a retry helps) and `AccessDenied` (our role lacks a permission).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lambdas.domain.compositions import Accompaniment, Composition
from lambdas.domain.library import ModelCard, Piece, TrainedModel
from lambdas.domain.rows import Page, PageRequest, R
from lambdas.domain.training_jobs import TrainingJob
from lambdas.domain.training_reports import MetricsRecord

Clock = Callable[[], datetime]


class Rows(Protocol[R]):
    """Rows of one kind."""

    def add(self, row: R) -> None:
        """Writes a new row. Raises `Conflict` when its id is taken."""

    def get(self, owner: str, row_id: str) -> R:
        """Raises `NotFound`, also for another owner's row."""

    def save(self, row: R) -> R:
        """Replaces the row as it was read, and returns it with its new version.

        Raises `Conflict` (code `row-changed`) when someone saved or removed it since.
        """

    def remove(self, row: R) -> None:
        """Removes the row as it was read. Raises `Conflict` like `save`."""

    def list(self, owner: str, request: PageRequest) -> Page[R]:
        """A page of the owner's rows, by id."""


class Registry(Protocol):
    """Where a training's end is written."""

    def register(self, model: TrainedModel, job: TrainingJob) -> None:
        """Writes the model and saves the job, both or neither. Raises `Conflict` like `Rows.save`."""


class Catalogs(Protocol):
    """The datasets' catalogs."""

    def read(self, dataset_id: str) -> tuple[Piece, ...]:
        """Every piece. Raises `NotFound`, or `CorruptArtifact` when it cannot be read."""


class TrainingInputs(Protocol):
    """Where the list of a job's training pieces is left for the training service."""

    def write(self, job: TrainingJob, pieces: tuple[Piece, ...]) -> None: ...


class Executions(Protocol):
    """The state machine."""

    def training_job_name(self, job: TrainingJob) -> str:
        """The name under which the training service knows the job."""

    def start(self, job: TrainingJob) -> None:
        """Starts the job's execution; a second start of the same job does nothing."""


class Trainings(Protocol):
    """The training service."""

    def stop(self, training_job_name: str) -> None:
        """Asks it to stop. Raises `NotFound` when there is nothing to stop: not there yet, or over."""


@dataclass(frozen=True)
class SampleLink:
    """Where a MIDI sampled in training can be fetched for a while."""

    epoch: int
    url: str
    expires_in_seconds: int


class ProgressFiles(Protocol):
    """What a training leaves while it runs."""

    def metrics(self, job_id: str) -> tuple[MetricsRecord, ...]:
        """Every whole line; none before the first. Raises `CorruptArtifact`."""

    def samples(self, job_id: str) -> tuple[SampleLink, ...]:
        """One link per sampled epoch, in order."""


class ModelArchives(Protocol):
    """The archives that trainings leave."""

    def read_card(self, job_id: str, training_job_name: str) -> ModelCard | None:
        """What the archive says about its model; none when there is no archive or it is empty.

        Raises `CorruptArtifact` when it holds anything but a whole model.
        """


class Composer(Protocol):
    """The endpoint that hosts every model."""

    def compose(self, composition: Composition) -> Accompaniment:
        """Raises `InvalidRequest` when the melody is refused, `CorruptArtifact` when the model cannot be
        used, `Unavailable` when the endpoint is cold, slow, busy, failing or absent."""


class MidiFiles(Protocol):
    """The finished compositions."""

    def put(self, composition: Composition, midi: bytes) -> None: ...

    def get(self, composition: Composition) -> bytes:
        """Raises `NotFound`."""
