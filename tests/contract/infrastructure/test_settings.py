"""A stage's settings: typed, and nothing that is misspelled goes unnoticed."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from infrastructure.functions import retention
from infrastructure.settings import StageSettings, read_settings


class FakeContext:
    """A CDK node's context, as a dictionary."""

    def __init__(self, **values: object) -> None:
        self._values = values

    def try_get_context(self, key: str) -> object:
        return self._values.get(key)


def test_stage_is_read_with_its_name():
    settings = read_settings(FakeContext(stage="dev", stages={"dev": {"lapLimit": 10}}))

    assert (settings.stage, settings.prefix, settings.lap_limit) == ("dev", "continuo-dev", 10)


def test_value_from_the_command_line_wins_and_is_typed():
    context = FakeContext(stage="dev", stages={"dev": {"lapLimit": 10}}, lapLimit="3")

    assert read_settings(context).lap_limit == 3


@pytest.mark.parametrize("stage", [None, "staging"])
def test_unknown_stage_is_refused_and_the_known_ones_are_told(stage):
    with pytest.raises(ValueError, match=r"-c stage=<name>; cdk.json has: dev, prod; given: "):
        read_settings(FakeContext(stage=stage, stages={"prod": {}, "dev": {}}))


def test_misspelled_setting_is_refused():
    with pytest.raises(ValidationError, match="lapLimits"):
        read_settings(FakeContext(stage="dev", stages={"dev": {"lapLimits": 10}}))


def test_every_stage_of_the_project_is_valid(request):
    stages = json.loads((request.config.rootpath / "cdk.json").read_text())["context"]["stages"]

    read = {name: read_settings(FakeContext(stage=name, stages=stages)) for name in stages}

    assert set(read) == {"local", "dev", "prod"}
    assert read["prod"].keep_data_on_delete is True


def test_training_job_names_fit_sagemakers_limit():
    longest_stage = "a" * 12
    job_id = "job-" + "0" * 26

    name = f"{StageSettings(stage=longest_stage).prefix}-{job_id}"

    assert len(name) <= 63


def test_log_retention_that_is_not_offered_is_refused():
    with pytest.raises(ValueError, match="must be one of"):
        retention(5)
