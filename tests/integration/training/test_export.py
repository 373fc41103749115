from __future__ import annotations

import hashlib

import numpy as np
import onnx
import onnxruntime  # type: ignore[import-untyped]  # it ships no types
import pytest
import torch

from contract.hyperparameters import UnetGanHyperparameters
from contract.manifest import ModelManifest
from contract.metrics import MetricValue
from tests.unit.training.builders import make_data, small_values
from training_container.errors import CorruptArtifact
from training_container.export import export_model, validate_graph, write_graph
from training_container.loop import make_generator

CLASH = MetricValue(name="semitone_clash", value=0.1)


@pytest.fixture
def generator():
    torch.manual_seed(1)
    return make_generator(small_values())


@pytest.mark.parametrize("batch", [1, 5])
def test_graph_answers_as_the_network_at_any_batch_size(batch, generator, tmp_path):
    file = tmp_path / "model.onnx"
    write_graph(generator, file, noise_channels=32)
    rng = np.random.default_rng(batch)
    feeds = {
        "melody": (rng.random((batch, 48, 32)) < 0.03).astype(np.float32),
        "onset": (rng.random((batch, 1, 32)) < 0.3).astype(np.float32),
        "noise": rng.standard_normal((batch, 32, 4), dtype=np.float32),
    }

    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    (logits,) = session.run(["logits"], feeds)

    expected = generator(*(torch.from_numpy(feeds[name]) for name in ("melody", "onset", "noise")))
    assert logits.shape == (batch, 3, 32, 50)
    np.testing.assert_allclose(logits, expected.detach().numpy(), atol=1e-4)


def test_graph_is_a_legal_single_file(generator, tmp_path):
    write_graph(generator, tmp_path / "model.onnx", noise_channels=32)

    graph = onnx.load(tmp_path / "model.onnx")
    onnx.checker.check_model(graph, full_check=True)

    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]
    assert [value.name for value in graph.graph.input] == ["melody", "onset", "noise"]
    assert [value.name for value in graph.graph.output] == ["logits"]


def test_graph_of_another_network_is_found_out(generator, tmp_path):
    write_graph(generator, tmp_path / "model.onnx", noise_channels=32)
    torch.manual_seed(2)

    with pytest.raises(CorruptArtifact, match="away from the trained network"):
        validate_graph(make_generator(small_values()), tmp_path / "model.onnx", noise_channels=32)


def test_network_that_gives_no_numbers_is_not_exported(generator, tmp_path):
    with torch.no_grad():
        generator.position.fill_(float("nan"))

    with pytest.raises(CorruptArtifact, match="nan away from the trained network"):
        write_graph(generator, tmp_path / "model.onnx", noise_channels=32)


def test_manifest_says_how_to_run_the_graph(generator, tmp_path):
    values = small_values(noise_channels=32)

    written = export_model(
        generator, tmp_path, make_data(), values, trained_epochs=2, evaluation=[CLASH], reference=[CLASH]
    )

    manifest = ModelManifest.model_validate_json((tmp_path / "manifest.json").read_bytes())
    assert manifest == written
    assert (manifest.steps, manifest.pitches, manifest.noise_channels, manifest.noise_steps) == (
        32,
        48,
        32,
        4,
    )
    assert manifest.melody.name == "Soprano"
    assert [track.name for track in manifest.accompaniment] == ["Alto", "Tenor", "Bass"]
    assert manifest.graph_sha256 == hashlib.sha256((tmp_path / "model.onnx").read_bytes()).hexdigest()
    assert UnetGanHyperparameters.model_validate(manifest.hyperparameters) == values


def test_model_of_default_size_is_small_enough(tmp_path):
    values = UnetGanHyperparameters()

    write_graph(make_generator(values), tmp_path / "model.onnx", values.noise_channels)

    assert (tmp_path / "model.onnx").stat().st_size < 15_000_000
