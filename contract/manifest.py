"""The model manifest: the JSON file beside the ONNX graph in `model.tar.gz` that says how to run it.

An archive holds `model.onnx` and `manifest.json`, nothing else, never a pickle. The graph's inputs are
named `melody`, `onset` and `noise`, its output `logits`; their shapes are told here.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from contract.base import WireModel
from contract.hyperparameters import Technique
from contract.metrics import MetricValue

MANIFEST_FILE = "manifest.json"
GRAPH_FILE = "model.onnx"
ARCHIVE_FILE = "model.tar.gz"
FORMAT_VERSION: Literal[1] = 1


class ManifestTrack(WireModel):
    """One track the model plays: its name and General MIDI program (0 to 127)."""

    name: str
    program: Annotated[int, Field(ge=0, le=127)]


class ModelManifest(WireModel):
    """Everything that the inference container must know besides the graph.

    The tokens of each voice and step are `pitches` onsets (lowest pitch first), then hold, then rest.
    """

    format_version: Literal[1] = FORMAT_VERSION
    technique: Technique
    steps: Annotated[int, Field(ge=1, le=1024)]
    steps_per_beat: Annotated[int, Field(ge=1, le=48)]
    lowest_pitch: Annotated[int, Field(ge=0, le=127)]
    pitches: Annotated[int, Field(ge=1, le=128)]
    noise_channels: Annotated[int, Field(ge=1, le=1024)]
    noise_steps: Annotated[int, Field(ge=1, le=1024)]
    melody: ManifestTrack
    accompaniment: Annotated[list[ManifestTrack], Field(min_length=1, max_length=16)]
    graph_sha256: str
    trained_epochs: int
    hyperparameters: dict[str, int | float]
    evaluation: list[MetricValue] = []
    reference: list[MetricValue] = []
