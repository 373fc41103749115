"""Lambda functions fail and import as on AWS."""

from __future__ import annotations

RAISES = """
import os
class ScoreIsEmpty(Exception): pass
def handle(event, context):
    if event.get("raise"): raise ScoreIsEmpty("no notes")
    return {"pid": os.getpid()}
"""
IMPORTS = """
import importlib
def handle(event, context):
    found = {}
    for name in event["names"]:
        try:
            found[name] = bool(importlib.import_module(name))
        except ImportError:
            found[name] = False
    return found
"""


def test_error_carries_its_class_and_its_stack(aws):
    aws.make_function("raises", RAISES)

    failed, answer = aws.call("raises", {"raise": True})

    assert failed
    assert answer["errorType"] == "ScoreIsEmpty"
    assert answer["errorMessage"] == "no notes"
    assert "in handle" in answer["stackTrace"][-1]


def test_worker_outlives_an_error(aws):
    aws.make_function("outlives", RAISES)

    _, before = aws.call("outlives")
    aws.call("outlives", {"raise": True})
    _, after = aws.call("outlives")

    assert before == after


def test_state_machine_catches_by_the_class_name(aws):
    arn = aws.make_function("caught-function", RAISES)
    states = {
        "Call": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": arn, "Payload": {"raise": True}},
            "Catch": [{"ErrorEquals": ["ScoreIsEmpty"], "Next": "Caught"}],
            "End": True,
        },
        "Caught": {"Type": "Succeed"},
    }

    execution = aws.run(aws.make_machine("caught", states, allowed=[("lambda:InvokeFunction", arn)]))

    assert execution["status"] == "SUCCEEDED"
    assert "ScoreIsEmpty" in execution["output"]


def test_function_finds_the_sdk_and_nothing_that_lies_around(aws):
    aws.make_function("imports", IMPORTS)

    _, found = aws.call("imports", {"names": ["boto3", "botocore", "json", "pydantic", "contract", "numpy"]})

    assert found == {
        "boto3": True,
        "botocore": True,
        "json": True,
        "pydantic": False,
        "contract": False,
        "numpy": False,
    }
