"""Roles are enforced: a missing permission stops a function and a task, and is named."""

from __future__ import annotations

READ_TABLE = """
import boto3
def handle(event, context):
    return boto3.client("dynamodb").get_item(TableName=event["table"], Key={"pk": {"S": "a"}}).get("Item", {})
"""
SAGEMAKER_TASK = {
    "Ask": {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sagemaker:describeTrainingJob",
        "Parameters": {"TrainingJobName": "no-such-job"},
        "End": True,
    }
}


def lambda_task(function_name):
    return {
        "Call": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": function_name, "Payload": {"x": 1}},
            "End": True,
        }
    }


def test_function_without_the_permission_is_refused_by_name(aws):
    aws.make_table("perm-closed")
    aws.make_function("perm-closed", READ_TABLE)

    failed, answer = aws.call("perm-closed", {"table": "perm-closed"})

    assert failed
    assert answer["errorType"] == "ClientError"
    assert "AccessDenied" in answer["errorMessage"]
    assert "dynamodb:GetItem" in answer["errorMessage"]


def test_function_works_until_its_permission_is_taken_away(aws):
    aws.make_table("perm-open")
    aws.put("perm-open", "a")
    aws.make_function("perm-open", READ_TABLE, allowed=[("dynamodb:GetItem", "*")])

    before = aws.call("perm-open", {"table": "perm-open"})
    aws.forbid_all("perm-open-role")
    failed, _ = aws.call("perm-open", {"table": "perm-open"})

    assert before == (False, {"pk": {"S": "a"}})
    assert failed


def test_task_that_may_not_call_a_function_names_the_action(aws):
    arn = aws.make_function("perm-task", "def handle(event, context): return event")
    machine = aws.make_machine("perm-task-closed", lambda_task("perm-task"))

    execution = aws.run(machine)

    assert execution["status"] == "FAILED"
    assert execution["error"] == "Lambda.AWSLambdaException"
    assert f"not authorized to perform: lambda:InvokeFunction on resource: {arn}" in execution["cause"]


def test_task_calls_the_function_its_role_allows(aws):
    arn = aws.make_function("perm-allowed", "def handle(event, context): return event")
    machine = aws.make_machine("perm-task-open", lambda_task(arn), allowed=[("lambda:InvokeFunction", arn)])

    execution = aws.run(machine)

    assert execution["status"] == "SUCCEEDED"
    assert '"x": 1' in execution["output"]


def test_sdk_task_of_sagemaker_names_the_missing_action(aws):
    machine = aws.make_machine("perm-sagemaker", SAGEMAKER_TASK)

    execution = aws.run(machine)

    assert execution["status"] == "FAILED"
    assert execution["error"] == "SageMaker.SageMakerException"
    assert "assumed-role/perm-sagemaker-role" in execution["cause"]
    assert "not authorized to perform: sagemaker:DescribeTrainingJob" in execution["cause"]


def test_sdk_task_of_another_service_names_the_missing_action(aws):
    states = {
        "Read": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:dynamodb:getItem",
            "Parameters": {"TableName": "t", "Key": {"pk": {"S": "a"}}},
            "End": True,
        }
    }

    execution = aws.run(aws.make_machine("perm-dynamodb", states))

    assert execution["error"] == "DynamoDb.DynamoDbException"
    assert "dynamodb:GetItem" in execution["cause"]


def test_nested_start_needs_its_permission(aws):
    inner = aws.make_machine("perm-inner", {"End": {"Type": "Succeed"}})
    states = {
        "Start": {
            "Type": "Task",
            "Resource": "arn:aws:states:::states:startExecution",
            "Parameters": {"StateMachineArn": inner, "Input": {}},
            "End": True,
        }
    }
    closed = aws.make_machine("perm-nested-closed", states)
    opened = aws.make_machine("perm-nested-open", states, allowed=[("states:StartExecution", inner)])

    refused, done = aws.run(closed), aws.run(opened)

    assert "states:StartExecution" in refused["cause"]
    assert done["status"] == "SUCCEEDED"


def test_awaited_execution_gives_the_role_back(aws):
    """After a nested execution the tasks run under the outer machine's role again, not the inner one's."""
    arn = aws.make_function("perm-after", "def handle(event, context): return event")
    inner = aws.make_machine("perm-after-inner", lambda_task(arn), allowed=[("lambda:InvokeFunction", arn)])
    states = {
        "Start": {
            "Type": "Task",
            "Resource": "arn:aws:states:::states:startExecution.sync:2",
            "Parameters": {"StateMachineArn": inner, "Input": {}},
            "Next": "Call",
        },
        **lambda_task(arn),
    }

    execution = aws.run(
        aws.make_machine("perm-after-outer", states, allowed=[("states:StartExecution", inner)])
    )

    assert execution["status"] == "FAILED"
    assert "assumed-role/perm-after-outer-role" in execution["cause"]
    assert "lambda:InvokeFunction" in execution["cause"]


def test_role_that_does_not_trust_step_functions_runs_nothing(aws):
    machine = aws.make_machine("perm-trust", {"Done": {"Type": "Succeed"}}, trusted="lambda.amazonaws.com")

    execution = aws.run(machine)

    assert execution["status"] == "FAILED"
    assert "not authorized to assume the provided role" in execution["cause"]
