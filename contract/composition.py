"""A composition as the REST API takes and shows it: a melody, and the accompaniment a model added."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Base64Bytes, Field, model_validator

from contract.base import WireModel
from contract.melody import MelodyBody
from contract.training import JobFailure, Name

MAX_MIDI_BYTES = 256 * 1024
Seed = Annotated[int, Field(ge=0, le=2**31 - 1)]
Creativity = Annotated[float, Field(ge=0, le=2)]


class CompositionStatus(StrEnum):
    """COMPOSING while a lease is held, QUEUED while it waits for the endpoint, then an end."""

    COMPOSING = "COMPOSING"
    QUEUED = "QUEUED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


class CompositionRequest(WireModel):
    """The body of `POST /compositions`: exactly one of `melody`, `midi` (base64) and `melodyId`.

    `creativity` is the sampling temperature: 0 takes the most likely note, 1 samples as the model believes.
    Without a `seed` the service picks one and tells it.
    """

    name: Name = "Untitled"
    model_id: Annotated[str, Field(min_length=1, max_length=64)]
    melody: MelodyBody | None = None
    midi: Base64Bytes | None = None
    melody_id: str | None = None
    seed: Seed | None = None
    creativity: Creativity = 0.0
    tempo_bpm: Annotated[float, Field(ge=20, le=300)] | None = None

    @model_validator(mode="after")
    def _has_one_melody(self) -> CompositionRequest:
        given = [value for value in (self.melody, self.midi, self.melody_id) if value is not None]
        if len(given) != 1:
            raise ValueError("exactly one of melody, midi and melodyId must be given")
        if self.midi is not None:
            if len(self.midi) > MAX_MIDI_BYTES:
                raise ValueError(f"midi is larger than {MAX_MIDI_BYTES} bytes")
            if not self.midi.startswith(b"MThd"):
                raise ValueError("midi is not a standard MIDI file: it does not begin with MThd")
        return self


class TrackSummary(WireModel):
    """One track of the result."""

    name: str
    program: int
    notes: int
    is_melody: bool = False


class Composition(WireModel):
    """A composition as it stands; `links.midi` is there once it is COMPLETED."""

    composition_id: str
    name: str
    model_id: str
    status: CompositionStatus
    seed: int
    creativity: float
    tempo_bpm: float | None = None
    steps: int | None = None
    tracks: list[TrackSummary] = []
    failure: JobFailure | None = None
    created_at: str
    updated_at: str
    links: dict[str, str] = {}


class CompositionList(WireModel):
    items: list[Composition]
    next_page_token: str | None = None
