"""Snippets to learn from: pieces of the dataset channel, split by melody and cut into windows.

A snippet is 32 steps of four voices as two arrays, which pitch sounds and where notes begin. Invariant:
pieces that share a melody group are never on both sides of the split, and a piece stays on its side
whatever filter brought it here. Axis letters: `N` snippets, `C` voices (melody first), `T` steps.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from contract.dataset import CATALOG_FILE, CatalogPiece, read_catalog
from contract.manifest import ManifestTrack
from music.midi import read_midi
from music.score import InvalidMusic, Score, Track
from music.tokens import TokenGrid
from training_container.errors import InvalidJob

SNIPPET_STEPS = 32
HELD_OUT_SHARE = 0.1
SILENT = -1
MELODY_VOICE = "Soprano"
ACCOMPANIMENT_VOICES = ("Alto", "Tenor", "Bass")
VOICES = (MELODY_VOICE, *ACCOMPANIMENT_VOICES)
GRID = TokenGrid()


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece with every voice; `voices` are in the order of `VOICES`."""

    piece_id: str
    melody_group: str
    voices: tuple[Track, ...]
    n_steps: int


@dataclass(frozen=True, slots=True)
class Snippets:
    """Windows of pieces.

    pitches: (N, C, T) int16, index into the grid's pitches, `SILENT` where the voice rests.
    onsets: (N, C, T) bool, where a note begins; a note that began before the window begins at its step 0.
    """

    pitches: npt.NDArray[np.int16]
    onsets: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.pitches)

    def take(self, indices: npt.NDArray[np.intp]) -> Snippets:
        return Snippets(self.pitches[indices], self.onsets[indices])


@dataclass(frozen=True, slots=True)
class TrainingData:
    """Both sides of the split, the held-out piece that samples are made from, and the instruments."""

    training: Snippets
    held_out: Snippets
    sample: Piece
    melody: ManifestTrack
    accompaniment: tuple[ManifestTrack, ...]
    fingerprint: str


def load_training_data(channel: Path, hop_steps: int) -> TrainingData:
    """The dataset channel's folder as snippets. Raises `InvalidJob` when it cannot be trained on."""
    return make_training_data(load_pieces(channel), hop_steps)


def make_training_data(pieces: Sequence[Piece], hop_steps: int) -> TrainingData:
    """Pieces, split and cut. Raises `InvalidJob` when a side would be left without a snippet."""
    training, held_out = split_by_melody(pieces)
    tracks = [ManifestTrack(name=track.name, program=track.program) for track in pieces[0].voices]
    sides = cut_snippets(training, hop_steps), cut_snippets(held_out, hop_steps)
    for side, name in zip(sides, ("training", "held-out"), strict=True):
        if len(side) == 0:
            raise InvalidJob(f"No {name} piece is as long as a snippet of {SNIPPET_STEPS} steps.")
    sample = next(piece for piece in held_out if piece.n_steps >= SNIPPET_STEPS)
    return TrainingData(*sides, sample, tracks[0], tuple(tracks[1:]), _fingerprint(*sides))


def load_pieces(channel: Path) -> list[Piece]:
    """The pieces that the catalog names and that are there; the others were filtered out."""
    catalog_file = channel / CATALOG_FILE
    if not catalog_file.is_file():
        raise InvalidJob(f"The dataset holds no {CATALOG_FILE}.")
    try:
        catalog = read_catalog(catalog_file.read_text(encoding="utf-8").splitlines())
    except ValidationError as error:
        raise InvalidJob(f"The dataset's {CATALOG_FILE} has a line that cannot be read: {error}") from error
    pieces = [_load_piece(entry, channel) for entry in catalog if (channel / entry.file).is_file()]
    if not pieces:
        raise InvalidJob(
            f"No piece is left to train on: the catalog names {len(catalog)} pieces, "
            "and the filter tags leave none of them."
        )
    return pieces


def _load_piece(entry: CatalogPiece, channel: Path) -> Piece:
    try:
        score = read_midi((channel / entry.file).read_bytes())
    except InvalidMusic as error:
        raise InvalidJob(f"The piece {entry.piece_id} cannot be read: {error}") from error
    return to_piece(entry.piece_id, entry.melody_group, score)


