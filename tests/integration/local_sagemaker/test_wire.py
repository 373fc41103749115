"""What is refused, and how it looks to boto3, to the AWS CLI and on the wire."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from botocore.exceptions import ClientError

ROLE = "arn:aws:iam::000000000000:role/training"
JOB_ARN = "arn:aws:sagemaker:us-east-1:000000000000:training-job/job"
SAVES_A_MODEL = "(root / 'model/weights').write_text('1')"
AWS_CLI = Path(sys.executable).with_name("aws")


def request_to(local, operation, document):
    """Past boto3, which would not send what its model forbids: (status, answer)."""
    headers = {
        "X-Amz-Target": operation,
        "Content-Type": "application/x-amz-json-1.1",
        "Authorization": "AWS4-HMAC-SHA256 Credential=AKIATEST/20260101/us-east-1/sagemaker/aws4_request",
    }
    request = urllib.request.Request(local.url, json.dumps(document).encode(), headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def minimal_job(**changes):
    return {
        "TrainingJobName": "job",
        "AlgorithmSpecification": {"TrainingImage": "ok", "TrainingInputMode": "File"},
        "RoleArn": ROLE,
        "OutputDataConfig": {"S3OutputPath": "s3://artifacts/models"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
    } | changes


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"TrainingJobNam": "x"}, 'Unknown parameter in input: "TrainingJobNam"'),
        ({"TrainingJobName": "not a name"}, "at 'trainingJobName' failed to satisfy constraint"),
        ({"RemoteDebugConfig": {"EnableRemoteDebug": True}}, "does not support RemoteDebugConfig"),
        ({"RoleArn": "arn:aws:iam::000000000000:role/missing"}, "Could not assume role"),
    ],
)
def test_wrong_parameter_is_refused_with_a_reason_and_starts_nothing(local, changes, told):
    local.image("ok", SAVES_A_MODEL)

    status, answer = request_to(local, "SageMaker.CreateTrainingJob", minimal_job(**changes))

    assert (status, answer["__type"]) == (400, "ValidationException")
    assert told in answer["message"]
    assert local.sagemaker.list_training_jobs()["TrainingJobSummaries"] == []


def test_body_that_is_no_json_is_refused(local):
    status, answer = request_to(local, "SageMaker.CreateTrainingJob", [1])

    assert (status, answer["__type"]) == (400, "SerializationException")


@pytest.mark.parametrize(
    "target", ["SageMaker.CreateSymphony", "SageMaker.CreateProcessingJob", "Other.Thing"]
)
def test_unknown_operation_fails_loudly(local, target):
    status, answer = request_to(local, target, {})

    assert (status, answer["__type"]) == (400, "UnknownOperationException")
    assert target.split(".")[1] in answer["message"]


def test_operation_that_is_not_built_is_a_client_error_in_boto3(local):
    with pytest.raises(ClientError, match="UnknownOperationException"):
        local.sagemaker.list_processing_jobs()


@pytest.mark.parametrize(
    ("action", "arn"), [("sagemaker:CreateTrainingJob", JOB_ARN), ("iam:PassRole", ROLE)]
)
def test_creation_without_the_right_names_action_and_resource(local, action, arn):
    local.image("ok", SAVES_A_MODEL)
    local.rights.forbidden.add(action)

    status, answer = request_to(local, "SageMaker.CreateTrainingJob", minimal_job())

    assert (status, answer["__type"]) == (400, "AccessDeniedException")
    assert answer["message"] == f"not authorized to perform: {action} on {arn}"
    assert local.sagemaker.list_training_jobs()["TrainingJobSummaries"] == []


def test_pass_role_is_asked_with_the_service_it_is_passed_to(local):
    local.image("ok", SAVES_A_MODEL)

    request_to(local, "SageMaker.CreateTrainingJob", minimal_job())

    context = {"iam:PassedToService": "sagemaker.amazonaws.com"}
    assert ("AKIATEST", "iam:PassRole", ROLE, context) in local.rights.asked


class Forbidding(BaseHTTPRequestHandler):
    """An S3 that allows nothing."""

    def do_GET(self):
        body = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
        self.send_response(403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.do_GET()

    do_POST = do_PUT  # noqa: N815  # http.server calls it so

    def log_message(self, *_):
        pass


@pytest.fixture
def forbidden(unstarted):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Forbidding)
    Thread(target=server.serve_forever, daemon=True).start()
    yield unstarted.start(s3_url=f"http://127.0.0.1:{server.server_address[1]}")
    unstarted.stop()
    server.shutdown()
    server.server_close()


def channel(uri, data_type):
    source = {"S3DataType": data_type, "S3Uri": uri}
    return {"ChannelName": "dataset", "DataSource": {"S3DataSource": source}}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"InputDataConfig": [channel("s3://library/data", "S3Prefix")]},
            "s3:ListBucket on s3://library/data",
        ),
        (
            {"InputDataConfig": [channel("s3://library/m.json", "ManifestFile")]},
            "s3:GetObject on s3://library/m.json",
        ),
        ({}, "s3:PutObject on s3://artifacts/models/job/output/model.tar.gz"),
    ],
)
def test_permission_that_the_jobs_role_lacks_is_named_in_the_failure_reason(forbidden, changes, told):
    forbidden.image("ok", SAVES_A_MODEL)

    forbidden.train("job", "ok", **changes)
    job = forbidden.wait_for_end("job")

    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: ")
    assert f"AccessDenied: {ROLE} is not authorized to perform {told}" in job["FailureReason"]


def test_aws_cli_trains_and_describes(local):
    local.image("ok", SAVES_A_MODEL)
    document = local.folder / "job.json"
    document.write_text(json.dumps(minimal_job()))

    created = aws(local, "create-training-job", "--cli-input-json", f"file://{document}")
    local.wait_for_end("job")
    described = aws(local, "describe-training-job", "--training-job-name", "job")

    assert created == {"TrainingJobArn": JOB_ARN}
    assert described["TrainingJobStatus"] == "Completed"
    assert described["ModelArtifacts"] == {
        "S3ModelArtifacts": "s3://artifacts/models/job/output/model.tar.gz"
    }


def aws(local, *arguments):
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(local.folder),
        "AWS_ENDPOINT_URL": local.url,
        "AWS_ACCESS_KEY_ID": "AKIATEST",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    command = [sys.executable, str(AWS_CLI), "sagemaker", *arguments, "--output", "json"]
    return json.loads(subprocess.run(command, env=environment, capture_output=True, check=True).stdout)
