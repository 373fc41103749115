"""Nobody but the launcher is root, and nothing changes without a signature."""

from __future__ import annotations

import boto3
import httpx
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError


@pytest.mark.parametrize("key", ["test", "000000000000", "123456789012"])
def test_root_keys_are_refused(cloud, key):
    client = boto3.Session(key, "test", region_name="us-east-1").client(
        "lambda", endpoint_url=cloud.endpoint_url
    )

    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        client.list_functions()


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("dynamodb", "list_tables", {}),
        ("s3", "list_buckets", {}),
        ("sagemaker", "describe_training_job", {"TrainingJobName": "x"}),
    ],
)
def test_forged_signature_is_refused(cloud, service, operation, arguments):
    key = cloud.environment["AWS_ACCESS_KEY_ID"]
    client = boto3.Session(key, "not-the-secret", region_name="us-east-1").client(
        service, endpoint_url=cloud.endpoint_url
    )

    with pytest.raises(ClientError, match=r"InvalidSignature|SignatureDoesNotMatch"):
        getattr(client, operation)(**arguments)


def test_unsigned_sagemaker_request_is_refused(cloud):
    client = boto3.client(
        "sagemaker", "us-east-1", endpoint_url=cloud.endpoint_url, config=Config(signature_version=UNSIGNED)
    )

    with pytest.raises(ClientError, match="MissingAuthenticationToken"):
        client.describe_training_job(TrainingJobName="x")


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("POST", "/2015-03-31/functions", {}),
        ("POST", "/2015-03-31/functions", {"authorization": "nonsense"}),
        ("PUT", "/a-bucket", {}),
        ("POST", "/", {"x-amz-target": "DynamoDB_20120810.CreateTable"}),
        ("POST", "/_ministack/reset", {}),
        ("POST", "/_ministack/config", {"authorization": "nonsense"}),
    ],
)
def test_change_without_signature_is_refused(cloud, method, path, headers):
    answer = httpx.request(method, f"{cloud.endpoint_url}{path}", headers=headers, json={})

    assert answer.status_code == 403


def test_functions_do_not_see_the_launchers_secret(aws):
    code = "import os\ndef handle(event, context): return [n for n in os.environ if n.startswith('CONTINUO')]"
    aws.make_function("looks-around", code)

    assert aws.call("looks-around") == (False, [])
