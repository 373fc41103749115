"""The state machine: one execution per training job, named after it, so that a second start does nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from contract import object_keys
from contract.execution import ExecutionInput
from contract.hyperparameters import HYPERPARAMETERS, Technique, encode_for_sagemaker
from lambdas.adapters.aws_errors import aws_call, error_code
from lambdas.domain.training_jobs import TrainingJob

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.client import SFNClient

ALREADY_STARTED = "ExecutionAlreadyExists"


@dataclass(frozen=True)
class TrainingMachine:
    """What a training runs on."""

    job_name_prefix: str
    instance_type: str
    instance_count: int
    volume_size_gb: int
    max_runtime_seconds: int


@dataclass(frozen=True)
class StateMachineExecutions:
    """Starts executions."""

    client: Callable[[], SFNClient]
    state_machine_arn: str
    artifacts_bucket: str
    machine: TrainingMachine

    def training_job_name(self, job: TrainingJob) -> str:
        return f"{self.machine.job_name_prefix}-{job.job_id}"

    def start(self, job: TrainingJob) -> None:
        try:
            with aws_call("states:StartExecution"):
                self.client().start_execution(
                    stateMachineArn=self.state_machine_arn,
                    name=job.job_id,
                    input=self._input(job).to_json(),
                )
        except ClientError as error:
            if error_code(error) != ALREADY_STARTED:
                raise

    def _input(self, job: TrainingJob) -> ExecutionInput:
        technique = Technique(job.technique)
        values = HYPERPARAMETERS[technique].model_validate(dict(job.hyperparameters))
        return ExecutionInput(
            owner=job.owner,
            job_id=job.job_id,
            training_job_name=self.training_job_name(job),
            input_manifest_uri=self._uri(object_keys.input_manifest_key(job.job_id)),
            output_uri=self._uri(object_keys.model_output_prefix(job.job_id)),
            checkpoint_uri=self._uri(object_keys.progress_prefix(job.job_id)),
            hyper_parameters=encode_for_sagemaker(values, technique),
            instance_type=self.machine.instance_type,
            instance_count=self.machine.instance_count,
            volume_size_gb=self.machine.volume_size_gb,
            max_runtime_seconds=self.machine.max_runtime_seconds,
        )

    def _uri(self, key: str) -> str:
        return object_keys.ObjectLocation(self.artifacts_bucket, key).to_uri()
