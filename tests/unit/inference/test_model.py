"""A graph and a manifest that do not fit each other never become a model."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from inference_container.archive import ModelFiles
from inference_container.errors import CorruptModel
from inference_container.model import load_model
from tests.unit.inference.builders import make_graph, make_manifest


def load(graph, **changes):
    return load_model(ModelFiles(graph, make_manifest(graph, **changes).to_json().encode()), threads=1)


def test_model_runs_any_number_of_windows():
    model = load(make_graph())
    noise = np.zeros((3, 3, 4), np.float32)

    logits = model.run(np.zeros((3, 24, 16), np.float32), np.zeros((3, 1, 16), np.float32), noise)

    assert logits.shape == (3, 2, 16, 26)
    assert (model.grid.lowest_pitch, model.grid.n_pitches) == (48, 24)


def test_graph_that_the_manifest_does_not_name_is_refused():
    manifest = make_manifest(make_graph(weights_seed=1)).to_json().encode()

    with pytest.raises(CorruptModel, match="SHA-256 differs"):
        load_model(ModelFiles(make_graph(weights_seed=2), manifest), threads=1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"formatVersion": 2}, "wrong at formatVersion"),
        ({"technique": "magic"}, "wrong at technique"),
        ({"pitches": 0}, "wrong at pitches"),
        ({"accompaniment": []}, "wrong at accompaniment"),
        ({"pickle": "model.pkl"}, "wrong at pickle"),
        ({"stepsPerBeat": 12}, "counts 12 steps a beat"),
        ({"lowestPitch": 120}, "beyond MIDI's 127"),
        ({"pitches": 11}, "less than an octave"),
    ],
)
def test_bad_manifest_is_refused_by_the_field_that_is_wrong(change, message):
    graph = make_graph()
    manifest = json.dumps(make_manifest(graph).to_wire() | change).encode()

    with pytest.raises(CorruptModel, match=message):
        load_model(ModelFiles(graph, manifest), threads=1)


@pytest.mark.parametrize("manifest", [b"", b"[]", b"\xff\xfe", b'{"steps": 1e999}'])
def test_manifest_that_is_no_json_object_of_ours_is_refused(manifest):
    with pytest.raises(CorruptModel, match=r"manifest\.json is wrong at"):
        load_model(ModelFiles(make_graph(), manifest), threads=1)


@pytest.mark.parametrize("graph", [b"", b"no graph", make_graph()[:200]])
def test_what_is_no_graph_is_refused(graph):
    with pytest.raises(CorruptModel, match=r"model\.onnx cannot be loaded"):
        load(graph)


@pytest.mark.parametrize(
    "change",
    [
        {"steps": 32},
        {"pitches": 25},
        {"noise_channels": 4},
        {"noise_steps": 8},
        {"accompaniment": make_manifest().accompaniment * 2},
    ],
)
def test_graph_of_other_shapes_than_the_manifest_is_refused(change):
    with pytest.raises(CorruptModel, match="but the manifest says"):
        load(make_graph(), **change)


@pytest.mark.parametrize("names", [{"output": "voices"}, {"melody_input": "tune"}])
def test_graph_of_other_names_is_refused(names):
    with pytest.raises(CorruptModel, match=r"maps \[.*\] to \[.*\], not"):
        load(make_graph(**names))


def test_graph_for_one_window_only_is_refused():
    with pytest.raises(CorruptModel, match="but the manifest says"):
        load(make_graph(batch=1))


def test_graph_whose_logits_are_no_numbers_is_refused():
    with pytest.raises(CorruptModel, match="no numbers"):
        load(make_graph(gain=float("inf")))


def test_graph_that_leaves_its_output_shape_open_is_found_out_by_running():
    graph = onnx.load_model_from_string(make_graph())
    graph.graph.node[-1].output[0] = "both_voices"
    graph.graph.node.append(helper.make_node("Compress", ["both_voices", "keep"], ["logits"], axis=1))
    graph.graph.initializer.append(numpy_helper.from_array(np.array([True, False]), "keep"))
    graph.graph.output[0].CopyFrom(
        helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["B", "V", 16, 26])
    )

    with pytest.raises(CorruptModel, match="logits came as"):
        load(graph.SerializeToString())


def test_graph_that_names_a_file_for_its_weights_reads_none(tmp_path, monkeypatch):
    graph = onnx.load_model_from_string(make_graph())
    (weights,) = [value for value in graph.graph.initializer if value.name == "heard"]
    (tmp_path / "weights.bin").write_bytes(weights.raw_data)
    weights.ClearField("raw_data")
    weights.data_location = TensorProto.EXTERNAL
    weights.external_data.add(key="location", value="weights.bin")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(CorruptModel, match="cannot be loaded"):
        load(graph.SerializeToString())


def test_manifest_names_the_graph_by_its_whole_hash():
    graph = make_graph()
    manifest = make_manifest(graph, graph_sha256=hashlib.sha256(graph).hexdigest()[:32])

    with pytest.raises(CorruptModel, match="SHA-256 differs"):
        load_model(ModelFiles(graph, manifest.to_json().encode()), threads=1)
