"""Starting an execution again, and the names of SDK errors."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

WAITS = {"Wait": {"Type": "Wait", "Seconds": 30, "End": True}}


def start(aws, machine, name, value):
    return aws.machines.start_execution(stateMachineArn=machine, name=name, input=value)


def test_same_name_and_input_answers_with_the_running_execution(aws):
    machine = aws.make_machine("again", WAITS)

    first = start(aws, machine, "job-1", '{"a": 1}')
    second = start(aws, machine, "job-1", '{"a": 1}')

    assert second["executionArn"] == first["executionArn"]
    assert second["startDate"] == first["startDate"]
    assert len(aws.machines.list_executions(stateMachineArn=machine)["executions"]) == 1
    aws.machines.stop_execution(executionArn=first["executionArn"])


def test_same_name_with_other_input_is_refused(aws):
    machine = aws.make_machine("again-other", WAITS)
    first = start(aws, machine, "job-1", '{"a": 1}')

    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        start(aws, machine, "job-1", '{"a": 2}')
    aws.machines.stop_execution(executionArn=first["executionArn"])


def test_same_name_after_the_end_is_refused(aws):
    machine = aws.make_machine("again-ended", WAITS)
    first = start(aws, machine, "job-1", "{}")
    aws.machines.stop_execution(executionArn=first["executionArn"])

    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        start(aws, machine, "job-1", "{}")


def test_nested_start_of_a_used_name_fails_by_the_name_that_aws_gives(aws):
    """A repeated hand-over finds its successor there, and must be able to catch that."""
    ended = aws.make_machine("successor", {"Done": {"Type": "Succeed"}})
    start(aws, ended, "job-1-1", "{}")
    hands_over = {
        "HandOver": {
            "Type": "Task",
            "Resource": "arn:aws:states:::states:startExecution",
            "Parameters": {"StateMachineArn": ended, "Name": "job-1-1", "Input": {"a": 2}},
            "Catch": [
                {"ErrorEquals": ["StepFunctions.ExecutionAlreadyExistsException"], "Next": "HandedOver"}
            ],
            "End": True,
        },
        "HandedOver": {"Type": "Pass", "Result": {"caught": True}, "End": True},
    }
    machine = aws.make_machine("predecessor", hands_over, [("states:StartExecution", ended)])

    execution = aws.run(machine)

    assert execution["status"] == "SUCCEEDED"
    assert execution["output"] == '{"caught": true}'
