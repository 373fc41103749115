"""What is kept is private, encrypted and recoverable."""

from __future__ import annotations

import pytest

from contract.object_keys import MANIFESTS, PROGRESS
from contract.table import EXPIRES_AT, PARTITION_KEY, SORT_KEY


def test_table_has_the_keys_and_the_stream_that_rows_rely_on(resources):
    (table,) = resources("AWS::DynamoDB::Table").values()

    assert table["KeySchema"] == [
        {"AttributeName": PARTITION_KEY, "KeyType": "HASH"},
        {"AttributeName": SORT_KEY, "KeyType": "RANGE"},
    ]
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert table["TimeToLiveSpecification"] == {"AttributeName": EXPIRES_AT, "Enabled": True}


def test_table_is_encrypted_and_recoverable(resources):
    (table,) = resources("AWS::DynamoDB::Table").values()

    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_every_bucket_is_private_and_encrypted(resources):
    buckets = resources("AWS::S3::Bucket")

    assert len(buckets) == 3
    for bucket in buckets.values():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]


def test_every_bucket_refuses_plain_http(resources):
    policies = {
        policy["Bucket"]["Ref"]: policy["PolicyDocument"]["Statement"]
        for policy in resources("AWS::S3::BucketPolicy").values()
    }

    assert set(policies) == set(resources("AWS::S3::Bucket"))
    for statements in policies.values():
        assert any(
            statement["Effect"] == "Deny"
            and statement["Action"] == "s3:*"
            and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
            for statement in statements
        )


def test_what_can_be_made_again_expires(resources):
    rules = [
        rule
        for bucket in resources("AWS::S3::Bucket").values()
        for rule in bucket["LifecycleConfiguration"]["Rules"]
    ]

    assert {PROGRESS, MANIFESTS} == {rule["Prefix"] for rule in rules if "Prefix" in rule}
    assert sum("AbortIncompleteMultipartUpload" in rule for rule in rules) == 3


@pytest.mark.parametrize(("stage", "policy"), [("local", "Delete"), ("dev", "Delete"), ("prod", "Retain")])
def test_data_outlives_the_stack_where_the_stage_says_so(synthesize, stage, policy):
    resources = synthesize(stage, trainingImageUri="t", inferenceImageUri="i")["Resources"].values()

    kept = {
        resource["DeletionPolicy"]
        for resource in resources
        if resource["Type"] in ("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::Cognito::UserPool")
    }

    assert kept == {policy}
