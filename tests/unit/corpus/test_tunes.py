"""Which pieces count as settings of one tune."""

from __future__ import annotations

from corpus.tunes import group_by_signs, opening_intervals
from tests.unit.corpus.builders import make_part

TUNE = [(onset, pitch, 1) for onset, pitch in enumerate([60, 62, 64, 65, 67, 69, 71, 72, 60])]


def test_an_opening_is_seven_steps_from_beat_to_beat():
    assert opening_intervals(make_part("Soprano", *TUNE).notes) == (2, 2, 1, 2, 2, 2, 1)


def test_key_octave_and_passing_notes_between_beats_do_not_matter():
    moved = [(onset + 3, pitch + 5, duration) for onset, pitch, duration in TUNE]
    ornamented = [*moved[:2], (5, 69, 0.5), (5.5, 72, 0.5), *moved[3:]]

    assert opening_intervals(make_part("Soprano", *ornamented).notes) == (2, 2, 1, 2, 2, 2, 1)


def test_a_long_note_counts_on_each_of_its_beats():
    assert opening_intervals(make_part("Soprano", (0, 60, 2), (2, 64, 1.5), (3.5, 65, 0.5)).notes) == (
        0,
        4,
        0,
    )


def test_pieces_that_share_a_sign_share_a_group_named_after_the_first():
    signs = {"c": ["x"], "a": ["y"], "b": ["x"]}

    assert group_by_signs(signs) == {"c": "c", "a": "a", "b": "c"}


def test_groups_close_over_chains_of_shared_signs():
    signs = {"1": ["p"], "2": ["q"], "3": ["r"], "4": ["q", "p"], "5": ["s"], "6": ["r", "s", "q"]}

    assert set(group_by_signs(signs).values()) == {"1"}
