from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from contract.dataset import CatalogPiece
from music.midi import write_midi
from music.score import Note, Score, Track
from tests.unit.training.builders import make_data, make_pieces, make_score
from training_container.dataset import (
    GRID,
    SILENT,
    VOICES,
    Piece,
    Snippets,
    cut_snippets,
    load_pieces,
    load_training_data,
    make_training_data,
    split_by_melody,
    to_piece,
    transpose,
)
from training_container.errors import InvalidJob


def write_channel(folder: Path, scores: dict[str, Score | None]) -> Path:
    """A dataset channel; a score of none is in the catalog, but its file was filtered out."""
    (folder / "pieces").mkdir(parents=True)
    lines = []
    for name, score in scores.items():
        entry = CatalogPiece(
            piece_id=name,
            file=f"pieces/{name}.mid",
            title=name,
            tracks=list(VOICES),
            steps=64,
            melody_group=f"tune of {name}",
            source="made up",
            licence="CC0-1.0",
            tags={},
        )
        lines.append(entry.to_json())
        if score is not None:
            (folder / entry.file).write_bytes(write_midi(score))
    (folder / "catalog.jsonl").write_text("\n".join(lines))
    return folder


def one_voice_piece(*notes: Note, n_steps: int = 32) -> Piece:
    others = [Track(voice, (Note(0, 60, n_steps),)) for voice in VOICES[1:]]
    return to_piece("piece", "tune", Score((Track(VOICES[0], notes), *others)))


def test_channel_is_read_as_its_pieces(tmp_path):
    channel = write_channel(tmp_path, {"a": make_score(1), "b": make_score(2)})

    pieces = load_pieces(channel)

    assert [piece.piece_id for piece in pieces] == ["a", "b"]
    assert [track.name for track in pieces[0].voices] == list(VOICES)
    assert pieces[0].voices[3].notes[0].pitch == make_score(1).tracks[3].notes[0].pitch


def test_piece_whose_file_was_filtered_out_is_left_out(tmp_path):
    channel = write_channel(tmp_path, {"a": make_score(1), "b": None})

    pieces = load_pieces(channel)

    assert [piece.piece_id for piece in pieces] == ["a"]


def test_filter_that_leaves_no_piece_is_told_plainly(tmp_path):
    channel = write_channel(tmp_path, {"a": None, "b": None})

    with pytest.raises(InvalidJob) as caught:
        load_pieces(channel)

    assert str(caught.value).startswith("No piece is left to train on: the catalog names 2 pieces")


def test_missing_catalog_is_told_plainly(tmp_path):
    with pytest.raises(InvalidJob, match=r"The dataset holds no catalog\.jsonl\."):
        load_pieces(tmp_path)


def test_piece_without_a_voice_is_named(tmp_path):
    channel = write_channel(tmp_path, {"a": make_score(1), "b": make_score(2, voices=("Soprano", "Bass"))})

    with pytest.raises(InvalidJob, match="The piece b lacks Alto and Tenor"):
        load_pieces(channel)


def test_piece_that_is_no_midi_is_named(tmp_path):
    channel = write_channel(tmp_path, {"a": make_score(1)})
    (channel / "pieces" / "a.mid").write_bytes(b"MThd, or so it says")

    with pytest.raises(InvalidJob, match="The piece a cannot be read"):
        load_pieces(channel)


def test_pieces_shorter_than_a_snippet_are_told_plainly(tmp_path):
    channel = write_channel(tmp_path, {name: make_score(1, n_steps=16) for name in "ab"})

    with pytest.raises(InvalidJob, match="No training piece is as long as a snippet of 32 steps"):
        load_training_data(channel, hop_steps=16)


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