def to_piece(piece_id: str, melody_group: str, score: Score) -> Piece:
    """A score with its voices in order. Raises `InvalidJob` when one is missing."""
    by_name = {track.name: track for track in score.tracks}
    missing = [voice for voice in VOICES if voice not in by_name]
    if missing:
        raise InvalidJob(
            f"The piece {piece_id} lacks {' and '.join(missing)}; "
            f"a piece needs the tracks {', '.join(VOICES)}."
        )
    return Piece(piece_id, melody_group, tuple(by_name[voice] for voice in VOICES), score.n_steps)


def split_by_melody(pieces: Sequence[Piece]) -> tuple[list[Piece], list[Piece]]:
    """Training pieces and held-out pieces.

    A melody group is held out when its hash falls in the lowest tenth, so that a filter moves no piece
    across. Where that would leave a side empty, the group with the lowest hash alone is held out.
    """
    positions = {piece.melody_group: _hash_position(piece.melody_group) for piece in pieces}
    if len(positions) < 2:
        raise InvalidJob(
            f"Training needs at least two different melodies, one of them held out for the measures; "
            f"the dataset has {len(positions)}."
        )
    held_out = {group for group, position in positions.items() if position < HELD_OUT_SHARE}
    if not held_out or len(held_out) == len(positions):
        held_out = {min(positions, key=positions.__getitem__)}
    return (
        [piece for piece in pieces if piece.melody_group not in held_out],
        [piece for piece in pieces if piece.melody_group in held_out],
    )


def _hash_position(melody_group: str) -> float:
    """Where a group's hash lies between 0 and 1: the same on every machine."""
    digest = hashlib.sha256(melody_group.encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64


def cut_snippets(pieces: Iterable[Piece], hop_steps: int) -> Snippets:
    """All windows of `SNIPPET_STEPS` that lie wholly within a piece, `hop_steps` apart."""
    pitches, onsets = [], []
    for piece in pieces:
        piece_pitches, piece_onsets = _to_arrays(piece)
        for start in range(0, piece.n_steps - SNIPPET_STEPS + 1, hop_steps):
            window = slice(start, start + SNIPPET_STEPS)
            pitches.append(piece_pitches[:, window])
            begins = piece_onsets[:, window].copy()
            begins[:, 0] = pitches[-1][:, 0] != SILENT
            onsets.append(begins)
    if not pitches:
        empty = (0, len(VOICES), SNIPPET_STEPS)
        return Snippets(np.empty(empty, np.int16), np.empty(empty, np.bool_))
    return Snippets(np.stack(pitches), np.stack(onsets))


def _to_arrays(piece: Piece) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.bool_]]:
    """A whole piece: which pitch sounds and where notes begin, each (C, steps)."""
    pitches = np.full((len(VOICES), piece.n_steps), SILENT, dtype=np.int16)
    onsets = np.zeros((len(VOICES), piece.n_steps), dtype=np.bool_)
    for voice, track in enumerate(piece.voices):
        for note in sorted(track.notes):
            pitches[voice, note.onset : note.end] = GRID.index_of(note.pitch)
            onsets[voice, note.onset] = True
    return pitches, onsets


def _fingerprint(training: Snippets, held_out: Snippets) -> str:
    """Tells whether a checkpoint was made with the same data."""
    digest = hashlib.sha256()
    for side in (training, held_out):
        digest.update(side.pitches.tobytes())
        digest.update(side.onsets.tobytes())
    return digest.hexdigest()


def transpose(snippets: Snippets, semitones: npt.NDArray[np.int16]) -> Snippets:
    """Each snippet moved by its number of semitones (N,), or as far as its pitches stay on the grid."""
    sounding = snippets.pitches != SILENT
    flat = snippets.pitches.reshape(len(snippets), -1)  # (N, C*T)
    rests = ~sounding.reshape(len(snippets), -1)
    lowest = np.where(rests, GRID.n_pitches - 1, flat).min(axis=1)
    highest = np.where(rests, 0, flat).max(axis=1)
    shift = np.clip(semitones, -lowest, GRID.n_pitches - 1 - highest).astype(np.int16)
    moved = np.where(sounding, snippets.pitches + shift[:, None, None], np.int16(SILENT))
    return Snippets(moved, snippets.onsets)
