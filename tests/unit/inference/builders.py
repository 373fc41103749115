"""Models, archives and melodies for tests: tiny graphs that really run, and a store in memory."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from contract.hyperparameters import Technique
from contract.manifest import GRAPH_FILE, MANIFEST_FILE, ManifestTrack, ModelManifest
from contract.object_keys import ObjectLocation
from inference_container.errors import CorruptModel, ModelNotFound
from inference_container.object_store import FetchedObject
from music.score import Melody, Note
from music.tokens import TokenGrid

URI = "s3://artifacts/models/job-1/continuo-job-1/output/model.tar.gz"


def make_manifest(graph=b"", **changes):
    """A small model's manifest: 16 steps, two octaves from C3, two voices."""
    values: dict[str, Any] = {
        "technique": Technique.UNET_GAN,
        "steps": 16,
        "steps_per_beat": 4,
        "lowest_pitch": 48,
        "pitches": 24,
        "noise_channels": 3,
        "noise_steps": 4,
        "melody": ManifestTrack(name="Soprano", program=52),
        "accompaniment": [ManifestTrack(name="Alto", program=53), ManifestTrack(name="Bass", program=32)],
        "graph_sha256": hashlib.sha256(graph).hexdigest(),
        "trained_epochs": 1,
        "hyperparameters": {"epochs": 1},
    }
    return ModelManifest(**(values | changes))


def make_graph(manifest=None, *, weights_seed=0, batch="B", output="logits", melody_input="melody", gain=1.0):
    """An ONNX graph with the manifest's signature: a convolution over what sounds, another over the noise."""
    manifest = manifest or make_manifest()
    pitches, steps = manifest.pitches, manifest.steps
    voices, tokens = len(manifest.accompaniment), pitches + 2
    stride = steps // manifest.noise_steps
    rng = np.random.default_rng(weights_seed)
    weights = {
        "heard": gain * rng.standard_normal((voices * tokens, pitches + 1, 3)),
        "drawn": gain * rng.standard_normal((manifest.noise_channels, voices * tokens, stride)),
    }
    initializers = [
        numpy_helper.from_array(value.astype(np.float32), name) for name, value in weights.items()
    ]
    initializers.append(
        numpy_helper.from_array(np.array([-1, voices, tokens, steps], dtype=np.int64), "shape")
    )
    nodes = [
        helper.make_node("Concat", [melody_input, "onset"], ["sound"], axis=1),
        helper.make_node("Conv", ["sound", "heard"], ["from_sound"], pads=[1, 1]),
        helper.make_node("ConvTranspose", ["noise", "drawn"], ["from_noise"], strides=[stride]),
        helper.make_node("Add", ["from_sound", "from_noise"], ["flat"]),
        helper.make_node("Reshape", ["flat", "shape"], ["by_token"]),
        helper.make_node("Transpose", ["by_token"], [output], perm=[0, 1, 3, 2]),
    ]
    inputs = {
        melody_input: [batch, pitches, steps],
        "onset": [batch, 1, steps],
        "noise": [batch, manifest.noise_channels, manifest.noise_steps],
    }
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, [batch, voices, steps, tokens])],
        initializers,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return model.SerializeToString()


def make_model_archive(**graph_changes):
    """A `model.tar.gz` that composes; another `weights_seed` composes otherwise."""
    graph = make_graph(**graph_changes)
    return pack({GRAPH_FILE: graph, MANIFEST_FILE: make_manifest(graph).to_json().encode()})


def pack(files):
    """A tar.gz of regular files by name."""
    return pack_members([(regular(name, content), content) for name, content in files.items()])


def pack_members(members):
    """A tar.gz of any members, each with its content."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as tar:
        for member, content in members:
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def regular(name, content=b""):
    member = tarfile.TarInfo(name)
    member.size = len(content)
    return member


def make_melody(*pitches, duration=4, start=0, **changes):
    """Notes of one length, one after the other."""
    notes = tuple(Note(start + index * duration, pitch, duration) for index, pitch in enumerate(pitches))
    return Melody(notes, **changes)


class FakeObjectStore:
    """Objects in memory; counts what it is asked, and can be told to fail or to wait."""

    def __init__(self, objects=None):
        self.objects = {}
        self.fetches = []
        self.bodies_sent = 0
        self.failure = None
        self.gate = threading.Event()
        self.gate.set()
        for uri, body in (objects or {}).items():
            self.put(uri, body)

    def put(self, uri, body):
        self.objects[uri] = FetchedObject(f'"{hashlib.md5(body).hexdigest()}"', body)

    def fetch(self, location: ObjectLocation, known_etag, max_bytes):
        self.fetches.append(location.to_uri())
        assert self.gate.wait(timeout=30)
        if self.failure is not None:
            raise self.failure
        found = self.objects.get(location.to_uri())
        if found is None:
            raise ModelNotFound(f"there is no model at {location.to_uri()}")
        if found.etag == known_etag:
            return None
        if len(found.body) > max_bytes:
            raise CorruptModel(f"the model archive is larger than {max_bytes} bytes")
        self.bodies_sent += 1
        return found


class FakeAccompanist:
    """A model whose logits a test decides: `answer(melody, onset, noise)`; it remembers what it heard."""

    def __init__(self, answer, manifest=None):
        self.manifest = manifest or make_manifest()
        self.answer = answer
        self.heard = []

    @property
    def grid(self):
        return TokenGrid(self.manifest.lowest_pitch, self.manifest.pitches)

    def run(self, melody, onset, noise):
        self.heard.append((melody, onset, noise))
        return self.answer(melody, onset, noise).astype(np.float32)

    def logits(self, n_windows, token=None):
        """Logits that want one token everywhere; without one, nothing more than anything else."""
        shape = (n_windows, len(self.manifest.accompaniment), self.manifest.steps, self.grid.n_tokens)
        logits = np.zeros(shape, np.float32)
        if token is not None:
            logits[..., token] = 10.0
        return logits
