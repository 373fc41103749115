"""One Lambda function of ours: its own role, its own log group, the one bundle.

A function starts with the right to write its logs and traces, and nothing else. What more it needs is added
action by action, see `infrastructure/rights.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infrastructure.bundling import make_code, resolve_architecture, resolve_python_version
from infrastructure.checks import acknowledge
from infrastructure.rights import allow
from infrastructure.settings import StageSettings


@dataclass(frozen=True)
class Runtime:
    """What all functions of a stack share."""

    stage: str
    code: lambda_.Code
    runtime: lambda_.Runtime
    architecture: lambda_.Architecture
    log_level: str
    log_retention: logs.RetentionDays
    removal: RemovalPolicy


def make_runtime(settings: StageSettings) -> Runtime:
    """The bundle and the runtime that fits it."""
    python_version = resolve_python_version(settings.python_version)
    return Runtime(
        stage=settings.stage,
        code=make_code(settings.lambda_platform, python_version),
        runtime=lambda_.Runtime(f"python{python_version}", lambda_.RuntimeFamily.PYTHON),
        architecture=resolve_architecture(settings.lambda_platform),
        log_level=settings.log_level,
        log_retention=retention(settings.log_retention_days),
        removal=RemovalPolicy.DESTROY,
    )


def retention(days: int) -> logs.RetentionDays:
    """CDK's name for a log retention. Raises `ValueError` on a number of days that is not offered."""
    names = {
        1: "ONE_DAY",
        7: "ONE_WEEK",
        14: "TWO_WEEKS",
        30: "ONE_MONTH",
        90: "THREE_MONTHS",
        365: "ONE_YEAR",
    }
    if days not in names:
        raise ValueError(f"log retention must be one of {sorted(names)} days, not {days}")
    return logs.RetentionDays[names[days]]


class Function(Construct):
    """A function whose handler is `lambdas.handlers.<handler>.handle`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        shared: Runtime,
        handler: str,
        environment: dict[str, str],
        timeout_seconds: int,
        memory_mb: int,
    ) -> None:
        super().__init__(scope, construct_id)
        log_group = logs.LogGroup(self, "Logs", retention=shared.log_retention, removal_policy=shared.removal)
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        allow(self.role, ["logs:CreateLogStream", "logs:PutLogEvents"], [log_group.log_group_arn])
        self.function = lambda_.Function(
            self,
            "Function",
            code=shared.code,
            handler=f"lambdas.handlers.{handler}.handle",
            runtime=shared.runtime,
            architecture=shared.architecture,
            role=self.role,
            timeout=Duration.seconds(timeout_seconds),
            memory_size=memory_mb,
            log_group=log_group,
            logging_format=lambda_.LoggingFormat.TEXT,
            tracing=lambda_.Tracing.ACTIVE,
            environment={
                "STAGE": shared.stage,
                "LOG_LEVEL": shared.log_level,
                "POWERTOOLS_SERVICE_NAME": handler,
                **environment,
            },
        )
        self._acknowledge()

    def wake_on(
        self,
        table: dynamodb.Table,
        *patterns: dict[str, object],
        dead_letters: sqs.Queue,
        batch_size: int,
    ) -> None:
        """Runs the function on the table's stream records that match any of the patterns.

        A record is retried for its age, not a number of times: AWS does not say how soon a retry comes, and a
        few quick ones would give a row up while a lease still holds, or while the endpoint is being replaced.
        A record that no retry helps blocks those behind it in its half of the shard, hence no longer.
        """
        self.function.add_event_source(
            event_sources.DynamoEventSource(
                table,
                starting_position=lambda_.StartingPosition.TRIM_HORIZON,
                batch_size=batch_size,
                bisect_batch_on_error=True,
                retry_attempts=10_000,
                max_record_age=Duration.hours(1),
                parallelization_factor=2,
                report_batch_item_failures=True,
                on_failure=event_sources.SqsDlq(dead_letters),
                filters=[lambda_.FilterCriteria.filter(pattern) for pattern in patterns],
            )
        )

    def _acknowledge(self) -> None:
        acknowledge(
            self,
            {
                "AwsSolutions-L1": "The runtime's version is the one whose bytecode the bundle carries.",
                "AwsSolutions-IAM5[Resource::*]": "X-Ray and ListStreams have no resource-level permissions.",
            },
        )
