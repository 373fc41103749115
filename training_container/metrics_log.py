"""`metrics.jsonl` as the container writes it: append-only, numbered without a gap across restarts.

The first line is the training set's own values. An epoch has one line, however often it was trained.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from contract.metrics import MetricsLine, MetricValue, read_metrics_lines


class MetricsLog:
    """The lines written so far and the file they lie in."""

    def __init__(self, file: Path, known: Sequence[str] = ()):
        """Take up the file where it ends; `known` are lines that a checkpoint remembers, in order.

        A torn last line is cut off. Lines that the checkpoint knows and the file does not are written again.
        """
        file.parent.mkdir(parents=True, exist_ok=True)
        present = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
        self._file = file
        self.lines = list(read_metrics_lines(present))
        lost = list(read_metrics_lines(known))[len(self.lines) :]
        self.lines += lost
        text = "".join(f"{line.to_json()}\n" for line in self.lines)
        if present or lost:
            file.write_text(text, encoding="utf-8")

    def has_reference(self) -> bool:
        return any(line.kind == "reference" for line in self.lines)

    def has_epoch(self, epoch: int) -> bool:
        return any(line.kind == "epoch" and line.epoch == epoch for line in self.lines)

    def append_reference(self, epochs: int, values: list[MetricValue], elapsed_seconds: float) -> None:
        self._append(
            MetricsLine(
                seq=len(self.lines),
                kind="reference",
                epoch=0,
                epochs=epochs,
                elapsed_seconds=elapsed_seconds,
                values=values,
            )
        )

    def append_epoch(
        self,
        epoch: int,
        epochs: int,
        values: list[MetricValue],
        elapsed_seconds: float,
        seconds_left: float,
    ) -> None:
        self._append(
            MetricsLine(
                seq=len(self.lines),
                epoch=epoch,
                epochs=epochs,
                elapsed_seconds=elapsed_seconds,
                seconds_left=seconds_left,
                values=values,
            )
        )

    def reference_values(self) -> list[MetricValue]:
        """The training set's own values; none before they were written."""
        return next((line.values for line in self.lines if line.kind == "reference"), [])

    def latest_values(self) -> list[MetricValue]:
        """The newest epoch's values; none before the first epoch's end."""
        return next((line.values for line in reversed(self.lines) if line.kind == "epoch"), [])

    def to_lines(self) -> list[str]:
        return [line.to_json() for line in self.lines]

    def _append(self, line: MetricsLine) -> None:
        with self._file.open("a", encoding="utf-8") as stream:
            stream.write(f"{line.to_json()}\n")
        self.lines.append(line)
