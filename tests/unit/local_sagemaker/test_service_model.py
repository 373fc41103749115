"""The limits in botocore's model: every pattern of an operation that we answer can be checked."""

from __future__ import annotations

import botocore.session
import pytest
from botocore.model import ListShape, MapShape, StructureShape

from localcloud.sagemaker.constraints import find_violations, to_python_pattern

OPERATIONS = [
    "AddTags",
    "CreateEndpoint",
    "CreateEndpointConfig",
    "CreateModel",
    "CreateTrainingJob",
    "DescribeTrainingJob",
    "ListTrainingJobs",
    "UpdateEndpoint",
]


@pytest.fixture(scope="module")
def model():
    return botocore.session.get_session().get_service_model("sagemaker")


def patterns_of(shape, seen):
    if shape.name in seen:
        return
    seen.add(shape.name)
    if "pattern" in shape.metadata:
        yield shape.metadata["pattern"]
    parts = []
    if isinstance(shape, StructureShape):
        parts = list(shape.members.values())
    elif isinstance(shape, ListShape):
        parts = [shape.member]
    elif isinstance(shape, MapShape):
        parts = [shape.key, shape.value]
    for part in parts:
        yield from patterns_of(part, seen)


def test_every_pattern_can_be_read(model):
    seen: set[str] = set()

    patterns = {p for name in OPERATIONS for p in patterns_of(model.operation_model(name).input_shape, seen)}

    assert len(patterns) > 20
    assert all(to_python_pattern(pattern) for pattern in patterns)


@pytest.mark.parametrize(
    ("value", "n_violations"), [("Größe 1:a/b=c+d-e@f.g_h", 0), ("a*b", 1), ("a" * 129, 1)]
)
def test_tag_keys_are_held_to_letters_spaces_digits_and_signs(model, value, n_violations):
    shape = model.shape_for("TagKey")

    assert len(list(find_violations(shape, value, "key"))) == n_violations


def test_list_and_map_members_are_named_by_their_place(model):
    shape = model.operation_model("CreateTrainingJob").input_shape
    request = {"HyperParameters": {"k": "v" * 2501}, "Tags": [{"Key": "a*", "Value": ""}]}

    first, second = find_violations(shape, request)

    assert "at 'hyperParameters.k.value' failed" in first
    assert "at 'tags.1.member.key' failed" in second
