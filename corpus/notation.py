"""A compact notation for one-line tunes, made to be read and checked by eye.

Bars are separated by `|`. A note is a letter, an optional `#` or `b`, an octave (middle C is C4) and, when it
is not one beat, a colon and its beats: `G4 B4:0.5 D5:1.5`. `R` rests, `-` holds the note before it. A beat is
a quarter. The first bar may be short: then it is a pick-up, and starts late so that bar lines fall on whole
bars; the last bar may be short too. Every other bar must fill its meter.
"""

from __future__ import annotations

import re
from fractions import Fraction

from music.score import STEPS_PER_BEAT, InvalidMusic, Note

_TOKEN = re.compile(r"(?P<name>[A-G][#b]?\d|R|-)(?::(?P<beats>\d+(?:\.\d+)?))?")
_SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ALTERATIONS = {"": 0, "#": 1, "b": -1}


def read_tune(text: str, beats_per_bar: int) -> tuple[Note, ...]:
    """The notes of a tune. Raises `InvalidMusic` on a token that is none, or a bar that does not add up."""
    bars = [[_read_token(token) for token in bar.split()] for bar in text.split("|")]
    lengths = [sum(steps for _, steps in bar) for bar in bars]
    full = beats_per_bar * STEPS_PER_BEAT
    for number, length in enumerate(lengths, start=1):
        may_be_short = number in (1, len(bars)) and 0 < length < full
        if length != full and not may_be_short:
            raise InvalidMusic(f"bar {number} has {length} steps, its meter has {full}")
    return _to_notes([token for bar in bars for token in bar], start=full - lengths[0])


def _read_token(token: str) -> tuple[str, int]:
    match = _TOKEN.fullmatch(token)
    if match is None:
        raise InvalidMusic(f"{token!r} is no note, rest or hold")
    steps = Fraction(match["beats"] or 1) * STEPS_PER_BEAT
    if steps.denominator != 1 or steps == 0:
        raise InvalidMusic(f"{token!r} does not last a whole number of sixteenths")
    return match["name"], int(steps)


def _to_notes(tokens: list[tuple[str, int]], start: int) -> tuple[Note, ...]:
    notes: list[Note] = []
    now = start
    for name, steps in tokens:
        if name == "-":
            if not notes or notes[-1].end != now:
                raise InvalidMusic(f"there is no note to hold at step {now}")
            notes[-1] = Note(notes[-1].onset, notes[-1].pitch, notes[-1].duration + steps)
        elif name != "R":
            notes.append(Note(now, _to_pitch(name), steps))
        now += steps
    return tuple(notes)


def _to_pitch(name: str) -> int:
    return 12 * (int(name[-1]) + 1) + _SEMITONES[name[0]] + _ALTERATIONS[name[1:-1]]
