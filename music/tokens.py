"""Voices as tokens: one token per step, either an onset at a pitch, *hold* or *rest*.

A model with `n_pitches` pitches has `n_pitches + 2` tokens: onsets from `lowest_pitch` upwards, then hold,
then rest. A voice sounds at most one note at a time, which is what a chorale voice does. Inference
decodes with this module; training builds the same tokens in whole batches, which a test holds to
`encode_voice`.

Axis letters: `V` voices, `T` steps, `P` pitches, `K` tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from music.score import Note

SEMITONES_PER_OCTAVE = 12


@dataclass(frozen=True, slots=True)
class TokenGrid:
    """The vocabulary: which pitches have an onset token."""

    lowest_pitch: int = 36
    n_pitches: int = 48

    @property
    def hold(self) -> int:
        return self.n_pitches

    @property
    def rest(self) -> int:
        return self.n_pitches + 1

    @property
    def n_tokens(self) -> int:
        return self.n_pitches + 2

    def index_of(self, pitch: int) -> int:
        """The onset token of a pitch; one outside the range is moved by octaves into it."""
        index = pitch - self.lowest_pitch
        if index < 0:
            index %= SEMITONES_PER_OCTAVE
        elif index >= self.n_pitches:
            top = self.n_pitches - SEMITONES_PER_OCTAVE
            index = top + (index - top) % SEMITONES_PER_OCTAVE
        return index

    def pitch_of(self, token: int) -> int:
        """The MIDI pitch of an onset token."""
        return self.lowest_pitch + token


def encode_voice(notes: Sequence[Note], n_steps: int, grid: TokenGrid) -> npt.NDArray[np.int64]:
    """Tokens of one voice, `(T,)`. Where notes overlap the later onset wins; notes past the end are cut."""
    tokens = np.full(n_steps, grid.rest, dtype=np.int64)
    for note in sorted(notes):
        if note.onset >= n_steps:
            break
        tokens[note.onset : note.end] = grid.hold
        tokens[note.onset] = grid.index_of(note.pitch)
    return tokens


def decode_voice(tokens: npt.NDArray[np.int64], grid: TokenGrid, velocity: int = 80) -> tuple[Note, ...]:
    """Notes of one voice from its tokens `(T,)`. A hold with nothing to hold is a rest."""
    notes: list[Note] = []
    pitch, onset = -1, -1
    for step, token in enumerate([*tokens.tolist(), grid.rest]):
        if token == grid.hold:
            continue
        if pitch >= 0:
            notes.append(Note(onset, pitch, step - onset, velocity))
        pitch, onset = (grid.pitch_of(token), step) if token < grid.hold else (-1, -1)
    return tuple(notes)


def encode_melody(
    notes: Sequence[Note], n_steps: int, grid: TokenGrid
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """A melody as the generator hears it: which pitch sounds `(P, T)`, and where notes begin `(1, T)`."""
    sounding = np.zeros((grid.n_pitches, n_steps), dtype=np.float32)
    onset = np.zeros((1, n_steps), dtype=np.float32)
    for note in notes:
        if note.onset < n_steps:
            sounding[grid.index_of(note.pitch), note.onset : note.end] = 1.0
            onset[0, note.onset] = 1.0
    return sounding, onset


def sample_tokens(
    logits: npt.NDArray[np.float32], creativity: float, rng: np.random.Generator, grid: TokenGrid
) -> npt.NDArray[np.int64]:
    """One token per voice and step, `(V, T)`, from logits `(V, T, K)`.

    `creativity` is the softmax temperature; 0 takes the most likely token and draws nothing from `rng`.
    Steps are taken in order, so that a hold is only offered where a note sounds: the first step of the
    window may hold, because the window before it may have left a note sounding.
    """
    if creativity <= 0:
        likeliest: npt.NDArray[np.int64] = logits.argmax(axis=-1).astype(np.int64)
        return likeliest
    n_voices, n_steps, _ = logits.shape
    tokens = np.empty((n_voices, n_steps), dtype=np.int64)
    noise = rng.gumbel(size=logits.shape)
    scores = logits / creativity + noise  # the Gumbel-max trick: argmax is a draw from the softmax
    for step in range(n_steps):
        row = scores[:, step].copy()
        if step > 0:
            row[tokens[:, step - 1] == grid.rest, grid.hold] = -np.inf
        tokens[:, step] = row.argmax(axis=-1)
    return tokens
