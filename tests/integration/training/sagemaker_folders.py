"""Builders of what SageMaker lays out before it starts a training."""

from __future__ import annotations

import json
from pathlib import Path

from contract.dataset import CatalogPiece
from contract.hyperparameters import Technique, UnetGanHyperparameters, encode_for_sagemaker
from music.midi import write_midi
from tests.unit.training.builders import make_score
from training_container.dataset import VOICES
from training_container.layout import Layout


def make_folders(
    root: Path, values: UnetGanHyperparameters, n_pieces: int = 5, voices: tuple[str, ...] = VOICES
) -> Layout:
    """A root with a dataset of made-up pieces and the job's hyperparameters as strings."""
    layout = Layout(root)
    (layout.dataset / "pieces").mkdir(parents=True)
    lines = [_write_piece(layout.dataset, number, voices) for number in range(n_pieces)]
    (layout.dataset / "catalog.jsonl").write_text("\n".join(lines))
    write_hyperparameters(layout, encode_for_sagemaker(values, Technique.UNET_GAN))
    return layout


def write_hyperparameters(layout: Layout, strings: dict[str, str]) -> None:
    layout.hyperparameters_file.parent.mkdir(parents=True, exist_ok=True)
    layout.hyperparameters_file.write_text(json.dumps(strings))


def _write_piece(dataset: Path, number: int, voices: tuple[str, ...]) -> str:
    entry = CatalogPiece(
        piece_id=f"piece-{number}",
        file=f"pieces/piece-{number}.mid",
        title=f"Piece {number}",
        tracks=list(voices),
        steps=64,
        melody_group=f"tune-{number}",
        source="made up",
        licence="CC0-1.0",
        tags={"mode": "major"},
    )
    (dataset / entry.file).write_bytes(write_midi(make_score(number, voices=voices)))
    return entry.to_json()
