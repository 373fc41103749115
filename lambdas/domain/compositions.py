"""A composition and its transitions.

Whoever composes holds a lease: the row is COMPOSING until `lease_expires_at`. `attempts` counts the tries
since the row was queued. Only a row queued with no attempt yet starts work; a row that goes back to QUEUED
after a try is the same queueing, whose stream record is still being retried.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from lambdas.domain.errors import Unavailable
from lambdas.domain.library import Melody
from lambdas.domain.rows import Row
from lambdas.domain.training_jobs import Failure


class CompositionStatus(StrEnum):
    COMPOSING = "COMPOSING"
    QUEUED = "QUEUED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


@dataclass(frozen=True)
class TrackSummary:
    """One track of the result."""

    name: str
    program: int
    notes: int
    is_melody: bool = False


@dataclass(frozen=True)
class Accompaniment:
    """What the model answered: the whole piece as MIDI, and what is in it."""

    midi: bytes
    steps: int
    tempo_bpm: float
    tracks: tuple[TrackSummary, ...]


@dataclass(frozen=True, kw_only=True)
class Composition(Row):
    """A composition as it stands: exactly one of `melody` and `midi` was given."""

    composition_id: str
    name: str
    model_id: str
    model_uri: str
    melody: Melody | None = None
    midi: bytes | None = None
    seed: int
    creativity: float
    tempo_bpm: float | None = None
    status: CompositionStatus = CompositionStatus.QUEUED
    steps: int | None = None
    tracks: tuple[TrackSummary, ...] = ()
    midi_sha256: str | None = None
    lease_expires_at: int | None = None
    attempts: int = 0
    failure: Failure | None = None

    @property
    def row_id(self) -> str:
        return self.composition_id

    @property
    def has_ended(self) -> bool:
        return self.status in (CompositionStatus.COMPLETED, CompositionStatus.FAILED)

    def begin_inline(self, lease_seconds: int, now: datetime) -> Composition:
        """Composing starts at once, before anything was queued."""
        return replace(self, status=CompositionStatus.COMPOSING, lease_expires_at=_end(lease_seconds, now))

    def queue(self, now: datetime) -> Composition:
        """To be composed later: a fresh queueing."""
        return replace(
            self, status=CompositionStatus.QUEUED, lease_expires_at=None, attempts=0, updated_at=now
        )

    def take(self, lease_seconds: int, now: datetime) -> Composition:
        """A queued try begins. Raises `Unavailable` while someone else's lease holds."""
        if self.lease_expires_at is not None and self.lease_expires_at > now.timestamp():
            raise Unavailable("lease-held", f"{self.composition_id} is being composed by another attempt")
        return replace(
            self,
            status=CompositionStatus.COMPOSING,
            lease_expires_at=_end(lease_seconds, now),
            attempts=self.attempts + 1,
            updated_at=now,
        )

    def release(self, now: datetime) -> Composition:
        """The try came to nothing; the next one may come at once."""
        return replace(self, status=CompositionStatus.QUEUED, lease_expires_at=None, updated_at=now)

    def complete(self, answer: Accompaniment, midi_sha256: str, now: datetime) -> Composition:
        return replace(
            self,
            status=CompositionStatus.COMPLETED,
            steps=answer.steps,
            tempo_bpm=answer.tempo_bpm,
            tracks=answer.tracks,
            midi_sha256=midi_sha256,
            lease_expires_at=None,
            updated_at=now,
        )

    def fail(self, failure: Failure, now: datetime) -> Composition:
        return replace(
            self, status=CompositionStatus.FAILED, failure=failure, lease_expires_at=None, updated_at=now
        )


def _end(lease_seconds: int, now: datetime) -> int:
    return int(now.timestamp()) + lease_seconds
