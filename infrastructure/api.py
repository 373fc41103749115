"""The REST API: every call below the root goes to one Lambda, and none gets there without a token.

What API Gateway answers by itself has the same shape as the Lambda's errors: problem+json.
"""

from __future__ import annotations

import json

from aws_cdk import RemovalPolicy
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_logs as logs
from constructs import Construct

from contract.object_keys import COMPOSITIONS, PROGRESS
from contract.problems import CONTENT_TYPE, TYPE_PREFIX, ProblemCode
from infrastructure.checks import acknowledge
from infrastructure.functions import Function, Runtime
from infrastructure.identity import Identity
from infrastructure.inference import Inference
from infrastructure.rights import allow, allow_listing, allow_objects, allow_training_jobs
from infrastructure.settings import StageSettings
from infrastructure.storage import Storage

STAGE_NAME = "api"
_TABLE_ACTIONS = ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"]
_ACCESS_LOG_FIELDS = {
    "requestId": "$context.requestId",
    "requestTime": "$context.requestTime",
    "user": "$context.authorizer.claims.sub",
    "httpMethod": "$context.httpMethod",
    "path": "$context.path",
    "status": "$context.status",
    "errorType": "$context.error.responseType",
    "responseLatencyMs": "$context.responseLatency",
    "integrationLatencyMs": "$context.integrationLatency",
    "responseLength": "$context.responseLength",
    "sourceIp": "$context.identity.sourceIp",
    "userAgent": "$context.identity.userAgent",
}
# API Gateway's own answers: response type, status, code, title, detail.
_GATEWAY_ANSWERS: list[tuple[str, int, ProblemCode, str, str]] = [
    ("UNAUTHORIZED", 401, ProblemCode.UNAUTHENTICATED, "Sign in first", "The token is missing or not valid."),
    ("EXPIRED_TOKEN", 401, ProblemCode.UNAUTHENTICATED, "Sign in again", "The token has expired."),
    ("ACCESS_DENIED", 403, ProblemCode.FORBIDDEN, "Not allowed", "This call is not allowed."),
    ("MISSING_AUTHENTICATION_TOKEN", 404, ProblemCode.NOT_FOUND, "Not found", "There is no such path."),
    ("REQUEST_TOO_LARGE", 413, ProblemCode.TOO_LARGE, "Too large", "The body is larger than 10 MB."),
    (
        "UNSUPPORTED_MEDIA_TYPE",
        415,
        ProblemCode.UNSUPPORTED_MEDIA_TYPE,
        "Media type not supported",
        "The body's media type is not supported.",
    ),
    ("THROTTLED", 429, ProblemCode.THROTTLED, "Too many requests", "Try again in a moment."),
    ("QUOTA_EXCEEDED", 429, ProblemCode.THROTTLED, "Quota used up", "The quota is used up."),
    ("INTEGRATION_TIMEOUT", 504, ProblemCode.UNAVAILABLE, "Took too long", "Try again in a moment."),
    ("INTEGRATION_FAILURE", 502, ProblemCode.UNAVAILABLE, "Not available", "Try again in a moment."),
]


