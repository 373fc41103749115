"""The model as it leaves: an ONNX graph and the manifest that says how to run it, checked before it goes.

The TorchScript-based exporter is used: the newer one needs two more packages and gives the same graph.
"""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path

import numpy as np
import onnxruntime  # type: ignore[import-untyped]  # it ships no types
import torch
from torch import Tensor

from contract.hyperparameters import Technique, UnetGanHyperparameters
from contract.manifest import GRAPH_FILE, MANIFEST_FILE, ModelManifest
from contract.metrics import MetricValue
from music.score import STEPS_PER_BEAT
from training_container.dataset import GRID, SNIPPET_STEPS, TrainingData
from training_container.errors import CorruptArtifact
from training_container.generator import Generator, noise_steps

OPSET = 18
INPUTS = ("melody", "onset", "noise")
OUTPUT = "logits"
TOLERANCE = 1e-3  # of logits, which lie within about ±20


def export_model(
    generator: Generator,
    folder: Path,
    data: TrainingData,
    values: UnetGanHyperparameters,
    *,
    trained_epochs: int,
    evaluation: list[MetricValue],
    reference: list[MetricValue],
) -> ModelManifest:
    """Write `model.onnx` and `manifest.json`. Raises `CorruptArtifact` when the graph answers otherwise."""
    folder.mkdir(parents=True, exist_ok=True)
    graph = folder / GRAPH_FILE
    write_graph(generator, graph, values.noise_channels)
    manifest = ModelManifest(
        technique=Technique.UNET_GAN,
        steps=SNIPPET_STEPS,
        steps_per_beat=STEPS_PER_BEAT,
        lowest_pitch=GRID.lowest_pitch,
        pitches=GRID.n_pitches,
        noise_channels=values.noise_channels,
        noise_steps=noise_steps(SNIPPET_STEPS),
        melody=data.melody,
        accompaniment=list(data.accompaniment),
        graph_sha256=hashlib.sha256(graph.read_bytes()).hexdigest(),
        trained_epochs=trained_epochs,
        hyperparameters=values.model_dump(by_alias=True),
        evaluation=evaluation,
        reference=reference,
    )
    (folder / MANIFEST_FILE).write_text(manifest.model_dump_json(by_alias=True, indent=2), encoding="utf-8")
    return manifest


def write_graph(generator: Generator, file: Path, noise_channels: int) -> None:
    """The generator as an ONNX graph with any batch size. Raises `CorruptArtifact` when it disagrees."""
    generator.eval()
    inputs = _example_inputs(noise_channels, batch=2)
    with warnings.catch_warnings():
        # The exporter says that it is the older one, and that a traced size check holds for this size alone.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", torch.jit.TracerWarning)  # type: ignore[attr-defined]  # public, unmarked
        torch.onnx.export(
            generator,
            inputs,
            str(file),
            input_names=list(INPUTS),
            output_names=[OUTPUT],
            dynamic_axes={name: {0: "batch"} for name in (*INPUTS, OUTPUT)},
            opset_version=OPSET,
            dynamo=False,
        )
    validate_graph(generator, file, noise_channels)


def validate_graph(generator: Generator, file: Path, noise_channels: int) -> None:
    """Raises `CorruptArtifact` when ONNX Runtime gives other logits than PyTorch, at another batch size."""
    inputs = _example_inputs(noise_channels, batch=3)
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    feeds = {name: value.numpy() for name, value in zip(INPUTS, inputs, strict=True)}
    (answer,) = session.run([OUTPUT], feeds)
    with torch.no_grad():
        expected = generator(*inputs).numpy()
    apart = float(np.abs(answer - expected).max())
    if not apart <= TOLERANCE:  # also catches NaN
        raise CorruptArtifact(f"The exported graph's logits are {apart:g} away from the trained network's.")


def _example_inputs(noise_channels: int, batch: int) -> tuple[Tensor, Tensor, Tensor]:
    source = torch.Generator().manual_seed(batch)
    melody = torch.zeros(batch, GRID.n_pitches, SNIPPET_STEPS)
    melody[:, GRID.n_pitches // 2] = 1
    onset = (torch.rand(batch, 1, SNIPPET_STEPS, generator=source) < 0.25).float()
    return melody, onset, torch.randn(batch, noise_channels, noise_steps(SNIPPET_STEPS), generator=source)
