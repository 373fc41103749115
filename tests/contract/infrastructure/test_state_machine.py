"""The state machine of the template is the file, with every gap filled."""

from __future__ import annotations

import re

import pytest

from infrastructure.settings import StageSettings
from infrastructure.state_machine import DEFINITION


@pytest.fixture(scope="module")
def machine(resources) -> dict:
    (properties,) = resources("AWS::StepFunctions::StateMachine").values()
    return properties


def test_definition_is_the_file_as_it_lies_there(machine):
    assert machine["DefinitionString"] == DEFINITION.read_text()


def test_every_substitution_is_given_and_used(machine):
    used = set(re.findall(r"\$\{(\w+)}", DEFINITION.read_text()))

    assert set(machine["DefinitionSubstitutions"]) == used


def test_functions_are_not_mixed_up(machine, template):
    substitutions = machine["DefinitionSubstitutions"]

    handlers = {
        name: template["Resources"][substitutions[name]["Fn::GetAtt"][0]]["Properties"]["Handler"]
        for name in ("RecordProgressFunctionArn", "RegisterModelFunctionArn")
    }

    assert handlers == {
        "RecordProgressFunctionArn": "lambdas.handlers.record_progress.handle",
        "RegisterModelFunctionArn": "lambdas.handlers.register_model.handle",
    }


def test_local_stage_names_the_image_that_the_local_cloud_runs(machine):
    assert machine["DefinitionSubstitutions"]["TrainingImage"] == "continuo-training:local"


def test_lap_limit_can_be_lowered(synthesize):
    template = synthesize("local", lapLimit="3")

    (machine,) = (
        item["Properties"]
        for item in template["Resources"].values()
        if item["Type"] == "AWS::StepFunctions::StateMachine"
    )

    assert machine["DefinitionSubstitutions"]["LapLimit"] == "3"
    assert StageSettings(stage="dev").lap_limit == 1000


def test_every_step_is_logged_and_traced_without_its_data(machine):
    assert machine["TracingConfiguration"] == {"Enabled": True}
    assert machine["LoggingConfiguration"]["Level"] == "ALL"
    assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False
