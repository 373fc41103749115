"""What of a `CreateTrainingJob` request is refused, by the service model or by what can be run."""

from __future__ import annotations

import json

import pytest

from localcloud.sagemaker.object_store import ObjectName
from localcloud.sagemaker.ports import AwsError
from localcloud.sagemaker.protocol import Protocol
from localcloud.sagemaker.training_plan import plan_training

ROLE = "arn:aws:iam::000000000000:role/training"
RESOURCES = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5}


@pytest.fixture(scope="module")
def protocol():
    return Protocol()


def make_request(**changes):
    return {
        "TrainingJobName": "job",
        "AlgorithmSpecification": {"TrainingImage": "ok", "TrainingInputMode": "File"},
        "RoleArn": ROLE,
        "OutputDataConfig": {"S3OutputPath": "s3://artifacts/models/"},
        "ResourceConfig": RESOURCES,
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
    } | changes


def plan(protocol, **changes):
    body = json.dumps(make_request(**changes)).encode()
    return plan_training(protocol.decode("CreateTrainingJob", body), {"ok": ["run"]})


def make_channel(data_type="S3Prefix", source=None, **fields):
    s3 = {"S3DataType": data_type, "S3Uri": "s3://library/data", **(source or {})}
    return {"ChannelName": "dataset", "DataSource": {"S3DataSource": s3}, **fields}


def make_algorithm(**changes):
    return {"TrainingImage": "ok", "TrainingInputMode": "File"} | changes


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"TrainingJobNam": "x"}, 'Unknown parameter in input: "TrainingJobNam"'),
        ({"ResourceConfig": RESOURCES | {"Size": 1}}, 'Unknown parameter in ResourceConfig: "Size"'),
        ({"RoleArn": None}, 'Missing required parameter in input: "RoleArn"'),
        ({"TrainingJobName": 5}, "Invalid type for parameter TrainingJobName"),
        ({"HyperParameters": {"epochs": 3}}, "Invalid type for parameter HyperParameters.epochs"),
        ({"StoppingCondition": {"MaxRuntimeInSeconds": 0}}, "valid min value: 1"),
        (
            {"TrainingJobName": "not a name"},
            "1 validation error detected: Value 'not a name' at 'trainingJobName' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern",
        ),
        ({"TrainingJobName": "n" * 64}, "Member must have length less than or equal to 63"),
        (
            {"ResourceConfig": RESOURCES | {"InstanceType": "ml.huge"}},
            "Value 'ml.huge' at 'resourceConfig.instanceType' failed to satisfy constraint: Member must "
            "satisfy enum value set: [ml.m4.xlarge",
        ),
        (
            {"InputDataConfig": [make_channel(ChannelName="a b")]},
            "at 'inputDataConfig.1.member.channelName' failed to satisfy constraint",
        ),
    ],
)
def test_service_model_refuses(protocol, changes, told):
    with pytest.raises(AwsError) as refused:
        plan(protocol, **changes)

    assert refused.value.code == "ValidationException"
    assert told in refused.value.message


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"ResourceConfig": {"InstanceType": "ml.m5.large"}}, "needs InstanceCount, VolumeSizeInGB"),
        ({"ResourceConfig": RESOURCES | {"KeepAlivePeriodInSeconds": 5}}, "KeepAlivePeriodInSeconds"),
        ({"AlgorithmSpecification": make_algorithm(TrainingImage="no")}, "no image 'no'. It has: ok."),
        ({"AlgorithmSpecification": make_algorithm(TrainingInputMode="Pipe")}, "input mode Pipe"),
        ({"AlgorithmSpecification": make_algorithm(ContainerEntrypoint=["sh"])}, "ContainerEntrypoint"),
        ({"OutputDataConfig": {"S3OutputPath": "https://x/y"}}, "is no s3:// URI"),
        (
            {"OutputDataConfig": {"S3OutputPath": "s3://a", "CompressionType": "NONE"}},
            "uncompressed output",
        ),
        ({"RemoteDebugConfig": {"EnableRemoteDebug": True}}, "does not support RemoteDebugConfig"),
        ({"EnableManagedSpotTraining": True}, "Invalid MaxWaitTimeInSeconds"),
        ({"StoppingCondition": {"MaxWaitTimeInSeconds": 5}}, "only be used with EnableManagedSpotTraining"),
        (
            {"CheckpointConfig": {"S3Uri": "s3://a/c", "LocalPath": "/tmp/elsewhere"}},
            "a checkpoint folder outside of /opt/ml",
        ),
        ({"CheckpointConfig": {"S3Uri": "s3://a/c", "LocalPath": "/opt/ml/../x"}}, "outside of /opt/ml"),
        ({"InputDataConfig": [make_channel("AugmentedManifestFile")]}, "data type AugmentedManifestFile"),
        ({"InputDataConfig": [make_channel(CompressionType="Gzip")]}, "CompressionType Gzip"),
        ({"InputDataConfig": [make_channel(ShuffleConfig={"Seed": 1})]}, "ShuffleConfig"),
        ({"InputDataConfig": [make_channel(), make_channel()]}, "Channel names must be unique"),
        (
            {"InputDataConfig": [{"ChannelName": "a", "DataSource": {}}]},
            "channels whose data source is not S3",
        ),
        (
            {
                "AlgorithmSpecification": make_algorithm(
                    MetricDefinitions=[{"Name": "loss", "Regex": "loss=.*"}]
                )
            },
            "no capturing group",
        ),
        (
            {"AlgorithmSpecification": make_algorithm(MetricDefinitions=[{"Name": "loss", "Regex": "(("}])},
            "regex of metric loss cannot be read",
        ),
    ],
)
def test_what_cannot_be_run_is_refused(protocol, changes, told):
    with pytest.raises(AwsError) as refused:
        plan(protocol, **changes)

    assert refused.value.code == "ValidationException"
    assert told in refused.value.message


def test_plan_holds_what_was_asked_for(protocol):
    planned = plan(
        protocol,
        HyperParameters={"epochs": "3"},
        InputDataConfig=[make_channel("ManifestFile", {"S3DataDistributionType": "ShardedByS3Key"})],
        CheckpointConfig={"S3Uri": "s3://artifacts/progress/", "LocalPath": "/opt/ml/kept/here"},
        EnableNetworkIsolation=True,
    )

    assert planned.command == ["run"]
    assert planned.hyperparameters == {"epochs": "3"}
    assert planned.artifact_folder == ObjectName("artifacts", "models/job/output")
    assert planned.checkpoints == ObjectName("artifacts", "progress/")
    assert str(planned.checkpoint_path) == "kept/here"
    assert (planned.channels[0].name, planned.channels[0].is_sharded) == ("dataset", True)
    assert planned.is_isolated is True


def test_spot_training_with_a_longer_wait_is_planned(protocol):
    stopping = {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 60}

    planned = plan(protocol, EnableManagedSpotTraining=True, StoppingCondition=stopping)

    assert planned.max_runtime_seconds == 60


def test_null_counts_as_absent(protocol):
    assert plan(protocol, CheckpointConfig=None).checkpoints is None


def test_unknown_operation_is_named(protocol):
    with pytest.raises(AwsError, match="'CreateSymphony'") as refused:
        protocol.decode("CreateSymphony", b"{}")

    assert refused.value.code == "UnknownOperationException"


def test_body_that_is_no_object_is_refused(protocol):
    with pytest.raises(AwsError, match="no JSON object") as refused:
        protocol.decode("CreateTrainingJob", b"[1]")

    assert refused.value.code == "SerializationException"
