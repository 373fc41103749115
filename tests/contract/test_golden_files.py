"""Each wire format against its golden file: what was written yesterday is read today, and written the same.

A golden file is changed on purpose only: it is what clients, rows and model archives in the world look like.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from contract.base import WireModel
from contract.composition import Composition, CompositionRequest
from contract.dataset import CatalogPiece, Dataset
from contract.execution import (
    ExecutionInput,
    RecordProgressAnswer,
    RecordProgressRequest,
    RegisterModelAnswer,
    RegisterModelRequest,
)
from contract.inference import InferenceAnswer, InferenceError, InferenceRequest
from contract.manifest import ModelManifest
from contract.melody import SampleMelody
from contract.metrics import MetricsAnswer, MetricsLine
from contract.model import Model
from contract.problems import Problem
from contract.table import CompositionItem, DatasetItem, MelodyItem, ModelItem, TableItem, TrainingJobItem
from contract.training import TrainingJob, TrainingJobRequest, TrainingSampleList

GOLDEN = Path(__file__).parent / "golden"

BODIES: dict[str, type[WireModel]] = {
    "catalog_piece": CatalogPiece,
    "composition": Composition,
    "composition_request": CompositionRequest,
    "dataset": Dataset,
    "execution_input": ExecutionInput,
    "inference_answer": InferenceAnswer,
    "inference_error": InferenceError,
    "inference_request": InferenceRequest,
    "metrics_answer": MetricsAnswer,
    "metrics_line": MetricsLine,
    "model": Model,
    "model_manifest": ModelManifest,
    "problem": Problem,
    "record_progress_answer": RecordProgressAnswer,
    "record_progress_request": RecordProgressRequest,
    "register_model_answer": RegisterModelAnswer,
    "register_model_request": RegisterModelRequest,
    "sample_melody": SampleMelody,
    "training_job": TrainingJob,
    "training_job_request": TrainingJobRequest,
    "training_sample_list": TrainingSampleList,
}
ITEMS: dict[str, type[TableItem]] = {
    "item_composition": CompositionItem,
    "item_dataset": DatasetItem,
    "item_melody": MelodyItem,
    "item_model": ModelItem,
    "item_training_job": TrainingJobItem,
}


def read_golden(name: str) -> dict[str, object]:
    document = json.loads((GOLDEN / f"{name}.json").read_text())
    assert isinstance(document, dict)
    return document


@pytest.mark.parametrize("name", sorted(BODIES))
def test_body_round_trips_through_its_golden_file(name):
    golden = read_golden(name)

    written = BODIES[name].model_validate(golden).to_wire()

    assert written == golden


@pytest.mark.parametrize("name", sorted(ITEMS))
def test_table_item_round_trips_with_its_keys(name):
    golden = read_golden(name)

    written = ITEMS[name].from_item(golden).to_item()

    assert written == golden


@pytest.mark.parametrize("name", sorted(BODIES))
def test_unknown_field_is_refused(name):
    golden = read_golden(name) | {"surprise": 1}

    with pytest.raises(ValidationError) as refused:
        BODIES[name].model_validate(golden)

    assert refused.value.errors()[0]["type"] == "extra_forbidden"


def test_every_golden_file_is_read():
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(BODIES) | set(ITEMS) | {"techniques"}
