"""Inference: one SageMaker endpoint that serves every model, and the Lambda that composes what was queued.

Serverless by default, provisioned with auto-scaling by setting. Model and endpoint configuration carry no
names: a change replaces them. The endpoint's name tells its kind, so that a change of kind makes a new one:
SageMaker does not update a provisioned endpoint to a serverless one.
"""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_applicationautoscaling as scaling
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from contract.composition import CompositionStatus
from contract.object_keys import COMPOSITIONS, MODELS
from contract.table import Kind
from infrastructure.functions import Function, Runtime
from infrastructure.images import make_image
from infrastructure.rights import allow, allow_listing, allow_objects, allow_telemetry
from infrastructure.settings import StageSettings
from infrastructure.storage import Storage

_VARIANT = "main"
# Composing one may take a minute at the endpoint, so a function takes one record at a time.
_COMPOSE_TIMEOUT_SECONDS = 100
QUEUED_COMPOSITION: dict[str, object] = {
    "eventName": ["INSERT", "MODIFY"],
    "dynamodb": {
        "NewImage": {
            "kind": {"S": [Kind.COMPOSITION.value]},
            "status": {"S": [CompositionStatus.QUEUED.value]},
            # A try that failed goes back to QUEUED with its attempts counted: the mapping's own retries
            # bring it on. Only a fresh queueing wakes the function, or an outage would feed itself.
            "attempts": {"N": ["0"]},
        }
    },
}


class Inference(Construct):
    """The endpoint and `compose`."""

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
        self.endpoint_name = f"{settings.prefix}-{settings.endpoint_kind}"
        self.endpoint_arn = Stack.of(self).format_arn(
            service="sagemaker", resource="endpoint", resource_name=self.endpoint_name
        )
        endpoint = sagemaker.CfnEndpoint(
            self,
            "Endpoint",
            endpoint_name=self.endpoint_name,
            endpoint_config_name=self._make_config(self._make_model()).attr_endpoint_config_name,
        )
        if settings.endpoint_kind == "provisioned":
            self._scale(endpoint)
        self._make_compose(shared, dead_letters)

    def _make_model(self) -> sagemaker.CfnModel:
        image = make_image(
            self, "Image", uri=self._settings.inference_image_uri, container="inference_container"
        )
        role = iam.Role(self, "ModelRole", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
        allow_objects(role, ["s3:GetObject"], self._storage.artifacts, MODELS)
        allow_listing(role, self._storage.artifacts, MODELS)
        allow_telemetry(role, "Endpoints")
        image.grant_pull(role)
        model = sagemaker.CfnModel(
            self,
            "Model",
            execution_role_arn=role.role_arn,
            primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(
                image=image.uri,
                # boto3 reads the region from this variable only, and SageMaker does not promise it.
                environment={"AWS_DEFAULT_REGION": Stack.of(self).region},
            ),
        )
        # SageMaker checks at creation that the role may pull the image.
        model.node.add_dependency(role)
        return model

    def _make_config(self, model: sagemaker.CfnModel) -> sagemaker.CfnEndpointConfig:
        settings = self._settings
        if settings.endpoint_kind == "serverless":
            variant = sagemaker.CfnEndpointConfig.ProductionVariantProperty(
                variant_name=_VARIANT,
                model_name=model.attr_model_name,
                initial_variant_weight=1,
                serverless_config=sagemaker.CfnEndpointConfig.ServerlessConfigProperty(
                    memory_size_in_mb=settings.serverless_memory_mb,
                    max_concurrency=settings.serverless_max_concurrency,
                ),
            )
        else:
            variant = sagemaker.CfnEndpointConfig.ProductionVariantProperty(
                variant_name=_VARIANT,
                model_name=model.attr_model_name,
                initial_variant_weight=1,
                instance_type=settings.endpoint_instance_type,
                initial_instance_count=settings.endpoint_instance_count,
            )
        return sagemaker.CfnEndpointConfig(self, "EndpointConfig", production_variants=[variant])

    def _scale(self, endpoint: sagemaker.CfnEndpoint) -> None:
        """More instances when each has more than about one composition a second to do."""
        target = scaling.ScalableTarget(
            self,
            "Scaling",
            service_namespace=scaling.ServiceNamespace.SAGEMAKER,
            resource_id=f"endpoint/{self.endpoint_name}/variant/{_VARIANT}",
            scalable_dimension="sagemaker:variant:DesiredInstanceCount",
            min_capacity=self._settings.endpoint_instance_count,
            max_capacity=self._settings.endpoint_max_instance_count,
        )
        target.node.add_dependency(endpoint)
        target.scale_to_track_metric(
            "Invocations",
            predefined_metric=scaling.PredefinedMetric.SAGEMAKER_VARIANT_INVOCATIONS_PER_INSTANCE,
            target_value=60,
        )

    def _make_compose(self, shared: Runtime, dead_letters: sqs.Queue) -> None:
        storage = self._storage
        function = Function(
            self,
            "Compose",
            shared=shared,
            handler="compose",
            environment={
                "TABLE_NAME": storage.table.table_name,
                "ARTIFACTS_BUCKET": storage.artifacts.bucket_name,
                "ENDPOINT_NAME": self.endpoint_name,
                "COMPOSE_LEASE_SECONDS": str(self._settings.compose_lease_seconds),
            },
            timeout_seconds=_COMPOSE_TIMEOUT_SECONDS,
            memory_mb=512,
        )
        allow(function.role, ["dynamodb:GetItem", "dynamodb:PutItem"], [storage.table.table_arn])
        allow_objects(function.role, ["s3:PutObject"], storage.artifacts, COMPOSITIONS)
        allow(function.role, ["sagemaker:InvokeEndpoint"], [self.endpoint_arn])
        function.wake_on(storage.table, QUEUED_COMPOSITION, dead_letters=dead_letters, batch_size=1)
