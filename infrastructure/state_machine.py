"""The state machine that watches a training job, and the one role that it acts under.

The definition is `stepfunctions/training.asl.json`, deployed as it lies there.
"""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infrastructure.bundling import ROOT
from infrastructure.checks import acknowledge
from infrastructure.functions import Function, retention
from infrastructure.images import Image
from infrastructure.rights import allow, allow_training_jobs
from infrastructure.settings import StageSettings

DEFINITION = ROOT / "stepfunctions" / "training.asl.json"
_SAGEMAKER_ACTIONS = [
    "sagemaker:AddTags",
    "sagemaker:CreateTrainingJob",
    "sagemaker:DescribeTrainingJob",
    "sagemaker:StopTrainingJob",
]


class TrainingStateMachine(Construct):
    """The machine, its role and its log group."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StageSettings,
        image: Image,
        training_role: iam.Role,
        record_progress: Function,
        register_model: Function,
    ) -> None:
        super().__init__(scope, construct_id)
        functions = [record_progress.function.function_arn, register_model.function.function_arn]
        self._role = self._make_role(settings, training_role, functions)
        self.machine = sfn.StateMachine(
            self,
            "StateMachine",
            definition_body=sfn.DefinitionBody.from_string(DEFINITION.read_text()),
            definition_substitutions={
                "TrainingImage": image.uri,
                "TrainingRoleArn": training_role.role_arn,
                "RecordProgressFunctionArn": functions[0],
                "RegisterModelFunctionArn": functions[1],
                "LapLimit": str(settings.lap_limit),
            },
            role=self._role,
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=self._make_log_group(settings),
                level=sfn.LogLevel.ALL,
                include_execution_data=False,
            ),
        )
        self._allow_hand_over()

    def _make_role(self, settings: StageSettings, training_role: iam.Role, functions: list[str]) -> iam.Role:
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        allow_training_jobs(role, _SAGEMAKER_ACTIONS, settings.prefix)
        allow(
            role,
            ["iam:PassRole"],
            [training_role.role_arn],
            StringEquals={"iam:PassedToService": "sagemaker.amazonaws.com"},
        )
        allow(role, ["lambda:InvokeFunction"], functions)
        acknowledge(
            role,
            {
                "AwsSolutions-IAM5[Resource::*]": (
                    "Log delivery and X-Ray have no resource-level permissions."
                )
            },
        )
        return role

    def _make_log_group(self, settings: StageSettings) -> logs.LogGroup:
        return logs.LogGroup(
            self,
            "Logs",
            log_group_name=f"/aws/vendedlogs/states/{settings.prefix}-training",
            retention=retention(settings.log_retention_days),
            removal_policy=RemovalPolicy.DESTROY,
        )

    def _allow_hand_over(self) -> None:
        """A policy of its own: the machine waits for its role's, which therefore cannot name the machine."""
        statement = iam.PolicyStatement(
            actions=["states:StartExecution"], resources=[self.machine.state_machine_arn]
        )
        iam.Policy(self, "HandOver", roles=[self._role], statements=[statement])
