"""Training speed and what a short training reaches, by the training container's own entry point."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from contract.metrics import METRICS_FILE, MetricsLine, read_metrics_lines

HYPERPARAMETERS = {"technique": "unet-gan", "epochs": "2", "warmupEpochs": "1", "seed": "0"}


def measure_training(
    dataset: Path, folder: Path, say: Callable[[str], None]
) -> tuple[dict[str, float], dict[str, float], Path]:
    """Samples per second of each epoch, the measures after the last one, and the model's folder."""
    shutil.copytree(dataset, folder / "input" / "data" / "dataset")
    (folder / "input" / "config").mkdir()
    (folder / "input" / "config" / "hyperparameters.json").write_text(json.dumps(HYPERPARAMETERS))
    snippets = _train(folder, say)
    with (folder / "checkpoints" / METRICS_FILE).open() as file:
        reference, warmup, adversarial = list(read_metrics_lines(file))
    speed = {
        "samples_per_second_warmup": _rate(snippets, reference, warmup),
        "samples_per_second": _rate(snippets, warmup, adversarial),
    }
    quality = {value.name: round(value.value, 4) for value in adversarial.values if value.track is None}
    return speed, quality, folder / "model"


def _train(folder: Path, say: Callable[[str], None]) -> int:
    """How many snippets an epoch has."""
    environment = os.environ | {"SAGEMAKER_BASE_DIR": str(folder)}
    with subprocess.Popen(
        [sys.executable, "-m", "training_container", "train"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            say("  " + line.rstrip())
            lines.append(line)
    if process.returncode != 0:
        raise RuntimeError(f"the training ended with exit code {process.returncode}")
    (announced,) = [line for line in lines if line.startswith("Training on ")]
    return int(announced.split()[2])


def _rate(snippets: int, before: MetricsLine, after: MetricsLine) -> float:
    """Snippets a second between two lines; the evaluation at the epoch's end is counted in."""
    return round(snippets / (after.elapsed_seconds - before.elapsed_seconds), 1)
