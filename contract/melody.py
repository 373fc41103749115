"""The melody a person sends: notes on a grid of sixteenths, and the sample melodies the service offers.

A *step* is a sixteenth note, four to the beat. Pitches are MIDI numbers, middle C is 60.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from contract.base import WireModel

STEPS_PER_BEAT = 4
MAX_STEPS = 1024  # 64 bars of four beats
MAX_NOTES = 4096

Pitch = Annotated[int, Field(ge=0, le=127)]


class MelodyNote(WireModel):
    """One note: where it starts, how long it sounds (steps), how high it is (MIDI pitch)."""

    pitch: Pitch
    onset_steps: Annotated[int, Field(ge=0, lt=MAX_STEPS)]
    duration_steps: Annotated[int, Field(ge=1, le=MAX_STEPS)]
    velocity: Annotated[int, Field(ge=1, le=127)] = 90


class MelodyBody(WireModel):
    """A melody as JSON notes; onsets beyond 64 bars are refused."""

    notes: Annotated[list[MelodyNote], Field(min_length=1, max_length=MAX_NOTES)]
    tempo_bpm: Annotated[float, Field(ge=20, le=300)] = 100.0
    beats_per_bar: Annotated[int, Field(ge=2, le=12)] = 4


class SampleMelody(WireModel):
    """A melody that the service offers to everyone."""

    melody_id: str
    title: str
    source: str
    key: str
    melody: MelodyBody


class MelodyList(WireModel):
    items: list[SampleMelody]
    next_page_token: str | None = None
