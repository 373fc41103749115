"""The Bach dataset, from the chorales that are installed."""

from __future__ import annotations

import warnings
from pathlib import Path
from statistics import fmean

import pytest

from contract.dataset import CatalogPiece, Dataset, count_tags, read_catalog
from corpus.bach import VOICES, chorale_files
from corpus.musicxml import TICKS_PER_QUARTER, read_musicxml_file
from music import measures
from music.midi import read_midi
from music.piano_roll import to_piano_roll
from music.score import Score

COMPARED = {
    "bwv2.6": "pick-up, measures split by a repeat",
    "bwv66.6": "pick-up",
    "bwv67.4": "plain XML, not zipped",
    "bwv123.6": "3/2",
    "bwv248.64-s": "notes finer than a sixteenth",
    "bwv269": "3/4",
    "bwv276": "many ties",
    "bwv362": "a change of meter",
}
SNIPPET_STEPS = 32


@pytest.fixture(scope="module")
def folder(built_corpus: Path) -> Path:
    return built_corpus / "datasets" / "bach"


@pytest.fixture(scope="module")
def catalog(folder: Path) -> list[CatalogPiece]:
    return read_catalog((folder / "catalog.jsonl").read_text(encoding="utf-8").splitlines())


@pytest.fixture(scope="module")
def scores(folder: Path, catalog: list[CatalogPiece]) -> dict[str, Score]:
    return {piece.piece_id: read_midi((folder / piece.file).read_bytes()) for piece in catalog}


@pytest.mark.parametrize("name", COMPARED)
def test_the_reader_finds_the_notes_that_music21_finds(name: str):
    from music21 import converter, stream

    path = next(path for path in chorale_files() if path.stem == name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # music21's own, on ties and the like
        parsed = converter.parse(path, forceSource=True)
    assert isinstance(parsed, stream.Score)

    ours = read_musicxml_file(path)

    assert len(ours.parts) == len(parsed.parts) == 4
    for part, reference in zip(ours.parts, parsed.parts, strict=True):
        line = reference.stripTies()
        expected = sorted(
            (float(note.getOffsetInHierarchy(line)), note.pitch.midi, float(note.quarterLength))
            for note in line.recurse().notes
        )
        found = [
            (note.onset / TICKS_PER_QUARTER, note.pitch, note.duration / TICKS_PER_QUARTER)
            for note in part.notes
        ]
        assert found == expected


def test_every_four_part_chorale_is_in_the_catalog(catalog: list[CatalogPiece], folder: Path):
    dataset = Dataset.model_validate_json((folder / "dataset.json").read_text(encoding="utf-8"))

    assert len(catalog) == dataset.pieces == 365
    assert len({piece.piece_id for piece in catalog}) == 365
    assert dataset.tags == count_tags(catalog)
    assert dataset.tags["meter"] == {"3/2": 1, "3/4": 36, "4/4": 328}


def test_every_piece_is_four_named_lines_as_long_as_its_catalog_says(
    catalog: list[CatalogPiece], scores: dict[str, Score]
):
    for piece in catalog:
        score = scores[piece.piece_id]
        assert tuple(track.name for track in score.tracks) == VOICES == tuple(piece.tracks)
        assert score.n_steps == piece.steps >= SNIPPET_STEPS
        for track in score.tracks:
            assert all(a.end <= b.onset for a, b in zip(track.notes, track.notes[1:], strict=False))


def test_settings_of_one_tune_share_a_group(catalog: list[CatalogPiece]):
    groups = {piece.piece_id: piece.melody_group for piece in catalog}

    # O Haupt voll Blut und Wunden, in several keys and under several names.
    assert len({groups[piece] for piece in ("bwv244.15", "bwv244.54", "bwv153.5", "bwv270")}) == 1
    assert len(set(groups.values())) == 202


def test_a_well_known_piece_is_described_as_it_is(catalog: list[CatalogPiece]):
    piece = next(piece for piece in catalog if piece.piece_id == "bwv269")

    assert piece.title == "Aus meines Herzens Grunde (BWV 269)"
    assert piece.tags == {
        "composer": "bach", "genre": "chorale", "key": "G major", "meter": "3/4", "mode": "major",
    }  # fmt: skip


def test_measures_tell_bach_from_another_songs_accompaniment(scores: dict[str, Score]):
    rolls = [to_piano_roll(score) for score in scores.values()]
    snippets = [
        roll[start : start + SNIPPET_STEPS]
        for roll in rolls
        for start in range(0, len(roll) - SNIPPET_STEPS + 1, SNIPPET_STEPS)
    ]
    swapped = []
    for own, other in zip(snippets, [*snippets[101:], *snippets[:101]], strict=True):
        mixed = other.copy()
        mixed[:, :, 0] = own[:, :, 0]
        swapped.append(mixed)

    clash, swapped_clash = (fmean(map(measures.semitone_clash, rolls)) for rolls in (snippets, swapped))

    assert 0.055 < clash < 0.079
    assert 0.32 < swapped_clash < 0.37
    assert 0.95 < fmean(map(measures.scale_consistency, snippets)) < 0.965
    assert fmean(map(measures.voice_crossing, snippets)) < 0.01


def test_track_measures_of_a_chorale_are_those_of_a_voice(scores: dict[str, Score]):
    values = measures.evaluate_tracks(scores["bwv66.6"])

    assert {name: voice["polyphony"] for name, voice in values.items()} == dict.fromkeys(VOICES, 1.0)
    assert all(3.0 < voice["notes_per_bar"] < 8.0 for voice in values.values())
