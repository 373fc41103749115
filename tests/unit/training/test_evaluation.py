from __future__ import annotations

import numpy as np
import torch

from contract.metrics import SCALE_CONSISTENCY, SEMITONE_CLASH, MetricValue
from music.tokens import TokenGrid, decode_voice
from tests.unit.training.builders import make_data, small_values
from training_container.dataset import SILENT, Snippets
from training_container.evaluation import (
    choose_evenly,
    evaluate_generator,
    evaluate_snippets,
    generate,
    to_rolls,
)
from training_container.loop import make_generator


def value_of(values: list[MetricValue], name: str, track: str | None = None) -> float:
    return next(value.value for value in values if (value.name, value.track) == (name, track))


def test_measures_are_means_over_snippets_by_hand():
    """Two snippets of held notes: in one the bass is a semitone under the soprano, in one an octave."""
    pitches = np.full((2, 4, 32), SILENT, dtype=np.int16)
    pitches[:, 0], pitches[0, 3], pitches[1, 3] = 30, 29, 18
    onsets = np.zeros(pitches.shape, dtype=np.bool_)
    onsets[:, [0, 3], 0] = True

    values = evaluate_snippets(Snippets(pitches, onsets))

    assert value_of(values, SEMITONE_CLASH) == 0.5
    assert value_of(values, SCALE_CONSISTENCY) == 1
    assert value_of(values, "notes_per_bar", "Bass") == 0.5
    assert value_of(values, "silence", "Alto") == 1
    assert value_of(values, "silence", "Bass") == 0


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