class Api(Construct):
    """The REST API, its authorizer, and the Lambda `api`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StageSettings,
        storage: Storage,
        identity: Identity,
        inference: Inference,
        shared: Runtime,
    ) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        function = self._make_function(storage, inference, shared)
        self.rest_api = self._make_rest_api(shared)
        authorizer = apigateway.CognitoUserPoolsAuthorizer(
            self, "Authorizer", cognito_user_pools=[identity.user_pool]
        )
        # Not `add_proxy`: it would give the root a method of its own, without the authorizer.
        self.rest_api.root.add_resource("{proxy+}").add_method(
            "ANY",
            apigateway.LambdaIntegration(function.function, allow_test_invoke=False),
            authorizer=authorizer,
            authorization_type=apigateway.AuthorizationType.COGNITO,
        )
        self._shape_gateway_answers()

    def _make_function(self, storage: Storage, inference: Inference, shared: Runtime) -> Function:
        function = Function(
            self,
            "Handler",
            shared=shared,
            handler="api",
            environment={
                "TABLE_NAME": storage.table.table_name,
                "ARTIFACTS_BUCKET": storage.artifacts.bucket_name,
                "ENDPOINT_NAME": inference.endpoint_name,
                "INLINE_COMPOSE_SECONDS": str(self._settings.inline_compose_seconds),
                "COMPOSE_LEASE_SECONDS": str(self._settings.compose_lease_seconds),
            },
            timeout_seconds=29,
            memory_mb=1024,
        )
        allow(function.role, _TABLE_ACTIONS, [storage.table.table_arn])
        allow_objects(function.role, ["s3:GetObject"], storage.artifacts, COMPOSITIONS, PROGRESS)
        allow_objects(function.role, ["s3:PutObject"], storage.artifacts, COMPOSITIONS)
        allow_listing(function.role, storage.artifacts, COMPOSITIONS, PROGRESS)
        allow(function.role, ["sagemaker:InvokeEndpoint"], [inference.endpoint_arn])
        allow_training_jobs(function.role, ["sagemaker:StopTrainingJob"], self._settings.prefix)
        return function

    def _make_rest_api(self, shared: Runtime) -> apigateway.RestApi:
        access_log = logs.LogGroup(
            self, "AccessLog", retention=shared.log_retention, removal_policy=RemovalPolicy.DESTROY
        )
        rest_api = apigateway.RestApi(
            self,
            "RestApi",
            rest_api_name=self._settings.prefix,
            description="Continuo: train a model, let it accompany a melody.",
            # All types: else a MIDI file comes as base64 to whoever does not name its type first in Accept.
            # Request bodies come to the Lambda in base64 in return, and say so.
            binary_media_types=["*/*"],
            cloud_watch_role=True,  # API Gateway writes access logs through one role per account and region
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            deploy_options=apigateway.StageOptions(
                stage_name=STAGE_NAME,
                access_log_destination=apigateway.LogGroupLogDestination(access_log),
                access_log_format=apigateway.AccessLogFormat.custom(json.dumps(_ACCESS_LOG_FIELDS)),
                logging_level=apigateway.MethodLoggingLevel.ERROR,
                metrics_enabled=True,
                throttling_rate_limit=self._settings.throttle_requests_per_second,
                throttling_burst_limit=self._settings.throttle_burst,
                tracing_enabled=True,
            ),
        )
        _acknowledge(rest_api)
        return rest_api

    def _shape_gateway_answers(self) -> None:
        for response_type, status, code, title, detail in _GATEWAY_ANSWERS:
            self._shape(response_type, status, _problem(status, code, title, detail))
        self._shape("DEFAULT_4XX", None, _problem(400, ProblemCode.MALFORMED_REQUEST, "Bad request", ""))
        self._shape("DEFAULT_5XX", None, _problem(500, ProblemCode.INTERNAL, "Internal error", ""))

    def _shape(self, response_type: str, status: int | None, template: str) -> None:
        self.rest_api.add_gateway_response(
            response_type.replace("_", " ").title().replace(" ", ""),
            type=apigateway.ResponseType.of(response_type),
            status_code=None if status is None else str(status),
            response_headers={"Content-Type": f"'{CONTENT_TYPE}'"},
            templates={"application/json": template},
        )


def _problem(status: int, code: ProblemCode, title: str, detail: str) -> str:
    return json.dumps(
        {
            "type": f"{TYPE_PREFIX}{code.value}",
            "title": title,
            "status": status,
            "detail": detail or title,
            "code": code.value,
            "requestId": "$context.requestId",
        }
    )


def _acknowledge(rest_api: apigateway.RestApi) -> None:
    acknowledge(
        rest_api,
        {
            "AwsSolutions-APIG2": "The Lambda validates bodies with the models of contract/.",
            "AwsSolutions-APIG3": "Calls need a token and are throttled; a web ACL is the operator's choice.",
            "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
            "AmazonAPIGatewayPushToCloudWatchLogs]": "The role that AWS documents for these logs.",
        },
    )
