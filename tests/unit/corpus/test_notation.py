"""The notation that the sample melodies are written in."""

from __future__ import annotations

import pytest

from corpus.notation import read_tune
from music.score import InvalidMusic, Note


def test_notes_last_a_beat_unless_told_otherwise():
    assert read_tune("C4 D4:0.5 E4:1.5 F#4", 4) == (
        Note(0, 60, 4), Note(4, 62, 2), Note(6, 64, 6), Note(12, 66, 4),
    )  # fmt: skip


def test_sharps_and_flats_and_octaves_are_midi_pitches():
    assert [note.pitch for note in read_tune("Bb3 C#5 G9", 3)] == [58, 73, 127]


def test_rests_are_silent_and_holds_cross_bar_lines():
    assert read_tune("R C4 | -:2", 2) == (Note(4, 60, 12),)


def test_a_pick_up_starts_late_so_that_bar_lines_fall_on_bars():
    assert [note.onset for note in read_tune("G4 | C5:3 | E5", 3)] == [8, 12, 24]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("C4 D4 | E4 | F4 G4", "bar 2 has 4 steps, its meter has 8"),
        ("C4 D4 E4 | F4", "bar 1 has 12 steps, its meter has 8"),
        ("C4 D4 | F4:2.5", "bar 2 has 10 steps"),
        ("C4 D4 |", "bar 2 has 0 steps"),
        ("H4 C4", "'H4' is no note"),
        ("C4:0.1 C4", "does not last a whole number of sixteenths"),
        ("C4:0 C4", "does not last a whole number of sixteenths"),
        ("- C4", "no note to hold at step 0"),
        ("C4 R | - C4", "no note to hold at step 8"),
    ],
)
def test_a_slip_is_named(text: str, reason: str):
    with pytest.raises(InvalidMusic, match=reason):
        read_tune(text, 2)
