"""A table and two buckets on moto."""

from __future__ import annotations

import boto3
import pytest
from moto import mock_aws

TABLE, LIBRARY, ARTIFACTS = "continuo-test", "continuo-test-library", "continuo-test-artifacts"
REGION = "eu-central-1"


@pytest.fixture(scope="session")
def clients():
    """Building a client takes longer than most tests here; moto catches what any client sends."""
    session = boto3.Session("testing", "testing", region_name=REGION)
    return {name: session.client(name) for name in ("dynamodb", "s3", "stepfunctions")}


@pytest.fixture
def aws(monkeypatch, clients):
    """Moto in place of AWS, with an empty table and empty buckets."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        clients["dynamodb"].create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
        )
        for bucket in (LIBRARY, ARTIFACTS):
            clients["s3"].create_bucket(
                Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
            )
        yield clients


@pytest.fixture
def s3(aws):
    return aws["s3"]


@pytest.fixture
def dynamodb(aws):
    return aws["dynamodb"]


@pytest.fixture
def step_functions(aws):
    return aws["stepfunctions"]
