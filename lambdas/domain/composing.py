"""Composing: at once while the caller waits, or from the queue. Both store the MIDI and complete the row.

At once: what the endpoint refuses leaves no row; what it cannot do now is queued. From the queue: a try
that came to nothing is raised, so that the stream tries again, and the row says QUEUED meanwhile.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from lambdas.domain.compositions import Composition
from lambdas.domain.errors import (
    AccessDenied,
    Conflict,
    CorruptArtifact,
    InvalidRequest,
    NotFound,
    Unavailable,
)
from lambdas.domain.library import SampleMelody, TrainedModel
from lambdas.domain.ports import Clock, Composer, MidiFiles, Rows
from lambdas.domain.rows import SHARED_OWNER
from lambdas.domain.submitting import refuse_if_any
from lambdas.domain.training_jobs import Failure, FailureCode


def find_model(models: Rows[TrainedModel], owner: str, model_id: str) -> TrainedModel:
    """The owner's own model, or a shared one. Raises `NotFound`."""
    try:
        return models.get(owner, model_id)
    except NotFound:
        return models.get(SHARED_OWNER, model_id)


def choose_model(models: Rows[TrainedModel], owner: str, model_id: str) -> TrainedModel:
    """The model that a request names. Raises `InvalidRequest`: the request's value is wrong."""
    try:
        return find_model(models, owner, model_id)
    except NotFound as error:
        raise InvalidRequest.at("/modelId", f"there is no model {model_id!r}") from error


def choose_melody(melodies: Rows[SampleMelody], melody_id: str) -> SampleMelody:
    """The sample melody that a request names. Raises `InvalidRequest`."""
    try:
        return melodies.get(SHARED_OWNER, melody_id)
    except NotFound as error:
        raise InvalidRequest.at("/melodyId", f"there is no sample melody {melody_id!r}") from error


@dataclass(frozen=True)
class CompositionMaker:
    """What is needed to compose."""

    compositions: Rows[Composition]
    composer: Composer
    midi_files: MidiFiles
    clock: Clock
    lease_seconds: int

    def compose_now(self, composition: Composition) -> Composition:
        """The composition, COMPLETED or QUEUED. Raises `InvalidRequest` and leaves no row when refused."""
        if composition.melody is not None:
            refuse_if_any(composition.melody.check())
        leased = composition.begin_inline(self.lease_seconds, self.clock())
        self.compositions.add(leased)
        try:
            return self._compose(leased)
        except InvalidRequest:
            self.compositions.remove(leased)
            raise
        except CorruptArtifact as error:
            self.compositions.remove(leased)
            raise InvalidRequest.at("/modelId", f"the model cannot be used: {error.message}") from error
        except (Unavailable, AccessDenied):
            return self.compositions.save(leased.queue(self.clock()))

    def compose_queued(self, owner: str, composition_id: str) -> Composition:
        """The composition, COMPLETED or FAILED. Raises `Unavailable` when it must be tried again."""
        composition = self.compositions.get(owner, composition_id)
        if composition.has_ended:
            return composition
        leased = self._take(composition)
        try:
            return self._compose(leased)
        except Unavailable:
            self.compositions.save(leased.release(self.clock()))
            raise
        except (InvalidRequest, CorruptArtifact, AccessDenied) as error:
            return self.compositions.save(leased.fail(_failure(error), self.clock()))

    def _take(self, composition: Composition) -> Composition:
        try:
            return self.compositions.save(composition.take(self.lease_seconds, self.clock()))
        except Conflict as error:
            raise Unavailable("lease-held", f"{composition.composition_id} was taken meanwhile") from error

    def _compose(self, leased: Composition) -> Composition:
        answer = self.composer.compose(leased)
        self.midi_files.put(leased, answer.midi)
        digest = hashlib.sha256(answer.midi).hexdigest()
        return self.compositions.save(leased.complete(answer, digest, self.clock()))


def _failure(error: InvalidRequest | CorruptArtifact | AccessDenied) -> Failure:
    if isinstance(error, AccessDenied):
        return Failure(FailureCode.PERMISSION_DENIED, error.message)
    if isinstance(error, CorruptArtifact):
        return Failure(FailureCode.CORRUPT_MODEL, error.message)
    details = "; ".join(fault.detail for fault in error.faults)
    return Failure(FailureCode.COMPOSITION_REFUSED, details or error.message)


def midi_of(composition: Composition, midi_files: MidiFiles) -> bytes:
    """The finished piece. Raises `Conflict` while there is none."""
    if composition.midi_sha256 is None:
        raise Conflict(
            "composition-failed" if composition.has_ended else "composition-not-finished",
            f"the composition has no MIDI: it is {composition.status}",
        )
    return midi_files.get(composition)
