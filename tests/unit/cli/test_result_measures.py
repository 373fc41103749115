"""The composition's measures in the report."""

from __future__ import annotations

from cli.result_measures import measure_score
from music.score import Note, Score, Track


def find(values, name, track=None):
    (found,) = [value.value for value in values if (value.name, value.track) == (name, track)]
    return found


def test_names_are_those_that_training_reports(four_voices):
    whole = {value.name for value in measure_score(four_voices, "Soprano") if value.track is None}

    assert {"semitone_clash", "scale_consistency", "sustained_notes"} <= whole


def test_voices_are_measured_and_the_melody_is_not(four_voices):
    values = measure_score(four_voices, "Soprano")

    assert {value.track for value in values} == {None, "Alto", "Tenor", "Bass"}
    assert find(values, "notes_per_bar", "Alto") == 4


def test_scale_consistency_is_taken_over_two_bars():
    scale = (60, 62, 64, 65, 67, 69, 71, 72)
    bars = [
        Note(32 * window + 4 * step, pitch + window, 4)
        for window in (0, 1)
        for step, pitch in enumerate(scale)
    ]

    values = measure_score(Score((Track("Melody", tuple(bars)),)), "Melody")

    assert find(values, "scale_consistency") == 1.0  # C major, then C sharp major: no scale holds both
