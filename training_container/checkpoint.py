"""The checkpoint: one file that holds a training as it stands, replaced whole or not at all.

It is loaded with `weights_only=True`: tensors and plain values, never code. It carries the metric lines
written so far, because SageMaker copies the checkpoint folder while it changes and may have caught
`metrics.jsonl` at an earlier moment.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError

import torch

from training_container.errors import CorruptArtifact, InvalidJob
from training_container.loop import State

CHECKPOINT_FILE = "checkpoint.pt"
FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A training as it stands, and what it must be continued with."""

    trainer: State
    hyperparameters: dict[str, str]
    data_fingerprint: str
    metrics_lines: list[str]
    elapsed_seconds: float

    def validate_continues(self, hyperparameters: dict[str, str], data_fingerprint: str) -> None:
        """Raises `InvalidJob` when the job's values or data are not those the checkpoint was made with."""
        changed = [name for name, value in hyperparameters.items() if self.hyperparameters.get(name) != value]
        if changed:
            raise InvalidJob(
                f"The checkpoint was made with other values of {', '.join(sorted(changed))}; "
                "a training goes on only with the values it began with."
            )
        if self.data_fingerprint != data_fingerprint:
            raise InvalidJob(
                "The checkpoint was made with other pieces; a training goes on only with the same."
            )


def save_checkpoint(checkpoint: Checkpoint, file: Path) -> None:
    """Write beside the file, then rename over it: a reader sees the old one or the new one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".partial")
    content = {name: getattr(checkpoint, name) for name in Checkpoint.__slots__}
    with unfinished.open("wb") as stream:
        torch.save({"format_version": FORMAT_VERSION, **content}, stream)
        stream.flush()
        os.fsync(stream.fileno())
    unfinished.replace(file)


def load_checkpoint(file: Path) -> Checkpoint | None:
    """The inverse of `save_checkpoint`; none when there is no file. Raises `CorruptArtifact`."""
    if not file.is_file():
        return None
    try:
        content = torch.load(file, map_location="cpu", weights_only=True)
        if content.pop("format_version") != FORMAT_VERSION:
            raise CorruptArtifact(f"{file.name} was written by another version of this container.")
        return Checkpoint(**content)
    except (RuntimeError, UnpicklingError, EOFError, AttributeError, KeyError, TypeError) as error:
        raise CorruptArtifact(f"{file.name} cannot be read: {error}") from error
