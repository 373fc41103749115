"""Piano rolls: which pitches sound at each step, and scores from them.

A roll tells what sounds, not what begins: notes of one pitch that follow each other without a gap come back
as one note. Axis letters: `T` steps, `P` pitches (128), `C` tracks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from music.score import N_PITCHES, InvalidMusic, Note, Score, Track

PianoRoll = npt.NDArray[np.bool_]


def to_piano_roll(score: Score, n_steps: int | None = None) -> PianoRoll:
    """The score's roll, (T, P, C), tracks in score order.

    `n_steps` is T, the score's own length by default; notes beyond are cut, missing steps are silent.
    """
    length = score.n_steps if n_steps is None else n_steps
    roll = np.zeros((len(score.tracks), N_PITCHES, length), dtype=np.bool_)  # (C, P, T): slices in one piece
    for rows, track in zip(roll, score.tracks, strict=True):
        for note in track.notes:
            rows[note.pitch, note.onset : note.end] = True
    return roll.transpose(2, 1, 0)  # (T, P, C)


def from_piano_roll(
    roll: PianoRoll,
    tracks: Sequence[Track],
    tempo_bpm: float = 100.0,
    beats_per_bar: int = 4,
    velocity: int = 90,
) -> Score:
    """The score that sounds like the roll (T, P, C). Each run of a pitch is one note.

    `tracks` give name, program and kind in the roll's order; notes they hold are not looked at. Raises
    `InvalidMusic` when the roll has another shape.
    """
    if roll.ndim != 3 or roll.shape[1:] != (N_PITCHES, len(tracks)):
        raise InvalidMusic(f"a roll of {len(tracks)} tracks is (steps, 128, {len(tracks)}), got {roll.shape}")
    filled = [
        replace(track, notes=_to_notes(roll[:, :, index], velocity)) for index, track in enumerate(tracks)
    ]
    return Score(tuple(filled), tempo_bpm, beats_per_bar)


def _to_notes(roll: PianoRoll, velocity: int) -> tuple[Note, ...]:
    """One track's notes from its roll (T, P): from each step where a pitch begins to where it ends."""
    edges = np.diff(roll.T.astype(np.int8), axis=1, prepend=0, append=0)  # (P, T + 1)
    begins, ends = np.argwhere(edges == 1), np.argwhere(edges == -1)  # both by pitch, then time
    return tuple(
        sorted(
            Note(onset, pitch, end - onset, velocity)
            for (pitch, onset), (_, end) in zip(begins.tolist(), ends.tolist(), strict=True)
        )
    )
