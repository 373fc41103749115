"""What an operator must hear of: records that no retry helped, and watches that ended badly."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infrastructure.checks import acknowledge


class DeadLetters(Construct):
    """Where stream records go that a Lambda could not handle; each points at the rows that it was about."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
            removal_policy=RemovalPolicy.DESTROY,
        )
        acknowledge(self.queue, {"AwsSolutions-SQS3": "This queue is where the others' dead letters go."})


class Monitoring(Construct):
    """The alarms."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        dead_letters: sqs.Queue,
        state_machine: sfn.StateMachine,
    ) -> None:
        super().__init__(scope, construct_id)
        _alarm(
            self,
            "DeadLettersAlarm",
            dead_letters.metric_approximate_number_of_messages_visible(
                period=Duration.minutes(1), statistic="Maximum"
            ),
            "A job or a composition was given up: read the queue, mend the cause, queue the row again.",
        )
        _alarm(
            self,
            "FailedWatchAlarm",
            state_machine.metric_failed(period=Duration.minutes(5), statistic="Sum"),
            "A training job could not be created or watched: read the execution and the job's row.",
        )


def _alarm(scope: Construct, construct_id: str, metric: cloudwatch.Metric, description: str) -> None:
    cloudwatch.Alarm(
        scope,
        construct_id,
        metric=metric,
        threshold=1,
        evaluation_periods=1,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        alarm_description=description,
    )
