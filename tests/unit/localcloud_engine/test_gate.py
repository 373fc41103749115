"""What gets past the gate: signed by anyone but root, or checked by the service itself."""

from __future__ import annotations

import pytest

from localcloud.emulator.gate import find_refusal
from localcloud.environment import LAUNCHER_HEADER

SECRET = "only the launcher knows"


def signed_by(key, **more):
    return {"authorization": f"AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/s3/aws4_request", **more}


@pytest.mark.parametrize(
    ("method", "path", "headers", "query"),
    [
        ("POST", "/", signed_by("AKIA0123456789ABCDEF"), {}),
        ("PUT", "/bucket/key", {}, {"X-Amz-Credential": ["ASIA0123456789ABCDEF/20260101/us-east-1/s3/x"]}),
        ("GET", "/", {}, {}),
        ("OPTIONS", "/bucket/key", {}, {}),
        ("POST", "/_aws/execute-api/abc/api/training-jobs", {"authorization": "Bearer token"}, {}),
        ("POST", "/", {"x-amz-target": "AWSCognitoIdentityProviderService.InitiateAuth"}, {}),
        ("POST", "/", signed_by("test", **{LAUNCHER_HEADER: SECRET}), {}),
    ],
)
def test_request_goes_on(method, path, headers, query):
    assert find_refusal(method, path, headers, query, SECRET) is None


@pytest.mark.parametrize(
    ("method", "path", "headers", "query", "code"),
    [
        ("POST", "/", signed_by("test"), {}, "InvalidClientTokenId"),
        ("GET", "/", signed_by("000000000000"), {}, "InvalidClientTokenId"),
        ("GET", "/b/k", {}, {"X-Amz-Credential": ["test/20260101/us-east-1/s3/x"]}, "InvalidClientTokenId"),
        ("POST", "/", signed_by("test", **{LAUNCHER_HEADER: "guess"}), {}, "InvalidClientTokenId"),
        ("POST", "/2015-03-31/functions", {}, {}, "MissingAuthenticationToken"),
        ("POST", "/2015-03-31/functions", {"authorization": "Bearer x"}, {}, "MissingAuthenticationToken"),
        ("POST", "/_ministack/reset", signed_by("AKIA0123456789ABCDEF"), {}, "AccessDeniedException"),
    ],
)
def test_request_is_refused(method, path, headers, query, code):
    refusal = find_refusal(method, path, headers, query, SECRET)

    assert refusal is not None
    assert refusal[0] == code
