"""What the inference container is asked at `/invocations`, and what it answers.

JSON: an `InferenceRequest`. `audio/midi`: the file itself, with the rest of the request in the
`X-Amzn-SageMaker-Custom-Attributes` header as `model=s3://…;seed=1;creativity=0.5`.
The answer follows `Accept`: JSON (`InferenceAnswer`) or `audio/midi`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Base64Bytes, Field, model_validator

from contract.base import WireModel
from contract.composition import Creativity, Seed
from contract.melody import MelodyBody, MelodyNote

JSON = "application/json"
MIDI = "audio/midi"
CUSTOM_ATTRIBUTES_HEADER = "X-Amzn-SageMaker-Custom-Attributes"


class InferenceRequest(WireModel):
    """One composition to make: exactly one of `melody` and `midi` (base64)."""

    model: Annotated[str, Field(pattern=r"^s3://[^/]+/.+", max_length=1024)]
    melody: MelodyBody | None = None
    midi: Base64Bytes | None = None
    seed: Seed = 0
    creativity: Creativity = 0.0
    tempo_bpm: Annotated[float, Field(ge=20, le=300)] | None = None

    @model_validator(mode="after")
    def _has_one_melody(self) -> InferenceRequest:
        if (self.melody is None) == (self.midi is None):
            raise ValueError("exactly one of melody and midi must be given")
        return self


class AnswerTrack(WireModel):
    """One track of the result; the melody comes back untouched as the first."""

    name: str
    program: int
    is_melody: bool
    notes: list[MelodyNote]


class InferenceAnswer(WireModel):
    """The melody and its accompaniment, as notes and as a standard MIDI file (base64)."""

    seed: int
    steps: int
    tempo_bpm: float
    tracks: list[AnswerTrack]
    midi: Base64Bytes


class InferenceError(WireModel):
    """A refused request. `invalid-request` blames the caller (400), `model-not-found` the URI (404),
    `corrupt-model` the archive (422), `internal` us (500)."""

    code: Literal[
        "invalid-request",
        "model-not-found",
        "corrupt-model",
        "unsupported-media-type",
        "too-large",
        "internal",
    ]
    message: str
