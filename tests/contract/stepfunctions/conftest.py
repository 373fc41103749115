"""The state machine's definition, and a state that its paths can be read from."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from contract.execution import ExecutionInput, RecordProgressAnswer, Verdict
from tests.execution_inputs import make_execution_input

DEFINITION = Path(__file__).resolve().parents[3] / "stepfunctions" / "training.asl.json"


@pytest.fixture(scope="session")
def text() -> str:
    return DEFINITION.read_text()


@pytest.fixture(scope="session")
def states(text) -> dict[str, dict]:
    role = "arn:aws:iam::111122223333:role/training"
    return json.loads(text.replace("${TrainingRoleArn}", role))["States"]


@pytest.fixture(scope="session")
def tasks(states) -> dict[str, dict]:
    return {name: state for name, state in states.items() if state["Type"] == "Task"}


@pytest.fixture(scope="session")
def execution_input() -> ExecutionInput:
    return make_execution_input(wait_seconds=5)


@pytest.fixture(scope="session")
def state(execution_input) -> dict[str, object]:
    """Everything that a state may find, made from the contract: what is missing here, no state may read."""
    answer = RecordProgressAnswer(verdict=Verdict.CONTINUE, wait_seconds=5)
    return {
        "job": execution_input.to_wire(),
        "lap": {"count": 1, "waitSeconds": 5},
        "lapLimit": 1000,
        "next": {"lap": 0, "waitSeconds": 5, "handover": 1},
        "description": {"TrainingJobStatus": "InProgress"},
        "answer": answer.to_wire(),
        "failure": {"Error": "SageMaker.SageMakerException", "Cause": "a sentence"},
        # A Lambda's answer, as `lambda:invoke` wraps it, for the result selectors.
        "Payload": answer.to_wire(),
        # The execution's own input, for the first state.
        **execution_input.to_wire(),
    }


@pytest.fixture(scope="session")
def resolve(state) -> Callable[[object], object]:
    """A state's template with its paths read from `state`. Raises `KeyError` on a path that leads nowhere."""

    def read(path: object) -> object:
        if not isinstance(path, str):
            raise TypeError(path)
        if path.startswith(("$$.", "States.")):
            return "a string"
        value: object = state
        for name in path.removeprefix("$").strip(".").split("."):
            if name:
                assert isinstance(value, dict)
                value = value[name]
        return value

    def walk(template: object) -> object:
        if isinstance(template, dict):
            return {
                name.removesuffix(".$"): read(value) if name.endswith(".$") else walk(value)
                for name, value in template.items()
            }
        if isinstance(template, list):
            return [walk(item) for item in template]
        return template

    return walk
