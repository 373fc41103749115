"""The items of the one DynamoDB table. The owner is in the key of every row.

`pk` is the owner, `sk` the kind and the id. Ids grow with time, so a query backwards lists newest first.
`version` counts changes: every update is conditional on the version that it read.
The stream's filters select on `kind` and `status`; both names are wire format.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from enum import StrEnum
from typing import Literal, Self

from contract.base import WireModel
from contract.composition import CompositionStatus, TrackSummary
from contract.hyperparameters import Technique
from contract.melody import MelodyBody
from contract.metrics import MetricValue
from contract.training import JobFailure, JobStatus, Progress, Transition

PARTITION_KEY = "pk"
SORT_KEY = "sk"
EXPIRES_AT = "expiresAt"  # the table's TTL attribute, epoch seconds
SHARED_OWNER = "shared"

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32, in ASCII order


class Kind(StrEnum):
    """What a row is; also the prefix of its sort key."""

    TRAINING_JOB = "job"
    COMPOSITION = "composition"
    MODEL = "model"
    DATASET = "dataset"
    MELODY = "melody"


def owner_key(owner: str) -> str:
    return f"owner#{owner}"


def owner_of_key(pk: str) -> str:
    return pk.removeprefix("owner#")


def row_key(kind: Kind, row_id: str) -> str:
    return f"{kind}#{row_id}"


def make_id(kind: Kind) -> str:
    """A new id: the kind, then 48 bits of milliseconds and 80 random bits in base 32, as a ULID has them."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return f"{kind}-" + "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


class TableItem(WireModel):
    """What every row has. `pk` and `sk` are derived on writing, see `to_item`."""

    owner: str
    version: int = 1
    created_at: str
    updated_at: str
    expires_at: int | None = None

    def to_item(self) -> dict[str, object]:
        """The row as plain JSON types, keys included."""
        return {PARTITION_KEY: owner_key(self.owner), SORT_KEY: self._sort_key(), **self.to_wire()}

    @classmethod
    def from_item(cls, item: Mapping[str, object]) -> Self:
        """The inverse of `to_item`. Raises `ValueError` when the item is no such row."""
        return cls.model_validate(
            {name: item[name] for name in item if name not in (PARTITION_KEY, SORT_KEY)}
        )

    def _sort_key(self) -> str:
        raise NotImplementedError


class TrainingJobItem(TableItem):
    """A training job. `execution_started` guards against a second start of the state machine."""

    kind: Literal[Kind.TRAINING_JOB] = Kind.TRAINING_JOB
    job_id: str
    name: str
    technique: Technique
    dataset: str
    filter_tags: dict[str, str] = {}
    hyperparameters: dict[str, int | float]
    status: JobStatus
    stop_requested: bool = False
    training_job_name: str | None = None
    secondary_status: str | None = None
    transitions: list[Transition] = []
    progress: Progress | None = None
    latest_metrics: dict[str, float] = {}
    failure: JobFailure | None = None
    model_id: str | None = None
    started_at: str | None = None
    ended_at: str | None = None

    def _sort_key(self) -> str:
        return row_key(self.kind, self.job_id)


class CompositionItem(TableItem):
    """A composition; the melody is kept so that a queued one can be made later."""

    kind: Literal[Kind.COMPOSITION] = Kind.COMPOSITION
    composition_id: str
    name: str
    model_id: str
    model_uri: str
    status: CompositionStatus
    melody: MelodyBody | None = None
    midi: str | None = None  # base64, as sent
    seed: int
    creativity: float
    tempo_bpm: float | None = None
    steps: int | None = None
    tracks: list[TrackSummary] = []
    midi_sha256: str | None = None
    lease_expires_at: int | None = None  # epoch seconds, while COMPOSING
    attempts: int = 0
    failure: JobFailure | None = None

    def _sort_key(self) -> str:
        return row_key(self.kind, self.composition_id)


class ModelItem(TableItem):
    """A model that can compose; `model_uri` is its `model.tar.gz`."""

    kind: Literal[Kind.MODEL] = Kind.MODEL
    model_id: str
    name: str
    technique: Technique
    training_job_id: str | None = None
    dataset: str
    model_uri: str
    trained_epochs: int
    instruments: list[str]
    hyperparameters: dict[str, int | float]
    evaluation: list[MetricValue] = []
    reference: list[MetricValue] = []

    def _sort_key(self) -> str:
        return row_key(self.kind, self.model_id)


class DatasetItem(TableItem):
    """A dataset whose catalog and pieces lie in the library bucket."""

    kind: Literal[Kind.DATASET] = Kind.DATASET
    dataset_id: str
    title: str
    description: str
    licence: str
    source: str
    pieces: int
    tracks: list[str]
    tags: dict[str, dict[str, int]]

    def _sort_key(self) -> str:
        return row_key(self.kind, self.dataset_id)


class MelodyItem(TableItem):
    """A sample melody."""

    kind: Literal[Kind.MELODY] = Kind.MELODY
    melody_id: str
    title: str
    source: str
    key: str
    melody: MelodyBody

    def _sort_key(self) -> str:
        return row_key(self.kind, self.melody_id)
