from __future__ import annotations

import numpy as np
import torch

from music.tokens import encode_voice
from tests.unit.training.builders import make_data, make_pieces
from training_container.batches import Draw, epoch_order, seed_for, to_batch, transposed
from training_container.dataset import GRID, SILENT, Snippets, cut_snippets


def test_tokens_are_those_of_the_shared_vocabulary():
    piece = make_pieces(1, n_steps=32)[0]

    batch = to_batch(cut_snippets([piece], hop_steps=16))

    for voice in (1, 2, 3):
        assert (
            batch.tokens[0, voice - 1].tolist() == encode_voice(piece.voices[voice].notes, 32, GRID).tolist()
        )


def test_rest_and_repeated_note_are_told_apart():
    pitches = np.full((1, 4, 32), SILENT, dtype=np.int16)
    pitches[0, :, 4:8] = 7
    onsets = np.zeros(pitches.shape, dtype=np.bool_)
    onsets[0, :, [4, 6]] = True

    batch = to_batch(Snippets(pitches, onsets))

    expected = [GRID.rest] * 4 + [7, GRID.hold, 7, GRID.hold] + [GRID.rest] * 24
    assert batch.tokens[0, 0].tolist() == expected
    assert batch.sounding.sum().item() == 4 * 4
    assert batch.onsets.sum().item() == 4 * 2


def test_melody_is_pitch_by_step_and_stays_out_of_the_targets():
    data = make_data()

    batch = to_batch(data.training)

    n = len(data.training)
    assert batch.melody.shape == (n, 48, 32)
    assert batch.onset.shape == (n, 1, 32)
    assert batch.tokens.shape == (n, 3, 32)
    assert torch.equal(batch.melody, batch.sounding[:, 0].transpose(1, 2))


def test_epoch_visits_every_snippet_once_in_its_own_order():
    first, second = epoch_order(50, seed=1, epoch=0), epoch_order(50, seed=1, epoch=1)

    assert sorted(first) == sorted(second) == list(range(50))
    assert first.tolist() != second.tolist()


def test_draws_depend_on_seed_purpose_and_place():
    seeds = {seed_for(s, draw, place) for s in (0, 1) for draw in Draw for place in (0, 1)}

    assert len(seeds) == 2 * len(Draw) * 2


def test_transposition_is_the_same_at_the_same_step():
    snippets = make_data().training

    first, again, later = (transposed(snippets, 3, 5, step).pitches for step in (7, 7, 8))

    assert np.array_equal(first, again)
    assert not np.array_equal(first, later)
    assert np.abs(first - snippets.pitches).max() <= 3
