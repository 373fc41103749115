"""What is kept: one table, and two buckets. The library holds datasets; artifacts, what people and jobs make.

Nothing here is public, everything is encrypted, and buckets answer over TLS only.
"""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from constructs import Construct

from contract.object_keys import MANIFESTS, PROGRESS
from contract.table import EXPIRES_AT, PARTITION_KEY, SORT_KEY
from infrastructure.checks import acknowledge
from infrastructure.settings import StageSettings


class Storage(Construct):
    """The table and the buckets."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: StageSettings) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        self._removal = RemovalPolicy.RETAIN if settings.keep_data_on_delete else RemovalPolicy.DESTROY
        self.table = self._make_table()
        self._access_logs = self._make_access_logs()
        self.library = self._make_bucket("Library", [])
        self.artifacts = self._make_bucket("Artifacts", self._artifact_rules())

    def _make_table(self) -> dynamodb.Table:
        return dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name=PARTITION_KEY, type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name=SORT_KEY, type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
            time_to_live_attribute=EXPIRES_AT,
            deletion_protection=self._settings.keep_data_on_delete,
            removal_policy=self._removal,
        )

    def _make_bucket(self, construct_id: str, rules: list[s3.LifecycleRule]) -> s3.Bucket:
        return s3.Bucket(
            self,
            construct_id,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            server_access_logs_bucket=self._access_logs,
            server_access_logs_prefix=f"{construct_id.lower()}/",
            lifecycle_rules=[_abandoned_uploads(), *rules],
            removal_policy=self._removal,
        )

    def _make_access_logs(self) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "AccessLogs",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            lifecycle_rules=[
                _abandoned_uploads(),
                s3.LifecycleRule(expiration=Duration.days(self._settings.access_log_retention_days)),
            ],
            removal_policy=self._removal,
        )
        acknowledge(bucket, {"AwsSolutions-S1": "This bucket takes the access logs of the others."})
        return bucket

    def _artifact_rules(self) -> list[s3.LifecycleRule]:
        return [
            s3.LifecycleRule(
                prefix=PROGRESS, expiration=Duration.days(self._settings.progress_retention_days)
            ),
            s3.LifecycleRule(
                prefix=MANIFESTS, expiration=Duration.days(self._settings.manifest_retention_days)
            ),
        ]


def _abandoned_uploads() -> s3.LifecycleRule:
    return s3.LifecycleRule(abort_incomplete_multipart_upload_after=Duration.days(7))
