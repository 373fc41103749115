"""The dataset channel as SageMaker lays it out, and what is told when it cannot be trained on."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.dataset import CatalogPiece
from music.midi import write_midi
from music.score import Score
from tests.unit.training.builders import make_score
from training_container.dataset import VOICES, load_pieces, load_training_data
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
