"""The formats that are text rather than JSON: ids, object keys, SageMaker's strings, the metrics file."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from pydantic import ValidationError

from contract import object_keys
from contract.composition import CompositionRequest
from contract.dataset import CatalogPiece, count_tags, matches, read_catalog
from contract.hyperparameters import (
    HYPERPARAMETERS,
    Technique,
    decode_from_sagemaker,
    describe_techniques,
    encode_for_sagemaker,
)
from contract.metrics import MetricsLine, MetricValue, epoch_of_sample_file, read_metrics_lines, sample_file
from contract.table import Kind, make_id, owner_key, owner_of_key

GOLDEN = Path(__file__).parent / "golden"


def make_line(seq: int) -> str:
    return MetricsLine(
        seq=seq,
        epoch=seq,
        epochs=9,
        elapsed_seconds=1.5,
        values=[MetricValue(name="generator_loss", value=0.5)],
    ).to_json()


def make_piece(**changes: object) -> CatalogPiece:
    golden = json.loads((GOLDEN / "catalog_piece.json").read_text())
    return CatalogPiece.model_validate(golden | changes)


def test_techniques_match_their_golden_file():
    golden = json.loads((GOLDEN / "techniques.json").read_text())

    assert describe_techniques().to_wire() == golden


@pytest.mark.parametrize("technique", list(Technique))
def test_hyperparameters_survive_sagemakers_strings(technique):
    defaults = HYPERPARAMETERS[technique]()

    carried = encode_for_sagemaker(defaults, technique)

    assert all(isinstance(value, str) and len(value) <= 256 for value in carried.values())
    assert decode_from_sagemaker(carried) == (technique, defaults)


@pytest.mark.parametrize("technique", list(Technique))
def test_every_published_range_holds_its_default_and_refuses_what_lies_outside(technique):
    (description,) = [each for each in describe_techniques().items if each.technique == technique]

    for definition in description.hyperparameters:
        assert definition.minimum <= definition.default <= definition.maximum
        with pytest.raises(ValidationError):
            HYPERPARAMETERS[technique].model_validate({definition.name: definition.maximum + 1})


def test_unknown_hyperparameter_is_refused():
    with pytest.raises(ValidationError, match="extra_forbidden"):
        decode_from_sagemaker({"technique": "unet-gan", "epoch": "3"})


def test_ids_sort_by_the_time_they_were_made():
    earlier = make_id(Kind.MODEL)
    time.sleep(0.002)
    later = make_id(Kind.MODEL)

    assert earlier < later
    assert earlier.startswith("model-")
    assert len(earlier) == len("model-") + 26


def test_owner_key_round_trips():
    assert owner_of_key(owner_key("u-1")) == "u-1"


def test_object_keys_are_as_they_have_always_been():
    assert object_keys.catalog_key("bach") == "datasets/bach/catalog.jsonl"
    assert object_keys.input_manifest_key("job-1") == "manifests/job-1.json"
    assert object_keys.model_archive_key("job-1", "c-job-1") == "models/job-1/c-job-1/output/model.tar.gz"
    assert object_keys.metrics_key("job-1") == "progress/job-1/metrics.jsonl"
    assert object_keys.samples_prefix("job-1") == "progress/job-1/samples/"
    assert object_keys.composition_key("u-1", "composition-1") == "compositions/u-1/composition-1.mid"


def test_object_uri_round_trips():
    location = object_keys.ObjectLocation("bucket", "a/b.mid")

    assert object_keys.from_uri(location.to_uri()) == location


@pytest.mark.parametrize("uri", ["", "s3://bucket", "s3://bucket/", "https://bucket/key", "s3:///key"])
def test_what_is_no_object_uri_is_refused(uri):
    with pytest.raises(ValueError, match="not an S3 object URI"):
        object_keys.from_uri(uri)


def test_sample_file_name_round_trips():
    assert epoch_of_sample_file(sample_file(12)) == 12


def test_torn_last_metrics_line_is_left_for_next_time():
    lines = [make_line(0), make_line(1), make_line(2)[:20]]

    assert [line.seq for line in read_metrics_lines(lines)] == [0, 1]


def test_broken_metrics_line_before_the_last_is_an_error():
    lines = [make_line(0), make_line(1)[:20], make_line(2)]

    with pytest.raises(ValidationError):
        list(read_metrics_lines(lines))


def test_catalog_round_trips_and_counts_tags():
    pieces = [make_piece(), make_piece(pieceId="b", tags={"mode": "major"})]

    read = read_catalog([piece.to_json() for piece in pieces] + [""])

    assert read == pieces
    assert count_tags(read) == {"key": {"F# minor": 1}, "mode": {"major": 1, "minor": 1}}


def test_filter_needs_every_tag():
    piece = make_piece()

    assert matches(piece, {})
    assert matches(piece, {"mode": "minor"})
    assert not matches(piece, {"mode": "minor", "key": "C major"})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"melody": None}, "exactly one of"),
        ({"melodyId": "twinkle"}, "exactly one of"),
        ({"melody": None, "midi": "bm90IG1pZGk="}, "does not begin with MThd"),
    ],
)
def test_composition_needs_exactly_one_readable_melody(change, message):
    golden = json.loads((GOLDEN / "composition_request.json").read_text())

    with pytest.raises(ValidationError, match=message):
        CompositionRequest.model_validate(golden | change)
