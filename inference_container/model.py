"""A model that can accompany: its manifest, and its ONNX graph held to what the manifest promises.

A `Model` in hand has passed every check here, a run included, so that the composer needs none.
Axis letters: `B` windows, `V` voices, `T` steps, `P` pitches, `K` tokens.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from contract.manifest import GRAPH_FILE, MANIFEST_FILE, ModelManifest
from inference_container.archive import ModelFiles
from inference_container.errors import CorruptModel
from music.score import N_PITCHES, STEPS_PER_BEAT
from music.tokens import SEMITONES_PER_OCTAVE, TokenGrid

if TYPE_CHECKING:
    from onnxruntime import InferenceSession  # type: ignore[import-untyped]  # ships no types

Array = npt.NDArray[np.float32]
_FLOAT = "tensor(float)"
_LOGITS = "logits"
# A graph may name files to read weights from. Ours carry them inside, so such names lead nowhere.
_NO_FOLDER = "/nonexistent"


@dataclass(frozen=True)
class Model:
    """A checked model. Runs may be made from several threads at once."""

    manifest: ModelManifest
    session: InferenceSession

    @property
    def grid(self) -> TokenGrid:
        return TokenGrid(self.manifest.lowest_pitch, self.manifest.pitches)

    def run(self, melody: Array, onset: Array, noise: Array) -> Array:
        """Logits (B, V, T, K) from melody (B, P, T), onset (B, 1, T) and noise (B, channels, noise steps)."""
        inputs = {"melody": melody, "onset": onset, "noise": noise}
        logits: Array
        try:
            (logits,) = self.session.run([_LOGITS], inputs)
        except _graph_errors() as error:
            raise CorruptModel(f"{GRAPH_FILE} does not run: {error}") from error
        expected = (len(melody), *_logits_shape(self.manifest))
        if logits.shape != expected or logits.dtype != np.float32:
            raise CorruptModel(f"{_LOGITS} came as {logits.dtype} {logits.shape}, not as float32 {expected}")
        if not np.isfinite(logits).all():
            raise CorruptModel(f"{_LOGITS} holds values that are no numbers")
        return logits


def load_model(files: ModelFiles, threads: int) -> Model:
    """The model in two files. Raises `CorruptModel` naming the first thing that is wrong."""
    manifest = _read_manifest(files.manifest)
    if hashlib.sha256(files.graph).hexdigest() != manifest.graph_sha256:
        raise CorruptModel(f"{GRAPH_FILE} is not the graph that the manifest names: its SHA-256 differs")
    model = Model(manifest, _open_session(files.graph, threads))
    _check_signature(model)
    # Two windows, so that a graph made for one only is found out here.
    model.run(*(np.zeros((2, *shape), np.float32) for shape in _input_shapes(manifest).values()))
    return model


def _read_manifest(data: bytes) -> ModelManifest:
    try:
        manifest = ModelManifest.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise CorruptModel(f"{MANIFEST_FILE} is wrong at {place}: {first['msg']}") from error
    if manifest.steps_per_beat != STEPS_PER_BEAT:
        raise CorruptModel(f"the model counts {manifest.steps_per_beat} steps a beat, not {STEPS_PER_BEAT}")
    if manifest.lowest_pitch + manifest.pitches > N_PITCHES:
        raise CorruptModel(f"the model's pitches go beyond MIDI's {N_PITCHES - 1}")
    if manifest.pitches < SEMITONES_PER_OCTAVE:
        raise CorruptModel("the model knows less than an octave, so melodies cannot be folded into its range")
    return manifest


def _open_session(graph: bytes, threads: int) -> InferenceSession:
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", _NO_FOLDER)
    options.log_severity_level = 4  # errors come as exceptions; its own log has many lines
    try:
        return InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except _graph_errors() as error:
        raise CorruptModel(f"{GRAPH_FILE} cannot be loaded: {error}") from error


def _graph_errors() -> tuple[type[Exception], ...]:
    """What ONNX Runtime raises on a graph that it cannot load or run: flat siblings under `Exception`."""
    from onnxruntime.capi import (  # type: ignore[import-untyped]  # ships no types
        onnxruntime_pybind11_state as raised,
    )

    return (
        raised.Fail,
        raised.InvalidArgument,
        raised.InvalidGraph,
        raised.InvalidProtobuf,
        raised.NoSuchFile,
        raised.NotImplemented,
        raised.RuntimeException,
    )


def _input_shapes(manifest: ModelManifest) -> dict[str, tuple[int, ...]]:
    """The shape of each input without the batch."""
    return {
        "melody": (manifest.pitches, manifest.steps),
        "onset": (1, manifest.steps),
        "noise": (manifest.noise_channels, manifest.noise_steps),
    }


def _logits_shape(manifest: ModelManifest) -> tuple[int, ...]:
    tokens = TokenGrid(manifest.lowest_pitch, manifest.pitches).n_tokens
    return (len(manifest.accompaniment), manifest.steps, tokens)


def _check_signature(model: Model) -> None:
    """Names and shapes as the graph declares them. A dimension left open is found out by running."""
    inputs = {value.name: value for value in model.session.get_inputs()}
    outputs = {value.name: value for value in model.session.get_outputs()}
    shapes = _input_shapes(model.manifest)
    if inputs.keys() != shapes.keys() or _LOGITS not in outputs:
        raise CorruptModel(
            f"{GRAPH_FILE} maps {sorted(inputs)} to {sorted(outputs)}, not {sorted(shapes)} to {_LOGITS}"
        )
    declared = [(inputs[name], shape) for name, shape in shapes.items()]
    for value, shape in [*declared, (outputs[_LOGITS], _logits_shape(model.manifest))]:
        if value.type != _FLOAT or not _agrees(value.shape, shape):
            raise CorruptModel(
                f"{value.name} is {value.type} {value.shape} in {GRAPH_FILE}, "
                f"but the manifest says float with {list(shape)} after the batch"
            )


def _agrees(declared: list[int | str | None], shape: tuple[int, ...]) -> bool:
    if len(declared) != len(shape) + 1 or isinstance(declared[0], int):
        return False
    return all(
        not isinstance(size, int) or size == wanted for size, wanted in zip(declared[1:], shape, strict=True)
    )
