"""What a `CreateTrainingJob` request asks for, as values; and what of it this service refuses.

The request has passed the service model. Refused is what would change what is trained; parameters that
only AWS's own machinery cares about are kept in the description and do nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from localcloud.sagemaker.channels import MANIFEST_FILE, S3_PREFIX, Channel
from localcloud.sagemaker.documents import Document
from localcloud.sagemaker.object_store import ObjectName
from localcloud.sagemaker.protocol import invalid, unsupported

BASE_FOLDER = PurePosixPath("/opt/ml")
DEFAULT_RUNTIME_SECONDS = 24 * 3600
_DEFAULT_CHECKPOINTS = "/opt/ml/checkpoints"
_REFUSED = (
    "DebugRuleConfigurations",
    "InfraCheckConfig",
    "MlflowConfig",
    "ModelPackageConfig",
    "RemoteDebugConfig",
    "ServerlessJobConfig",
    "SessionChainingConfig",
    "TensorBoardOutputConfig",
)
_REFUSED_RESOURCES = (
    "InstanceGroups",
    "InstancePlacementConfig",
    "InstancePreferences",
    "KeepAlivePeriodInSeconds",
    "SelectedInstanceCount",
    "SelectedInstanceType",
    "TrainingPlanArn",
)
_REFUSED_ALGORITHM = ("AlgorithmName", "ContainerArguments", "ContainerEntrypoint", "TrainingImageConfig")


@dataclass(frozen=True)
class TrainingPlan:
    """One training job."""

    name: str
    role_arn: str
    image: str
    command: list[str]
    hyperparameters: dict[str, str]
    environment: dict[str, str]
    channels: list[Channel]
    channel_documents: dict[str, Document]  # what `inputdataconfig.json` tells of each
    metric_definitions: list[tuple[str, str]]
    output: ObjectName
    checkpoints: ObjectName | None
    checkpoint_path: PurePosixPath  # below BASE_FOLDER
    instance_type: str
    n_hosts: int
    max_runtime_seconds: int
    is_isolated: bool  # no network on AWS: no credentials here

    @property
    def artifact_folder(self) -> ObjectName:
        return self.output.below(self.name).below("output")


def plan_training(request: Document, images: Mapping[str, list[str]]) -> TrainingPlan:
    """Raises `AwsError` (`ValidationException`) for what cannot be run."""
    _refuse(request, _REFUSED)
    algorithm, resources = request["AlgorithmSpecification"], request.get("ResourceConfig", {})
    _refuse(algorithm, _REFUSED_ALGORITHM)
    _refuse(resources, _REFUSED_RESOURCES)
    _need(resources, "ResourceConfig", ("InstanceType", "InstanceCount", "VolumeSizeInGB"))
    if algorithm["TrainingInputMode"] != "File":
        raise unsupported(f"the input mode {algorithm['TrainingInputMode']}")
    image = algorithm.get("TrainingImage", "")
    checkpoints = request.get("CheckpointConfig")
    channels = [_plan_channel(channel) for channel in request.get("InputDataConfig", [])]
    if len({channel.name for channel in channels}) < len(channels):
        raise invalid("Channel names must be unique.")
    return TrainingPlan(
        name=request["TrainingJobName"],
        role_arn=request["RoleArn"],
        image=image,
        command=find_command(images, image),
        hyperparameters=request.get("HyperParameters", {}),
        environment=request.get("Environment", {}),
        channels=channels,
        channel_documents={c["ChannelName"]: _tell_channel(c) for c in request.get("InputDataConfig", [])},
        metric_definitions=_plan_metrics(algorithm.get("MetricDefinitions", [])),
        output=_plan_output(request["OutputDataConfig"]),
        checkpoints=_to_object(checkpoints["S3Uri"]) if checkpoints else None,
        checkpoint_path=_plan_checkpoint_path(checkpoints or {}),
        instance_type=resources["InstanceType"],
        n_hosts=resources["InstanceCount"],
        max_runtime_seconds=_plan_runtime(request),
        is_isolated=request.get("EnableNetworkIsolation", False),
    )


def find_command(images: Mapping[str, list[str]], image: str) -> list[str]:
    """The command that stands for an image. Raises `AwsError`."""
    if image not in images:
        known = ", ".join(sorted(images)) or "none"
        raise invalid(f"The local SageMaker has no image {image!r}. It has: {known}.")
    return list(images[image])


def _plan_channel(channel: Document) -> Channel:
    source = channel["DataSource"].get("S3DataSource")
    if source is None:
        raise unsupported("channels whose data source is not S3")
    if source["S3DataType"] not in (S3_PREFIX, MANIFEST_FILE):
        raise unsupported(f"the data type {source['S3DataType']}")
    for field, plain in (("InputMode", "File"), ("CompressionType", "None"), ("RecordWrapperType", "None")):
        if channel.get(field, plain) != plain:
            raise unsupported(f"{field} {channel[field]}")
    _refuse(channel, ("ShuffleConfig",))
    _refuse(source, ("AttributeNames", "HubAccessConfig", "InstanceGroupNames", "ModelAccessConfig"))
    return Channel(
        name=channel["ChannelName"],
        data_type=source["S3DataType"],
        source=_to_object(source["S3Uri"]),
        is_sharded=source.get("S3DataDistributionType") == "ShardedByS3Key",
    )


def _tell_channel(channel: Document) -> Document:
    source = channel["DataSource"]["S3DataSource"]
    told = {
        "TrainingInputMode": "File",
        "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
        "RecordWrapperType": "None",
    }
    return told | ({"ContentType": channel["ContentType"]} if "ContentType" in channel else {})


def _plan_metrics(definitions: list[Document]) -> list[tuple[str, str]]:
    for definition in definitions:
        try:
            groups = re.compile(definition["Regex"]).groups
        except re.error as error:
            raise invalid(f"The regex of metric {definition['Name']} cannot be read: {error}.") from error
        if groups < 1:
            raise invalid(f"The regex of metric {definition['Name']} has no capturing group.")
    return [(definition["Name"], definition["Regex"]) for definition in definitions]


def _plan_output(output: Document) -> ObjectName:
    if output.get("CompressionType", "GZIP") != "GZIP":
        raise unsupported("uncompressed output")
    return _to_object(output["S3OutputPath"])


def _plan_checkpoint_path(checkpoints: Document) -> PurePosixPath:
    path = PurePosixPath(checkpoints.get("LocalPath", _DEFAULT_CHECKPOINTS))
    if ".." in path.parts or not path.is_relative_to(BASE_FOLDER) or path == BASE_FOLDER:
        raise unsupported(f"a checkpoint folder outside of {BASE_FOLDER}: {path}")
    return path.relative_to(BASE_FOLDER)


def _plan_runtime(request: Document) -> int:
    stopping = request.get("StoppingCondition", {})
    runtime = int(stopping.get("MaxRuntimeInSeconds", DEFAULT_RUNTIME_SECONDS))
    wait = stopping.get("MaxWaitTimeInSeconds")
    if request.get("EnableManagedSpotTraining", False):
        if wait is None or wait < runtime:
            raise invalid(
                "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to "
                "MaxRuntimeInSeconds."
            )
    elif wait is not None:
        raise invalid("MaxWaitTimeInSeconds can only be used with EnableManagedSpotTraining.")
    return runtime


def _to_object(uri: str) -> ObjectName:
    try:
        return ObjectName.of_uri(uri)
    except ValueError as error:
        raise invalid(f"{error}.") from error


def _need(document: Document, where: str, fields: tuple[str, ...]) -> None:
    missing = [field for field in fields if not document.get(field)]
    if missing:
        raise invalid(f"{where} needs {', '.join(missing)}.")


def _refuse(document: Document, fields: tuple[str, ...]) -> None:
    given = [field for field in fields if field in document]
    if given:
        raise unsupported(", ".join(given))
