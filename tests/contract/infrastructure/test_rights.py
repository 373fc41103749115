"""Least privilege: what every role may do, read from the template."""

from __future__ import annotations

import pytest

# AWS has no resource-level permission for these.
WITHOUT_RESOURCE = {
    "cloudwatch:PutMetricData",
    "dynamodb:ListStreams",
    "ecr:GetAuthorizationToken",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
# What each function does beside logs, traces and its stream. Read from the adapters that it uses.
FUNCTION_RIGHTS = {
    "ApiHandler": {
        "dynamodb:DeleteItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
        "sagemaker:InvokeEndpoint",
        "sagemaker:StopTrainingJob",
    },
    "TrainingStartTraining": {
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
        "states:StartExecution",
    },
    "TrainingRecordProgress": {
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "s3:GetObject",
        "s3:ListBucket",
        "sagemaker:StopTrainingJob",
    },
    "TrainingRegisterModel": {"dynamodb:GetItem", "dynamodb:PutItem", "s3:GetObject", "s3:ListBucket"},
    "InferenceCompose": {
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "s3:PutObject",
        "sagemaker:InvokeEndpoint",
    },
}
EVERY_FUNCTION = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
STREAM_READER = {
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
    "sqs:SendMessage",
}


def as_list(value: object) -> list:
    return value if isinstance(value, list) else [value]


def actions_of(statements: list[tuple[str, dict]], prefix: str) -> set[str]:
    return {
        action
        for policy, statement in statements
        if policy.startswith(prefix)
        for action in as_list(statement["Action"])
    }


def test_no_right_has_a_wildcard_action(statements):
    actions = {action for _, statement in statements for action in as_list(statement["Action"])}

    assert actions
    assert not [action for action in actions if "*" in action]


def test_every_statement_allows(statements):
    assert {statement["Effect"] for _, statement in statements} == {"Allow"}


def test_only_actions_without_resources_are_granted_on_everything(statements):
    on_everything = {
        action
        for _, statement in statements
        if "*" in as_list(statement["Resource"])
        for action in as_list(statement["Action"])
    }

    assert on_everything <= WITHOUT_RESOURCE


@pytest.mark.parametrize("function", sorted(FUNCTION_RIGHTS))
def test_function_may_do_exactly_what_its_code_does(statements, function):
    granted = actions_of(statements, f"{function}Role")
    reads_stream = function in ("TrainingStartTraining", "InferenceCompose")

    assert granted - EVERY_FUNCTION - (STREAM_READER if reads_stream else set()) == FUNCTION_RIGHTS[function]


def test_only_the_state_machine_may_create_training_jobs(statements):
    creators = {
        policy for policy, statement in statements if "sagemaker:CreateTrainingJob" in statement["Action"]
    }

    assert len(creators) == 1
    assert next(iter(creators)).startswith("TrainingWatchRole")


def test_training_jobs_are_touched_within_the_stage_only(statements):
    for _, statement in statements:
        if any("TrainingJob" in action for action in as_list(statement["Action"])):
            for resource in as_list(statement["Resource"]):
                assert resource["Fn::Join"][1][-1].endswith(":training-job/continuo-local-*")


def test_one_role_may_be_passed_and_to_sagemaker_only(statements):
    passing = [statement for _, statement in statements if "iam:PassRole" in as_list(statement["Action"])]

    assert len(passing) == 1
    assert passing[0]["Resource"]["Fn::GetAtt"][0].startswith("TrainingTrainingRole")
    assert passing[0]["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}


def test_listing_is_cut_to_prefixes(statements):
    listing = [statement for _, statement in statements if "s3:ListBucket" in as_list(statement["Action"])]

    assert listing
    for statement in listing:
        assert all("/" in prefix for prefix in as_list(statement["Condition"]["StringLike"]["s3:prefix"]))


def test_object_rights_are_cut_to_prefixes(statements):
    for _, statement in statements:
        if {"s3:GetObject", "s3:PutObject"} & set(as_list(statement["Action"])):
            for resource in as_list(statement["Resource"]):
                assert resource["Fn::Join"][1][-1] not in ("/*", "*")


def test_every_role_serves_one_service(resources):
    for role in resources("AWS::IAM::Role").values():
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert isinstance(statement["Principal"]["Service"], str)


def test_training_role_writes_models_and_progress_only(statements):
    written = [
        resource["Fn::Join"][1][-1]
        for policy, statement in statements
        if policy.startswith("TrainingTrainingRole") and "s3:PutObject" in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    ]

    assert sorted(written) == ["/models/*", "/progress/*"]
