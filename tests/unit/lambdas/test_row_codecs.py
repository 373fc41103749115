"""Rows against the golden items of the table, through DynamoDB's attribute values."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lambdas.adapters.composition_rows import COMPOSITIONS
from lambdas.adapters.dynamo_values import decode_item, encode_item
from lambdas.adapters.library_rows import DATASETS, MELODIES, MODELS
from lambdas.adapters.training_job_rows import TRAINING_JOBS

GOLDEN = Path(__file__).parents[2] / "contract" / "golden"


@pytest.mark.parametrize(
    ("file", "codec"),
    [
        ("item_training_job", TRAINING_JOBS),
        ("item_composition", COMPOSITIONS),
        ("item_model", MODELS),
        ("item_dataset", DATASETS),
        ("item_melody", MELODIES),
    ],
)
def test_golden_item_survives_the_table_and_the_domain(file, codec):
    item = json.loads((GOLDEN / f"{file}.json").read_text())

    row = codec.decode(decode_item(encode_item(item)))

    assert codec.encode(row).to_item() == item


@pytest.mark.parametrize("value", [0.1, -3.0, 1e-6, 5e-4, 0, -7, 2**31, "7", True, None, [], {}])
def test_value_survives_the_attribute_values(value):
    item = {"value": value, "deep": {"list": [value, {"again": value}]}}

    assert decode_item(encode_item(item)) == item


def test_truth_stays_truth_and_not_one():
    assert decode_item(encode_item({"value": True}))["value"] is True
