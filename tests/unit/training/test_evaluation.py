from __future__ import annotations

import numpy as np
import pytest
import torch

from music.tokens import TokenGrid, decode_voice
from tests.unit.training.builders import make_data, small_values
from training_container.dataset import SILENT
from training_container.evaluation import (
    choose_evenly,
    evaluate_generator,
    evaluate_snippets,
    generate,
    scale_consistency,
    semitone_clash,
    sustained_notes,
    to_rolls,
)
from training_container.loop import make_generator


def voices(*rows: list[int]) -> np.ndarray:
    return np.array([rows], dtype=np.int16)


def test_clash_counts_steps_with_a_semitone_by_hand():
    # together at 3 of 4 steps; a minor ninth at step 0, a major seventh at step 1, a third at step 2
    pitches = voices([13, 11, 16, SILENT], [0, 0, 12, 12])

    assert semitone_clash(pitches) == pytest.approx(2 / 3)


def test_clash_is_heard_between_any_two_voices():
    assert semitone_clash(voices([24, 24], [16, 16], [12, 25])) == 0.5


def test_clash_of_one_voice_alone_is_none():
    assert semitone_clash(voices([1, 2], [SILENT, SILENT])) == 0


def test_scale_consistency_by_hand():
    c_major_and_one_f_sharp = voices([0, 2, 4, 5, 7, 9, 11, 6])

    assert scale_consistency(c_major_and_one_f_sharp) == pytest.approx(7 / 8)


def test_scale_consistency_knows_the_harmonic_minor_and_skips_silence():
    a_minor = voices([9, 11, 0, 2, 4, 5, 8, 9])
    silent = voices([SILENT] * 8)

    assert scale_consistency(np.concatenate([a_minor, silent])) == 1
    assert scale_consistency(silent) == 1


def test_sustained_notes_by_hand():
    # the accompaniment has a sixteenth, then an eighth, then a sixteenth before a rest
    pitches = voices([0] * 6, [5, 5, 5, 7, SILENT, SILENT])
    onsets = np.array([[[1, 0, 0, 0, 0, 0], [1, 1, 0, 1, 0, 0]]], dtype=np.bool_)

    assert sustained_notes(pitches, onsets) == pytest.approx(1 / 3)


def test_rolls_agree_with_the_shared_decoder():
    grid = TokenGrid()
    tokens = np.random.default_rng(0).choice([3, 17, grid.hold, grid.rest], size=(4, 3, 32))

    pitches, onsets = to_rolls(tokens)

    for voice, row in enumerate(tokens[0]):
        expected = np.full(32, SILENT)
        notes = decode_voice(row, grid)
        for note in notes:
            expected[note.onset : note.end] = grid.index_of(note.pitch)
        assert pitches[0, voice].tolist() == expected.tolist()
        assert np.flatnonzero(onsets[0, voice]).tolist() == [note.onset for note in notes]


def test_given_melody_passes_through_untouched():
    held_out = make_data().held_out

    answer = generate(make_generator(small_values()), held_out, 32, which=0)

    assert np.array_equal(answer.pitches[:, 0], held_out.pitches[:, 0])
    assert np.array_equal(answer.onsets[:, 0], held_out.onsets[:, 0])


def test_evaluation_is_the_same_for_the_same_weights():
    torch.manual_seed(1)
    generator, held_out = make_generator(small_values()), make_data().held_out

    first, again = (evaluate_generator(generator, held_out, 32) for _ in range(2))

    assert first == again
    assert {"semitone_clash", "scale_consistency", "variety", "agreement"} <= {value.name for value in first}


def test_measures_per_voice_name_their_track():
    values = evaluate_snippets(make_data().training)

    assert [v.track for v in values if v.name == "notes_per_bar"] == ["Alto", "Tenor", "Bass"]


def test_chosen_snippets_are_spread_and_no_more_than_asked():
    snippets = make_data(8).training

    assert len(choose_evenly(snippets, 4)) == 4
    assert len(choose_evenly(snippets, 10_000)) == len(snippets)
    assert np.array_equal(choose_evenly(snippets, 2).pitches[1], snippets.pitches[-1])
