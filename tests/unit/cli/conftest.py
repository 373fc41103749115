"""A small score in four voices."""

from __future__ import annotations

import pytest

from contract.melody import MelodyBody, MelodyNote
from music.score import Note, Score, Track

PITCHES = {"Soprano": 72, "Alto": 67, "Tenor": 60, "Bass": 48}


@pytest.fixture
def four_voices() -> Score:
    """Two bars of quarter notes."""
    return Score(
        tuple(
            Track(name, tuple(Note(4 * i, pitch + i % 3, 4) for i in range(8)), 52)
            for name, pitch in PITCHES.items()
        )
    )


@pytest.fixture
def its_melody() -> MelodyBody:
    return MelodyBody(
        notes=[MelodyNote(pitch=72 + i % 3, onset_steps=4 * i, duration_steps=4) for i in range(8)]
    )
