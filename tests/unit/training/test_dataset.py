from __future__ import annotations

import numpy as np
import pytest

from music.score import Note, Score, Track
from tests.unit.training.builders import make_data, make_pieces
from training_container.dataset import (
    GRID,
    SILENT,
    VOICES,
    Piece,
    Snippets,
    cut_snippets,
    make_training_data,
    split_by_melody,
    to_piece,
    transpose,
)
from training_container.errors import InvalidJob


def one_voice_piece(*notes: Note, n_steps: int = 32) -> Piece:
    others = [Track(voice, (Note(0, 60, n_steps),)) for voice in VOICES[1:]]
    return to_piece("piece", "tune", Score((Track(VOICES[0], notes), *others)))


def test_split_keeps_each_melody_on_one_side():
    pieces = [Piece(f"p{i}", f"tune {i % 40}", (), 64) for i in range(120)]

    training, held_out = split_by_melody(pieces)

    assert {p.melody_group for p in training}.isdisjoint(p.melody_group for p in held_out)
    assert len(training) + len(held_out) == 120
    assert 0 < len(held_out) < 40


def test_filter_moves_no_piece_across_the_split():
    pieces = [Piece(f"p{i}", f"tune {i}", (), 64) for i in range(200)]
    _, held_out_of_all = split_by_melody(pieces)

    _, held_out_of_half = split_by_melody(pieces[::2])

    assert held_out_of_half == [piece for piece in held_out_of_all if piece in pieces[::2]]


def test_few_melodies_still_leave_one_held_out():
    for n in range(2, 8):
        training, held_out = split_by_melody([Piece(f"p{i}", f"tune {i}", (), 64) for i in range(n)])

        assert training
        assert held_out


def test_one_melody_alone_is_refused():
    with pytest.raises(InvalidJob, match="at least two different melodies"):
        split_by_melody([Piece("p", "tune", (), 64), Piece("q", "tune", (), 64)])


def test_snippet_tells_what_sounds_and_where_notes_begin():
    piece = one_voice_piece(Note(0, 60, 2), Note(2, 60, 1), Note(8, 62, 24))

    snippets = cut_snippets([piece], hop_steps=16)

    c = 60 - GRID.lowest_pitch
    assert snippets.pitches[0, 0, :9].tolist() == [c, c, c] + [SILENT] * 5 + [c + 2]
    assert np.flatnonzero(snippets.onsets[0, 0]).tolist() == [0, 2, 8]


def test_note_held_into_a_snippet_begins_at_its_first_step():
    piece = one_voice_piece(Note(0, 60, 40), Note(40, 62, 8), n_steps=48)

    snippets = cut_snippets([piece], hop_steps=16)

    assert len(snippets) == 2
    assert np.flatnonzero(snippets.onsets[1, 0]).tolist() == [0, 24]


def test_smaller_hop_cuts_more_snippets():
    pieces = make_pieces(1, n_steps=64)

    assert [len(cut_snippets(pieces, hop)) for hop in (32, 16, 8)] == [2, 3, 5]


def test_transposition_moves_sounding_pitches_and_no_rests():
    pitches = np.array([[[10, SILENT, 12]]], dtype=np.int16)
    snippets = Snippets(pitches, pitches != SILENT)

    moved = transpose(snippets, np.array([3], dtype=np.int16))

    assert moved.pitches.tolist() == [[[13, SILENT, 15]]]


def test_transposition_stops_at_the_edge_of_the_grid():
    pitches = np.array([[[1, 20]], [[GRID.n_pitches - 2, 20]]], dtype=np.int16)
    snippets = Snippets(pitches, pitches != SILENT)

    moved = transpose(snippets, np.array([-5, 5], dtype=np.int16))

    assert moved.pitches.tolist() == [[[0, 19]], [[GRID.n_pitches - 1, 21]]]


def test_fingerprint_tells_other_pieces():
    assert make_data(5).fingerprint == make_data(5).fingerprint
    assert make_data(5).fingerprint != make_data(6).fingerprint


def test_manifest_tracks_are_those_of_the_pieces():
    data = make_training_data(make_pieces(), hop_steps=16)

    assert (data.melody.name, data.melody.program) == ("Soprano", 52)
    assert [track.name for track in data.accompaniment] == ["Alto", "Tenor", "Bass"]
