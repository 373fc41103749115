"""The container's process as SageMaker runs it: argument, signal, failure file, exit code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from contract.hyperparameters import UnetGanHyperparameters
from contract.manifest import ModelManifest
from tests.integration.training.sagemaker_folders import make_folders, write_hyperparameters
from tests.unit.training.builders import small_values
from training_container.layout import Layout

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def start():
    """Starts the container's entry point on a root folder; no process outlives the test."""
    started = []

    def _start(root: Path, *arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "training_container", *(arguments or ("train",))],
            cwd=REPOSITORY,
            env=os.environ | {"SAGEMAKER_BASE_DIR": str(root), "SM_NUM_CPUS": "1", "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield _start
    for process in started:
        process.kill()
        process.communicate()


def failure_of(layout: Layout) -> str:
    return (layout.root / "output" / "failure").read_text()


def wait_for_line(process: subprocess.Popen[str], beginning: str) -> None:
    assert process.stdout is not None
    assert process.stderr is not None
    for line in process.stdout:
        if line.startswith(beginning):
            return
    pytest.fail(f"the process ended before it wrote {beginning!r}: {process.stderr.read()}")


def test_train_ends_with_a_model_and_exit_0(start, tmp_path):
    layout = make_folders(tmp_path, small_values(epochs=1))

    process = start(tmp_path)
    output, errors = process.communicate(timeout=120)

    assert process.returncode == 0, errors
    assert "epoch=1 generator_loss=" in output
    assert (layout.model / "model.onnx").is_file()
    assert not (tmp_path / "output" / "failure").exists()


def test_sigterm_in_mid_training_leaves_a_usable_model_and_exit_0(start, tmp_path):
    layout = make_folders(tmp_path, small_values(epochs=500))
    process = start(tmp_path)
    wait_for_line(process, "epoch=")

    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=60)

    manifest = ModelManifest.model_validate_json((layout.model / "manifest.json").read_bytes())
    assert process.returncode == 0, errors
    assert "Stopped after" in output
    assert 1 <= manifest.trained_epochs < 500
    assert layout.checkpoint_file.is_file()


def test_bad_hyperparameter_fails_with_the_useful_sentence_first(start, tmp_path):
    layout = make_folders(tmp_path, UnetGanHyperparameters())
    write_hyperparameters(layout, {"epochs": "many"})

    process = start(tmp_path)
    process.communicate(timeout=60)

    assert process.returncode == 2
    assert failure_of(layout).startswith("Hyperparameters cannot be used: epochs = 'many': Input should be")


def test_filter_that_left_nothing_fails_with_the_useful_sentence_first(start, tmp_path):
    layout = make_folders(tmp_path, small_values())
    for piece in (layout.dataset / "pieces").iterdir():
        piece.unlink()

    process = start(tmp_path)
    process.communicate(timeout=60)

    assert process.returncode == 2
    assert failure_of(layout).startswith(
        "No piece is left to train on: the catalog names 5 pieces, and the filter tags leave none of them."
    )
    assert not layout.model.exists()


def test_fault_of_ours_fails_with_its_kind_first_and_the_trace_after(start, tmp_path):
    layout = make_folders(tmp_path, small_values())
    layout.resources_file.write_text("{torn")

    process = start(tmp_path)
    process.communicate(timeout=60)

    assert process.returncode == 1
    assert failure_of(layout).startswith("The training broke off: ValidationError:")
    assert "Traceback" in failure_of(layout)


def test_any_other_argument_is_refused(start, tmp_path):
    process = start(tmp_path, "serve")
    _, errors = process.communicate(timeout=60)

    assert process.returncode == 2
    assert "usage: python -m training_container train" in errors
