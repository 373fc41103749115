"""Training: the state machine with its Lambdas, the Lambda that starts it, and the training job's role."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from contract.object_keys import DATASETS, MANIFESTS, MODELS, PROGRESS
from contract.table import Kind
from contract.training import JobStatus
from infrastructure.functions import Function, Runtime
from infrastructure.images import Image, make_image
from infrastructure.rights import allow, allow_listing, allow_objects, allow_telemetry, allow_training_jobs
from infrastructure.settings import StageSettings
from infrastructure.state_machine import TrainingStateMachine
from infrastructure.storage import Storage

QUEUED_JOB: dict[str, object] = {
    "eventName": ["INSERT"],
    "dynamodb": {
        "NewImage": {"kind": {"S": [Kind.TRAINING_JOB.value]}, "status": {"S": [JobStatus.QUEUED.value]}}
    },
}


class Training(Construct):
    """From a job's row to a model's row."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StageSettings,
        storage: Storage,
        shared: Runtime,
        dead_letters: sqs.Queue,
    ) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        self._storage = storage
        self._shared = shared
        image = make_image(self, "Image", uri=settings.training_image_uri, container="training_container")
        training_role = self._make_training_role(image)
        self.state_machine: sfn.StateMachine = TrainingStateMachine(
            self,
            "Watch",
            settings=settings,
            image=image,
            training_role=training_role,
            record_progress=self._make_record_progress(),
            register_model=self._make_register_model(),
        ).machine
        self._make_start_training(dead_letters)

    def _make_record_progress(self) -> Function:
        storage = self._storage
        function = Function(
            self,
            "RecordProgress",
            shared=self._shared,
            handler="record_progress",
            environment={
                "TABLE_NAME": storage.table.table_name,
                "ARTIFACTS_BUCKET": storage.artifacts.bucket_name,
            },
            timeout_seconds=30,
            memory_mb=512,
        )
        allow(function.role, ["dynamodb:GetItem", "dynamodb:PutItem"], [storage.table.table_arn])
        allow_objects(function.role, ["s3:GetObject"], storage.artifacts, PROGRESS)
        allow_listing(function.role, storage.artifacts, PROGRESS)
        allow_training_jobs(function.role, ["sagemaker:StopTrainingJob"], self._settings.prefix)
        return function

    def _make_register_model(self) -> Function:
        storage = self._storage
        function = Function(
            self,
            "RegisterModel",
            shared=self._shared,
            handler="register_model",
            environment={
                "TABLE_NAME": storage.table.table_name,
                "ARTIFACTS_BUCKET": storage.artifacts.bucket_name,
            },
            timeout_seconds=120,
            memory_mb=512,
        )
        allow(function.role, ["dynamodb:GetItem", "dynamodb:PutItem"], [storage.table.table_arn])
        allow_objects(function.role, ["s3:GetObject"], storage.artifacts, MODELS)
        allow_listing(function.role, storage.artifacts, MODELS)
        return function

    def _make_start_training(self, dead_letters: sqs.Queue) -> None:
        storage, settings = self._storage, self._settings
        function = Function(
            self,
            "StartTraining",
            shared=self._shared,
            handler="start_training",
            environment={
                "TABLE_NAME": storage.table.table_name,
                "LIBRARY_BUCKET": storage.library.bucket_name,
                "ARTIFACTS_BUCKET": storage.artifacts.bucket_name,
                "STATE_MACHINE_ARN": self.state_machine.state_machine_arn,
                "JOB_NAME_PREFIX": settings.prefix,
                "INSTANCE_TYPE": settings.training_instance_type,
                "INSTANCE_COUNT": str(settings.training_instance_count),
                "VOLUME_SIZE_GB": str(settings.training_volume_size_gb),
                "MAX_RUNTIME_SECONDS": str(settings.training_max_runtime_seconds),
            },
            timeout_seconds=60,
            memory_mb=512,
        )
        allow(function.role, ["dynamodb:GetItem", "dynamodb:PutItem"], [storage.table.table_arn])
        allow_objects(function.role, ["s3:GetObject"], storage.library, DATASETS)
        allow_listing(function.role, storage.library, DATASETS)
        allow_objects(function.role, ["s3:PutObject"], storage.artifacts, MANIFESTS)
        allow(function.role, ["states:StartExecution"], [self.state_machine.state_machine_arn])
        function.wake_on(storage.table, QUEUED_JOB, dead_letters=dead_letters, batch_size=5)

    def _make_training_role(self, image: Image) -> iam.Role:
        """What SageMaker does on behalf of a training job; the container itself has no network."""
        storage = self._storage
        role = iam.Role(self, "TrainingRole", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
        allow_listing(role, storage.library, DATASETS)
        allow_listing(role, storage.artifacts, MANIFESTS, MODELS, PROGRESS)
        allow_objects(role, ["s3:GetObject"], storage.library, DATASETS)
        allow_objects(role, ["s3:GetObject"], storage.artifacts, MANIFESTS, PROGRESS)
        allow_objects(role, ["s3:AbortMultipartUpload", "s3:PutObject"], storage.artifacts, MODELS, PROGRESS)
        allow_telemetry(role, "TrainingJobs")
        image.grant_pull(role)
        return role
