"""SDK errors in a state machine carry the names of the Java SDK's classes, as on AWS."""

from __future__ import annotations

import pytest

from localcloud.emulator.state_machines import naming_errors_as_java


@pytest.mark.parametrize(
    ("service", "code", "name"),
    [
        ("sagemaker", "ResourceInUse", "SageMaker.ResourceInUseException"),
        ("sagemaker", "ResourceLimitExceeded", "SageMaker.ResourceLimitExceededException"),
        ("sagemaker", "ResourceNotFound", "SageMaker.ResourceNotFoundException"),
        ("sagemaker", "ThrottlingException", "SageMaker.SageMakerException"),
        ("sagemaker", "ValidationException", "SageMaker.SageMakerException"),
        ("sagemaker", "AccessDeniedException", "SageMaker.SageMakerException"),
        ("sagemaker", "com.amazonaws.sagemaker#ResourceInUse", "SageMaker.ResourceInUseException"),
        ("sfn", "ExecutionAlreadyExists", "Sfn.ExecutionAlreadyExistsException"),
        (
            "dynamodb",
            "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
            "DynamoDb.ConditionalCheckFailedException",
        ),
        ("sagemaker", "States.Timeout", "the emulator's own"),
        ("sqs", "AWS.SimpleQueueService.NonExistentQueue", "the emulator's own"),
    ],
)
def test_error_is_named_as_its_class(service, code, name):
    name_of = naming_errors_as_java(lambda *_: "the emulator's own")

    assert name_of(service, code) == name
