"""Voices as tokens and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from music.score import Note
from music.tokens import TokenGrid, decode_voice, encode_melody, encode_voice, sample_tokens

GRID = TokenGrid(lowest_pitch=36, n_pitches=48)
HOLD, REST = GRID.hold, GRID.rest


@st.composite
def lines(draw: st.DrawFn) -> tuple[Note, ...]:
    """A monophonic voice within the grid, at velocity 80."""
    notes, now = [], 0
    for gap, duration, pitch in draw(
        st.lists(st.tuples(st.integers(0, 5), st.integers(1, 8), st.integers(36, 83)), max_size=12)
    ):
        notes.append(Note(now + gap, pitch, duration, 80))
        now += gap + duration
    return tuple(notes)


def test_the_vocabulary_is_onsets_then_hold_then_rest():
    assert (GRID.index_of(36), GRID.index_of(83), HOLD, REST, GRID.n_tokens) == (0, 47, 48, 49, 50)


@pytest.mark.parametrize(
    ("pitch", "pitch_in_range"), [(35, 47), (24, 36), (0, 36), (84, 72), (96, 72), (127, 79)]
)
def test_a_pitch_out_of_range_moves_by_octaves_to_the_nearest_inside(pitch: int, pitch_in_range: int):
    assert GRID.pitch_of(GRID.index_of(pitch)) == pitch_in_range


@given(st.integers(0, 127), st.integers(0, 100), st.integers(12, 28))
def test_any_pitch_keeps_its_class_within_the_range(pitch: int, lowest: int, n_pitches: int):
    grid = TokenGrid(lowest, n_pitches)

    index = grid.index_of(pitch)

    assert 0 <= index < n_pitches
    assert (grid.pitch_of(index) - pitch) % 12 == 0


def test_a_voice_is_one_onset_then_holds_then_rests():
    notes = [Note(1, 60, 3), Note(4, 60, 1), Note(6, 62, 2)]

    assert encode_voice(notes, 9, GRID).tolist() == [REST, 24, HOLD, HOLD, 24, REST, 26, HOLD, REST]


def test_where_notes_overlap_the_later_onset_wins():
    assert encode_voice([Note(0, 60, 4), Note(2, 62, 1)], 4, GRID).tolist() == [24, HOLD, 26, HOLD]


def test_notes_past_the_end_are_cut():
    assert encode_voice([Note(0, 60, 9), Note(5, 62, 1)], 3, GRID).tolist() == [24, HOLD, HOLD]


def test_a_hold_with_nothing_to_hold_is_a_rest():
    assert decode_voice(np.array([HOLD, 24, REST, HOLD, 26]), GRID) == (
        Note(1, 60, 1, 80),
        Note(4, 62, 1, 80),
    )


@given(lines())
def test_a_voice_decodes_to_what_was_encoded(notes: tuple[Note, ...]):
    n_steps = notes[-1].end if notes else 4

    assert decode_voice(encode_voice(notes, n_steps, GRID), GRID, velocity=80) == notes


@given(arrays(np.int64, st.integers(0, 24), elements=st.integers(0, GRID.n_tokens - 1)))
def test_any_tokens_decode_to_a_voice_that_encodes_to_the_same_notes(tokens: np.ndarray):
    notes = decode_voice(tokens, GRID)

    assert decode_voice(encode_voice(notes, len(tokens), GRID), GRID) == notes


def test_a_melody_is_heard_as_sounding_pitches_and_onsets():
    sounding, onset = encode_melody([Note(0, 60, 2), Note(2, 60, 1), Note(4, 100, 9)], 6, GRID)

    assert (sounding.shape, onset.shape) == ((48, 6), (1, 6))
    assert np.argwhere(sounding).tolist() == [[24, 0], [24, 1], [24, 2], [40, 4], [40, 5]]
    assert onset.tolist() == [[1, 0, 1, 0, 1, 0]]


def make_logits(*likeliest: int) -> np.ndarray:
    logits = np.zeros((1, len(likeliest), GRID.n_tokens), dtype=np.float32)
    logits[0, np.arange(len(likeliest)), likeliest] = 5.0
    return logits


def test_without_creativity_the_likeliest_token_is_taken_and_nothing_is_drawn():
    rng = np.random.default_rng(1)

    tokens = sample_tokens(make_logits(24, HOLD, REST), 0.0, rng, GRID)

    assert tokens.tolist() == [[24, HOLD, REST]]
    assert rng.random() == np.random.default_rng(1).random()


def test_the_same_seed_draws_the_same_tokens_and_another_seed_others():
    logits = np.zeros((3, 32, GRID.n_tokens), dtype=np.float32)

    first, again, other = (
        sample_tokens(logits, 1.0, np.random.default_rng(seed), GRID) for seed in (1, 1, 2)
    )

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_hold_is_never_drawn_after_a_rest():
    logits = np.full((2, 200, GRID.n_tokens), -9.0, dtype=np.float32)
    logits[:, :, [HOLD, REST, 24]] = 0.0

    tokens = sample_tokens(logits, 1.0, np.random.default_rng(0), GRID)

    assert {HOLD, REST, 24} <= set(tokens.ravel().tolist())
    assert not ((tokens[:, :-1] == REST) & (tokens[:, 1:] == HOLD)).any()


def test_the_first_step_of_a_window_may_hold():
    assert sample_tokens(make_logits(HOLD) * 20, 1.0, np.random.default_rng(0), GRID).tolist() == [[HOLD]]


def test_drawing_follows_the_softmax():
    # Two tokens at odds of 3 to 1: 400 draws give 300 within five standard deviations.
    logits = np.full((400, 1, GRID.n_tokens), -50.0, dtype=np.float32)
    logits[:, 0, 0], logits[:, 0, 1] = np.log(3.0), 0.0

    tokens = sample_tokens(logits, 1.0, np.random.default_rng(0), GRID)

    assert abs(int((tokens == 0).sum()) - 300) < 45
