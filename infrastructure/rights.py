"""Rights that several roles hold, cut along object prefixes, and why their wildcards are meant.

Roles are granted single actions; a wildcard stands only for the keys under a prefix, for jobs of this
stage, or where AWS has no resource-level permission.
"""

from __future__ import annotations

from aws_cdk import CfnElement, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import IConstruct

from infrastructure.checks import acknowledge


def allow(role: iam.Role, actions: list[str], resources: list[str], **conditions: dict[str, object]) -> None:
    """Adds one statement to `role`; conditions by operator, as `StringEquals={...}`."""
    role.add_to_principal_policy(
        iam.PolicyStatement(actions=actions, resources=resources, conditions=conditions or None)
    )


def allow_objects(role: iam.Role, actions: list[str], bucket: s3.Bucket, *prefixes: str) -> None:
    """Grants object actions under the prefixes of a bucket."""
    allow(role, actions, [bucket.arn_for_objects(f"{prefix}*") for prefix in prefixes])
    acknowledge(
        role,
        {
            f"AwsSolutions-IAM5[Resource::<{_logical_id(bucket)}.Arn>/{prefix}*]": (
                f"The keys under {prefix} are made while the system runs."
            )
            for prefix in prefixes
        },
    )


def allow_listing(role: iam.Role, bucket: s3.Bucket, *prefixes: str) -> None:
    """Lets `role` list what lies under the prefixes, and nothing beside it."""
    patterns = [f"{prefix}*" for prefix in prefixes]
    allow(role, ["s3:ListBucket"], [bucket.bucket_arn], StringLike={"s3:prefix": patterns})


def training_jobs_arn(scope: IConstruct, prefix: str) -> str:
    """The SageMaker training jobs of this stage."""
    return Stack.of(scope).format_arn(
        service="sagemaker", resource="training-job", resource_name=f"{prefix}-*"
    )


def allow_training_jobs(role: iam.Role, actions: list[str], prefix: str) -> None:
    """Grants SageMaker actions on this stage's training jobs."""
    allow(role, actions, [training_jobs_arn(role, prefix)])
    arn = f"arn:<AWS::Partition>:sagemaker:<AWS::Region>:<AWS::AccountId>:training-job/{prefix}-*"
    acknowledge(
        role, {f"AwsSolutions-IAM5[Resource::{arn}]": "Training jobs are made while the system runs."}
    )


def allow_telemetry(role: iam.Role, group: str) -> None:
    """Lets SageMaker write the logs and metrics of `TrainingJobs` or `Endpoints`."""
    log_group = Stack.of(role).format_arn(service="logs", resource=f"log-group:/aws/sagemaker/{group}*")
    actions = ["CreateLogGroup", "CreateLogStream", "DescribeLogStreams", "PutLogEvents"]
    allow(role, [f"logs:{action}" for action in actions], [log_group])
    namespaces = ["AWS/SageMaker", f"/aws/sagemaker/{group}"]
    allow(role, ["cloudwatch:PutMetricData"], ["*"], StringEquals={"cloudwatch:namespace": namespaces})
    arn = f"arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:/aws/sagemaker/{group}*"
    acknowledge(
        role,
        {
            f"AwsSolutions-IAM5[Resource::{arn}]": "SageMaker makes one log stream per job or variant.",
            "AwsSolutions-IAM5[Resource::*]": (
                "PutMetricData is cut by namespace; ECR's login has no resource-level permission."
            ),
        },
    )


def _logical_id(bucket: s3.Bucket) -> str:
    element = bucket.node.default_child
    assert isinstance(element, CfnElement)
    resolved = Stack.of(bucket).resolve(element.logical_id)
    assert isinstance(resolved, str)
    return resolved
