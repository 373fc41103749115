"""A dataset: MIDI pieces in S3, a catalog line for each, and the tags that a filter may use."""

from __future__ import annotations

from collections.abc import Iterable

from contract.base import WireModel

CATALOG_FILE = "catalog.jsonl"


class CatalogPiece(WireModel):
    """One line of a dataset's `catalog.jsonl`: a piece, its MIDI file, and what it can be filtered by.

    `melody_group` names the tune: pieces that share it stay on one side of the train and held-out split.
    """

    piece_id: str
    file: str
    title: str
    tracks: list[str]
    steps: int
    melody_group: str
    source: str
    licence: str
    tags: dict[str, str]


class Dataset(WireModel):
    """A dataset as the REST API shows it; `tags` counts the pieces per tag value."""

    dataset_id: str
    title: str
    description: str
    licence: str
    source: str
    pieces: int
    tracks: list[str]
    tags: dict[str, dict[str, int]]
    shared: bool = True


class DatasetList(WireModel):
    items: list[Dataset]
    next_page_token: str | None = None


def read_catalog(lines: Iterable[str]) -> list[CatalogPiece]:
    """The pieces of a catalog, in file order. Raises `ValueError` on a line that is none."""
    return [CatalogPiece.model_validate_json(line) for line in lines if line.strip()]


def matches(piece: CatalogPiece, filter_tags: dict[str, str]) -> bool:
    """Whether the piece carries every tag of the filter."""
    return all(piece.tags.get(name) == value for name, value in filter_tags.items())


def count_tags(pieces: Iterable[CatalogPiece]) -> dict[str, dict[str, int]]:
    """How many pieces carry each value of each tag, names and values in order."""
    counts: dict[str, dict[str, int]] = {}
    for piece in pieces:
        for name, value in piece.tags.items():
            values = counts.setdefault(name, {})
            values[value] = values.get(value, 0) + 1
    return {name: dict(sorted(counts[name].items())) for name in sorted(counts)}
