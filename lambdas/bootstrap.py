"""The composition root: the environment read, clients and adapters put together, once per process.

Importing this does nothing. Each function below builds its services on the first call and keeps them warm;
within them, a client is built when it is first used.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

import boto3
from aws_lambda_powertools import Logger
from botocore.config import Config

from lambdas.adapters.composing_endpoint import ComposingEndpoint
from lambdas.adapters.composition_rows import COMPOSITIONS
from lambdas.adapters.dynamo_rows import DynamoRegistry, DynamoRows
from lambdas.adapters.library_rows import DATASETS, MELODIES, MODELS
from lambdas.adapters.s3_files import (
    Bucket,
    S3Catalogs,
    S3MidiFiles,
    S3ModelArchives,
    S3ProgressFiles,
    S3TrainingInputs,
)
from lambdas.adapters.sagemaker_trainings import SageMakerTrainings
from lambdas.adapters.state_machine import StateMachineExecutions, TrainingMachine
from lambdas.adapters.training_job_rows import TRAINING_JOBS
from lambdas.domain.composing import CompositionMaker
from lambdas.domain.compositions import Composition
from lambdas.domain.following import ProgressRecorder
from lambdas.domain.library import Dataset, SampleMelody, TrainedModel
from lambdas.domain.ports import Clock, MidiFiles, ProgressFiles, Rows, Trainings
from lambdas.domain.registering import ModelRegistrar
from lambdas.domain.starting import TrainingStarter
from lambdas.domain.training_jobs import TrainingJob
from lambdas.settings import (
    ApiSettings,
    ComposeSettings,
    RecordProgressSettings,
    RegisterModelSettings,
    StartTrainingSettings,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_sagemaker.client import SageMakerClient
    from mypy_boto3_sagemaker_runtime.client import SageMakerRuntimeClient
    from mypy_boto3_stepfunctions.client import SFNClient

CONNECT_SECONDS = 1
READ_SECONDS = 5
# The longest that SageMaker lets a container take, and a little for the way.
QUEUED_COMPOSE_SECONDS = 65.0

_CONFIG = Config(
    connect_timeout=CONNECT_SECONDS,
    read_timeout=READ_SECONDS,
    retries={"total_max_attempts": 4, "mode": "standard"},
)
# Virtual: else presigned links lead to the global endpoint, which redirects for a new bucket in any region
# but us-east-1, and a redirected link's signature is wrong.
_S3_CONFIG = _CONFIG.merge(Config(signature_version="s3v4", s3={"addressing_style": "virtual"}))


@dataclass(frozen=True)
class ApiServices:
    """What the REST API works with."""

    jobs: Rows[TrainingJob]
    compositions: Rows[Composition]
    models: Rows[TrainedModel]
    datasets: Rows[Dataset]
    melodies: Rows[SampleMelody]
    progress: ProgressFiles
    trainings: Trainings
    midi_files: MidiFiles
    maker: CompositionMaker
    clock: Clock
    log: Logger


@dataclass(frozen=True)
class StartTrainingServices:
    starter: TrainingStarter
    log: Logger


@dataclass(frozen=True)
class RecordProgressServices:
    recorder: ProgressRecorder
    log: Logger


@dataclass(frozen=True)
class RegisterModelServices:
    registrar: ModelRegistrar
    log: Logger


@dataclass(frozen=True)
class ComposeServices:
    maker: CompositionMaker
    log: Logger


@cache
def api() -> ApiServices:
    settings = ApiSettings.from_environment(os.environ)
    artifacts = Bucket(_s3, settings.artifacts_bucket)
    compositions = DynamoRows(_dynamodb, settings.table_name, COMPOSITIONS)
    endpoint = ComposingEndpoint(_endpoint(settings.inline_compose_seconds), settings.endpoint_name)
    midi_files = S3MidiFiles(artifacts)
    return ApiServices(
        jobs=DynamoRows(_dynamodb, settings.table_name, TRAINING_JOBS),
        compositions=compositions,
        models=DynamoRows(_dynamodb, settings.table_name, MODELS),
        datasets=DynamoRows(_dynamodb, settings.table_name, DATASETS),
        melodies=DynamoRows(_dynamodb, settings.table_name, MELODIES),
        progress=S3ProgressFiles(artifacts),
        trainings=SageMakerTrainings(_sagemaker),
        midi_files=midi_files,
        maker=CompositionMaker(compositions, endpoint, midi_files, _now, settings.compose_lease_seconds),
        clock=_now,
        log=Logger(),
    )


@cache
def start_training() -> StartTrainingServices:
    settings = StartTrainingSettings.from_environment(os.environ)
    machine = TrainingMachine(
        settings.job_name_prefix,
        settings.instance_type,
        settings.instance_count,
        settings.volume_size_gb,
        settings.max_runtime_seconds,
    )
    starter = TrainingStarter(
        jobs=DynamoRows(_dynamodb, settings.table_name, TRAINING_JOBS),
        catalogs=S3Catalogs(Bucket(_s3, settings.library_bucket)),
        inputs=S3TrainingInputs(Bucket(_s3, settings.artifacts_bucket), settings.library_bucket),
        executions=StateMachineExecutions(
            _step_functions, settings.state_machine_arn, settings.artifacts_bucket, machine
        ),
        clock=_now,
    )
    return StartTrainingServices(starter, Logger())


@cache
def record_progress() -> RecordProgressServices:
    settings = RecordProgressSettings.from_environment(os.environ)
    recorder = ProgressRecorder(
        jobs=DynamoRows(_dynamodb, settings.table_name, TRAINING_JOBS),
        progress=S3ProgressFiles(Bucket(_s3, settings.artifacts_bucket)),
        trainings=SageMakerTrainings(_sagemaker),
        clock=_now,
    )
    return RecordProgressServices(recorder, Logger())


@cache
def register_model() -> RegisterModelServices:
    settings = RegisterModelSettings.from_environment(os.environ)
    registrar = ModelRegistrar(
        jobs=DynamoRows(_dynamodb, settings.table_name, TRAINING_JOBS),
        registry=DynamoRegistry(_dynamodb, settings.table_name),
        archives=S3ModelArchives(Bucket(_s3, settings.artifacts_bucket)),
        clock=_now,
    )
    return RegisterModelServices(registrar, Logger())


@cache
def compose() -> ComposeServices:
    settings = ComposeSettings.from_environment(os.environ)
    maker = CompositionMaker(
        compositions=DynamoRows(_dynamodb, settings.table_name, COMPOSITIONS),
        composer=ComposingEndpoint(_endpoint(QUEUED_COMPOSE_SECONDS), settings.endpoint_name),
        midi_files=S3MidiFiles(Bucket(_s3, settings.artifacts_bucket)),
        clock=_now,
        lease_seconds=settings.compose_lease_seconds,
    )
    return ComposeServices(maker, Logger())


def _now() -> datetime:
    return datetime.now(UTC)


@cache
def _dynamodb() -> DynamoDBClient:
    return boto3.client("dynamodb", config=_CONFIG)


@cache
def _s3() -> S3Client:
    return boto3.client("s3", config=_S3_CONFIG)


@cache
def _sagemaker() -> SageMakerClient:
    return boto3.client("sagemaker", config=_CONFIG)


@cache
def _step_functions() -> SFNClient:
    return boto3.client("stepfunctions", config=_CONFIG)


def _endpoint(read_seconds: float) -> Callable[[], SageMakerRuntimeClient]:
    """Asked once, without retries: the queue is what retries."""
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=read_seconds,
        retries={"total_max_attempts": 1, "mode": "standard"},
    )

    @cache
    def client() -> SageMakerRuntimeClient:
        return boto3.client("sagemaker-runtime", config=config)

    return client
