"""Piano rolls from scores and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from music.piano_roll import from_piano_roll, to_piano_roll
from music.score import InvalidMusic, Note, Score, Track

SCORE = Score((Track("Melody", (Note(0, 60, 2), Note(3, 64, 1)), 5), Track("Bass", (Note(1, 36, 3),), 33)))


def test_a_roll_holds_each_sounding_pitch_by_step_and_track():
    roll = to_piano_roll(SCORE)

    assert roll.shape == (4, 128, 2)
    assert roll.dtype == np.bool_
    assert np.argwhere(roll).tolist() == [
        [0, 60, 0], [1, 36, 1], [1, 60, 0], [2, 36, 1], [3, 36, 1], [3, 64, 0],
    ]  # fmt: skip


@pytest.mark.parametrize(("n_steps", "cells"), [(0, 0), (2, 3), (9, 6)])
def test_a_roll_of_a_given_length_is_cut_or_filled(n_steps: int, cells: int):
    roll = to_piano_roll(SCORE, n_steps)

    assert (len(roll), int(roll.sum())) == (n_steps, cells)


def test_a_score_without_gaps_between_equal_pitches_comes_back_the_same():
    assert from_piano_roll(to_piano_roll(SCORE), SCORE.tracks) == SCORE


def test_a_repeated_note_comes_back_as_one():
    score = Score((Track("Melody", (Note(0, 60, 2), Note(2, 60, 2))),))

    back = from_piano_roll(to_piano_roll(score), score.tracks)

    assert back.tracks[0].notes == (Note(0, 60, 4),)


@given(arrays(np.bool_, st.tuples(st.integers(0, 5), st.just(128), st.integers(0, 3)), fill=st.just(False)))
def test_a_roll_made_a_score_makes_the_same_roll(roll: np.ndarray):
    tracks = [Track(f"Track {number}", ()) for number in range(roll.shape[2])]

    again = to_piano_roll(from_piano_roll(roll, tracks), len(roll))

    assert np.array_equal(again, roll)


@pytest.mark.parametrize("shape", [(4, 128), (4, 127, 1), (4, 128, 2)])
def test_a_roll_of_another_shape_is_refused(shape: tuple[int, ...]):
    with pytest.raises(InvalidMusic, match=r"a roll of 1 tracks is \(steps, 128, 1\)"):
        from_piano_roll(np.zeros(shape, dtype=np.bool_), [Track("Melody", ())])
