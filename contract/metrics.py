"""The metrics line: what the training container appends once per epoch, and the API serves from there.

`metrics.jsonl` is append-only. `seq` grows by one per line, whatever restarts lie between, so that a
reader asks for "all after seq n". The first line has kind `reference`: the training set's own values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from contract.base import WireModel

METRICS_FILE = "metrics.jsonl"
SAMPLES_FOLDER = "samples"

# Names of points. Losses have no track; measures may name one.
GENERATOR_LOSS = "generator_loss"
CRITIC_LOSS = "critic_loss"
SEMITONE_CLASH = "semitone_clash"
SCALE_CONSISTENCY = "scale_consistency"


class MetricValue(WireModel):
    """One named number; `track` is the voice it belongs to, or none for the whole."""

    name: str
    value: float
    track: str | None = None


class MetricsLine(WireModel):
    """One line of `metrics.jsonl`."""

    seq: Annotated[int, Field(ge=0)]
    kind: Literal["reference", "epoch"] = "epoch"
    epoch: Annotated[int, Field(ge=0)]
    epochs: Annotated[int, Field(ge=1)]
    elapsed_seconds: float
    seconds_left: float | None = None
    values: list[MetricValue]


class MetricPoint(WireModel):
    """One point of `GET /training-jobs/{id}/metrics`."""

    seq: int
    epoch: int
    name: str
    value: float
    track: str | None = None


class MetricsAnswer(WireModel):
    """Points after the asked one, the training set's own values, and where to go on from."""

    items: list[MetricPoint]
    reference: list[MetricValue] = []
    next_after: int


def sample_file(epoch: int) -> str:
    """Name of the MIDI sampled after `epoch`, within the samples folder."""
    return f"epoch-{epoch:05d}.mid"


def epoch_of_sample_file(name: str) -> int:
    """The inverse of `sample_file`. Raises `ValueError` on another name."""
    stem = name.removeprefix("epoch-").removesuffix(".mid")
    return int(stem)


def read_metrics_lines(lines: Iterable[str]) -> Iterator[MetricsLine]:
    """Whole lines, in order. A torn last line (the file is copied while it grows) is left for next time.

    Raises `ValueError` when a line before the last one cannot be read.
    """
    pending: ValidationError | None = None
    for line in lines:
        if not line.strip():
            continue
        if pending is not None:
            raise pending
        try:
            parsed = MetricsLine.model_validate_json(line)
        except ValidationError as error:
            pending = error
            continue
        yield parsed
