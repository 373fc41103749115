from __future__ import annotations

import json

import pytest

from contract.manifest import ModelManifest
from contract.metrics import epoch_of_sample_file, read_metrics_lines
from music.midi import read_midi
from tests.integration.training.sagemaker_folders import make_folders, write_hyperparameters
from tests.unit.training.builders import make_score, small_values
from training_container.errors import InvalidJob
from training_container.job import has_fast_bfloat16, run_job
from training_container.layout import Layout, read_hyperparameters


def never() -> bool:
    return False


def stop_after(n_batches: int):
    left = iter([False] * n_batches)
    return lambda: next(left, True)


def metrics_of(layout: Layout) -> list:
    return list(read_metrics_lines(layout.metrics_file.read_text().splitlines()))


def graph_of(layout: Layout) -> str:
    return ModelManifest.model_validate_json((layout.model / "manifest.json").read_bytes()).graph_sha256


def test_job_leaves_model_metrics_samples_and_checkpoint(tmp_path):
    layout = make_folders(tmp_path, small_values(epochs=2))

    run_job(layout, never)

    assert sorted(path.name for path in layout.model.iterdir()) == ["manifest.json", "model.onnx"]
    assert sorted(path.name for path in layout.metrics_file.parent.iterdir()) == [
        "checkpoint.pt",
        "metrics.jsonl",
        "samples",
    ]
    manifest = ModelManifest.model_validate_json((layout.model / "manifest.json").read_bytes())
    assert manifest.trained_epochs == 2
    assert manifest.evaluation == metrics_of(layout)[-1].values
    assert manifest.reference == metrics_of(layout)[0].values


def test_metrics_begin_with_the_reference_and_have_a_line_per_epoch(tmp_path):
    layout = make_folders(tmp_path, small_values(epochs=3))

    run_job(layout, never)

    lines = metrics_of(layout)
    assert [(line.seq, line.kind, line.epoch) for line in lines] == [
        (0, "reference", 0),
        (1, "epoch", 1),
        (2, "epoch", 2),
        (3, "epoch", 3),
    ]
    names = {value.name for value in lines[1].values}
    assert {"generator_loss", "critic_loss", "semitone_clash", "scale_consistency", "variety"} <= names
    assert lines[-1].seconds_left == 0


def test_epoch_is_told_in_the_log_as_metric_definitions_read_it(tmp_path, capsys):
    layout = make_folders(tmp_path, small_values(epochs=1))

    run_job(layout, never)

    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("epoch=")]
    told = dict(pair.split("=") for pair in line.split())
    assert told["epoch"] == "1"
    assert float(told["generator_loss"]) == pytest.approx(
        next(v.value for v in metrics_of(layout)[1].values if v.name == "generator_loss"), rel=1e-4
    )
    assert "critic_loss" in told


def test_samples_are_of_the_same_melody_as_often_as_asked(tmp_path):
    layout = make_folders(tmp_path, small_values(epochs=5, sample_every_epochs=2))

    run_job(layout, never)

    files = sorted(layout.samples.iterdir())
    scores = [read_midi(file.read_bytes()) for file in files]
    assert [epoch_of_sample_file(file.name) for file in files] == [2, 4, 5]
    assert [track.name for track in scores[0].tracks] == ["Soprano", "Alto", "Tenor", "Bass"]
    assert scores[0].tracks[0].notes == scores[2].tracks[0].notes
    assert scores[0].tracks[0].notes in [make_score(number).tracks[0].notes for number in range(5)]


def test_stopped_job_leaves_a_model_of_what_was_learned(tmp_path):
    layout = make_folders(tmp_path, small_values(epochs=50))

    run_job(layout, stop_after(8))

    manifest = ModelManifest.model_validate_json((layout.model / "manifest.json").read_bytes())
    assert 0 < manifest.trained_epochs < 50
    assert layout.checkpoint_file.is_file()


def test_job_stopped_before_its_first_batch_leaves_a_model_too(tmp_path):
    layout = make_folders(tmp_path, small_values())

    run_job(layout, lambda: True)

    manifest = ModelManifest.model_validate_json((layout.model / "manifest.json").read_bytes())
    assert (manifest.trained_epochs, manifest.evaluation) == (0, [])


def test_resumed_job_ends_as_an_uninterrupted_one(tmp_path):
    values = small_values(epochs=3)
    whole, interrupted = (make_folders(tmp_path / name, values) for name in ("whole", "interrupted"))
    run_job(whole, never)

    run_job(interrupted, stop_after(6))
    run_job(interrupted, never)

    assert graph_of(interrupted) == graph_of(whole)
    assert [line.values for line in metrics_of(interrupted)] == [line.values for line in metrics_of(whole)]
    assert [line.seq for line in metrics_of(interrupted)] == [0, 1, 2, 3]


def test_finished_job_started_again_only_exports(tmp_path):
    layout = make_folders(tmp_path, small_values())
    run_job(layout, never)
    before = (graph_of(layout), layout.metrics_file.read_text())

    run_job(layout, never)

    assert (graph_of(layout), layout.metrics_file.read_text()) == before


def test_checkpoint_of_other_values_is_refused(tmp_path):
    layout = make_folders(tmp_path, small_values())
    run_job(layout, stop_after(1))
    write_hyperparameters(layout, {"epochs": "9"})

    with pytest.raises(InvalidJob, match="The checkpoint was made with other values of"):
        run_job(layout, never)


def test_only_the_first_host_trains(tmp_path):
    layout = make_folders(tmp_path, small_values())
    layout.resources_file.write_text(json.dumps({"current_host": "algo-2", "hosts": ["algo-1", "algo-2"]}))

    run_job(layout, never)

    assert not layout.model.exists()


def test_hyperparameters_come_as_strings(tmp_path):
    layout = make_folders(tmp_path, small_values(epochs=7, learning_rate=0.002))

    values = read_hyperparameters(layout)

    assert (values.epochs, values.learning_rate) == (7, 0.002)


def test_job_without_hyperparameters_takes_the_defaults(tmp_path):
    assert read_hyperparameters(Layout(tmp_path)).epochs > 0


@pytest.mark.parametrize(
    ("strings", "sentence"),
    [
        ({"epochs": "0"}, "Hyperparameters cannot be used: epochs = '0': Input should be greater than"),
        ({"learningRate": "fast"}, "learningRate = 'fast': Input should be a valid number"),
        ({"momentum": "1"}, "momentum = '1': Extra inputs are not permitted"),
        ({"technique": "waltz"}, "'waltz' is not a valid Technique"),
    ],
)
def test_bad_hyperparameter_is_named(strings, sentence, tmp_path):
    layout = Layout(tmp_path)
    write_hyperparameters(layout, strings)

    with pytest.raises(InvalidJob) as caught:
        read_hyperparameters(layout)

    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("flags", "fast"), [("flags: sse2 avx512_bf16", True), ("flags: amx_bf16", True), ("flags: avx2", False)]
)
def test_bfloat16_is_used_where_the_processor_has_it(flags, fast, tmp_path):
    (tmp_path / "cpuinfo").write_text(flags)

    assert has_fast_bfloat16(tmp_path / "cpuinfo") is fast


def test_processor_that_cannot_be_read_gets_float32(tmp_path):
    assert not has_fast_bfloat16(tmp_path / "cpuinfo")
