"""A melody of any length and a model of one window: the accompaniment over the whole.

The rules, in the order in which they act:

1. The model hears from the start of the bar in which the melody begins, pitches outside its range folded in
   by octaves. A shorter melody than a window, and the end of the last window, are padded with silence.
2. Windows of `T` steps begin every `T // 2`. As in training, a note that sounds into a window begins there.
3. Noise is one sequence over the whole piece, drawn from the seed; a window takes the stretch that lies at
   its place, so that two windows hear the same noise where they overlap.
4. Logits of overlapping windows are averaged, each weighted by its distance from its own nearest edge (with
   half-window steps: a linear cross-fade). Tokens are then drawn once, in order, over the whole length. No
   window is ever decoded by itself, so there is no join to hear.
5. No voice sounds before the melody. Voices end with it; one that sounds at its last step holds to the end
   of that bar, or to the longest length that a melody may have.

The melody itself goes through untouched. The same model, melody, seed and creativity give the same notes.

Axis letters: `W` windows, `V` voices, `T` steps of a window, `S` steps of the piece, `P` pitches, `K` tokens.
"""

from __future__ import annotations

from dataclasses import replace
from statistics import fmean
from typing import Protocol

import numpy as np
import numpy.typing as npt

from contract.manifest import ModelManifest
from contract.melody import MAX_STEPS
from music.melody import to_score
from music.score import STEPS_PER_BEAT, Melody, Note, Score, Track
from music.tokens import TokenGrid, decode_voice, encode_melody, sample_tokens

Array = npt.NDArray[np.float32]

ACCOMPANIMENT_LOUDNESS = 0.8  # of the melody's mean velocity
_NOISE, _TOKENS = 0, 1  # what random numbers are for; each purpose has a stream of its own


class Accompanist(Protocol):
    """What the composer needs of a model."""

    @property
    def manifest(self) -> ModelManifest: ...

    @property
    def grid(self) -> TokenGrid: ...

    def run(self, melody: Array, onset: Array, noise: Array) -> Array:
        """Logits (W, V, T, K) from melody (W, P, T), onset (W, 1, T), noise (W, channels, noise steps)."""


def compose(model: Accompanist, melody: Melody, *, seed: int, creativity: float) -> Score:
    """The melody as first track, and one track per voice of the model.

    melody: at most `MAX_STEPS` long. creativity: softmax temperature, 0 takes the most likely tokens.
    """
    manifest = model.manifest
    begins = _start_of_bar(melody, melody.notes[0].onset)
    logits = blend(model, melody, begins, np.random.default_rng([seed, _NOISE]))  # (V, S, K)
    _silence_before(logits, melody.notes[0].onset - begins, model.grid)
    tokens = sample_tokens(logits, creativity, np.random.default_rng([seed, _TOKENS]), model.grid)  # (V, S)
    velocity = max(1, round(ACCOMPANIMENT_LOUDNESS * fmean(note.velocity for note in melody.notes)))
    voices = [decode_voice(voice, model.grid, velocity) for voice in tokens]
    accompaniment = [
        Track(track.name, _placed(notes, begins, melody), track.program)
        for track, notes in zip(manifest.accompaniment, voices, strict=True)
    ]
    named = replace(melody, name=manifest.melody.name)
    return to_score(named, accompaniment, program=manifest.melody.program)


def blend(model: Accompanist, melody: Melody, begins: int, rng: np.random.Generator) -> Array:
    """Logits (V, S, K) over the steps from `begins` to the melody's end, blended from all windows."""
    manifest = model.manifest
    n_steps = melody.n_steps - begins
    hop = max(1, manifest.steps // 2)
    n_windows = 1 + max(0, -(-(n_steps - manifest.steps) // hop))
    starts = [window * hop for window in range(n_windows)]
    sounding, onset = _hear(melody, begins, starts, model)
    logits = model.run(sounding, onset, _draw_noise(manifest, n_windows, rng))  # (W, V, T, K)
    return _cross_fade(logits, starts)[:, :n_steps]


def _hear(melody: Melody, begins: int, starts: list[int], model: Accompanist) -> tuple[Array, Array]:
    """What the model hears in each window: sounding pitches (W, P, T) and onsets (W, 1, T)."""
    steps = model.manifest.steps
    notes = [replace(note, onset=note.onset - begins) for note in melody.notes]
    whole, begun = encode_melody(notes, starts[-1] + steps, model.grid)  # (P, S), (1, S)
    sounding = np.stack([whole[:, start : start + steps] for start in starts])
    onset = np.stack([begun[:, start : start + steps] for start in starts])
    onset[:, 0, 0] = sounding[:, :, 0].max(axis=1)
    return sounding, onset


def _draw_noise(manifest: ModelManifest, n_windows: int, rng: np.random.Generator) -> Array:
    """Standard normal noise (W, channels, noise steps), shared where windows overlap.

    Drawn step by step, so that a longer melody begins with the noise of a shorter one. A window's noise that
    has no middle (an odd number of steps) cannot be shared by halves: then all windows hear the same.
    """
    steps = manifest.noise_steps
    hop = 0 if steps % 2 else steps // 2
    whole = rng.standard_normal(((n_windows - 1) * hop + steps, manifest.noise_channels), dtype=np.float32).T
    return np.stack([whole[:, window * hop : window * hop + steps] for window in range(n_windows)])


def _cross_fade(logits: Array, starts: list[int]) -> Array:
    """Windows (W, V, T, K) at their places, averaged with weights that fall towards each window's edges."""
    _, n_voices, steps, n_tokens = logits.shape
    weight = np.minimum(np.arange(steps) + 0.5, steps - 0.5 - np.arange(steps))[:, None]  # (T, 1)
    total = np.zeros((n_voices, starts[-1] + steps, n_tokens))
    weights = np.zeros((starts[-1] + steps, 1))
    for window, start in zip(logits, starts, strict=True):
        total[:, start : start + steps] += weight * window
        weights[start : start + steps] += weight
    return (total / weights).astype(np.float32)


def _silence_before(logits: Array, first_step: int, grid: TokenGrid) -> None:
    """Leaves nothing but a rest before the melody, and nothing to hold where it begins. In place."""
    logits[:, :first_step] = -np.inf
    logits[:, :first_step, grid.rest] = 0.0
    logits[:, first_step, grid.hold] = -np.inf


def _placed(notes: tuple[Note, ...], begins: int, melody: Melody) -> tuple[Note, ...]:
    """Notes at their place in the piece; one that sounds at the melody's last step holds to the bar's end."""
    moved = [replace(note, onset=note.onset + begins) for note in notes]
    if moved and moved[-1].end == melody.n_steps:
        last = moved[-1]
        moved[-1] = replace(last, duration=_end_of_bar(melody) - last.onset)
    return tuple(moved)


def _start_of_bar(melody: Melody, step: int) -> int:
    return step - step % (melody.beats_per_bar * STEPS_PER_BEAT)


def _end_of_bar(melody: Melody) -> int:
    bar = melody.beats_per_bar * STEPS_PER_BEAT
    return max(melody.n_steps, min(-(-melody.n_steps // bar) * bar, MAX_STEPS))
