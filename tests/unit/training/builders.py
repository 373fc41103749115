"""Builders of small music for the training tests: legal, different from piece to piece, made in memory."""

from __future__ import annotations

import numpy as np

from contract.hyperparameters import UnetGanHyperparameters
from music.score import Note, Score, Track
from training_container.dataset import VOICES, Piece, TrainingData, make_training_data, to_piece

LOWEST = {"Soprano": 67, "Alto": 60, "Tenor": 53, "Bass": 45}


def make_score(number: int, n_steps: int = 64, voices: tuple[str, ...] = VOICES) -> Score:
    """Voices in quarters and eighths on a scale, each piece another walk."""
    rng = np.random.default_rng(number)
    return Score(tuple(Track(voice, _walk(rng, LOWEST[voice], n_steps), program=52) for voice in voices))


def _walk(rng: np.random.Generator, lowest: int, n_steps: int) -> tuple[Note, ...]:
    scale, notes, onset = (0, 2, 4, 5, 7, 9, 11, 12), [], 0
    while onset < n_steps:
        duration = int(rng.choice([2, 4]))
        notes.append(Note(onset, lowest + scale[rng.integers(8)], min(duration, n_steps - onset)))
        onset += duration
    return tuple(notes)


def make_pieces(n: int = 5, n_steps: int = 64) -> list[Piece]:
    return [to_piece(f"piece-{i}", f"tune-{i}", make_score(i, n_steps)) for i in range(n)]


def make_data(n: int = 5, n_steps: int = 64) -> TrainingData:
    return make_training_data(make_pieces(n, n_steps), hop_steps=16)


def small_values(**changed: float) -> UnetGanHyperparameters:
    """The smallest training that still uses every part."""
    small = {"epochs": 2, "warmup_epochs": 1, "batch_size": 4, "generator_width": 8, "critic_width": 4}
    return UnetGanHyperparameters.model_validate(small | {"evaluation_snippets": 4} | changed)
