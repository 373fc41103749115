"""The REST API of the template: nothing without a token, and errors of one shape."""

from __future__ import annotations

import json

import pytest

from contract.problems import CONTENT_TYPE, Problem

STATUSES = {
    "UNAUTHORIZED": 401,
    "EXPIRED_TOKEN": 401,
    "ACCESS_DENIED": 403,
    "MISSING_AUTHENTICATION_TOKEN": 404,
    "REQUEST_TOO_LARGE": 413,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "THROTTLED": 429,
    "QUOTA_EXCEEDED": 429,
    "INTEGRATION_FAILURE": 502,
    "INTEGRATION_TIMEOUT": 504,
}


@pytest.fixture(scope="module")
def gateway_answers(resources) -> dict[str, dict]:
    return {
        properties["ResponseType"]: properties
        for properties in resources("AWS::ApiGateway::GatewayResponse").values()
    }


def test_every_method_asks_for_a_token_of_the_pool(resources):
    methods = resources("AWS::ApiGateway::Method")
    (authorizer_id,) = resources("AWS::ApiGateway::Authorizer")

    assert len(methods) == 1
    for method in methods.values():
        assert method["AuthorizationType"] == "COGNITO_USER_POOLS"
        assert method["AuthorizerId"] == {"Ref": authorizer_id}


def test_every_path_below_the_root_is_served(resources):
    (resource,) = resources("AWS::ApiGateway::Resource").values()

    assert resource["PathPart"] == "{proxy+}"


def test_midi_travels_as_bytes_whatever_the_caller_accepts(resources):
    """API Gateway compares these with the first type in Accept, and `*/*` there is not `audio/midi`."""
    (rest_api,) = resources("AWS::ApiGateway::RestApi").values()

    assert rest_api["BinaryMediaTypes"] == ["*/*"]


def test_calls_are_throttled_and_logged(resources):
    (stage,) = resources("AWS::ApiGateway::Stage").values()
    (every_method,) = stage["MethodSettings"]

    assert every_method["ThrottlingRateLimit"] == 20
    assert every_method["ThrottlingBurstLimit"] == 40
    assert every_method["DataTraceEnabled"] is False
    assert "requestId" in json.loads(stage["AccessLogSetting"]["Format"])


@pytest.mark.parametrize(("response_type", "status"), STATUSES.items())
def test_gateways_own_answer_is_a_problem(gateway_answers, response_type, status):
    answer = gateway_answers[response_type]

    problem = Problem.model_validate_json(answer["ResponseTemplates"]["application/json"])

    assert answer["StatusCode"] == str(status)
    assert problem.status == status
    assert problem.request_id == "$context.requestId"
    assert problem.type.endswith(problem.code.value)
    assert answer["ResponseParameters"] == {"gatewayresponse.header.Content-Type": f"'{CONTENT_TYPE}'"}


@pytest.mark.parametrize("response_type", ["DEFAULT_4XX", "DEFAULT_5XX"])
def test_any_other_answer_is_a_problem_too(gateway_answers, response_type):
    answer = gateway_answers[response_type]

    assert "StatusCode" not in answer
    assert Problem.model_validate_json(answer["ResponseTemplates"]["application/json"])


def test_only_an_administrator_creates_users(resources):
    (pool,) = resources("AWS::Cognito::UserPool").values()
    (client,) = resources("AWS::Cognito::UserPoolClient").values()

    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert client["GenerateSecret"] is False
    assert client["PreventUserExistenceErrors"] == "ENABLED"
    assert "ALLOW_USER_PASSWORD_AUTH" in client["ExplicitAuthFlows"]
