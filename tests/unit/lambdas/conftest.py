"""Events as AWS sends them, and the context of an invocation."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

EVENTS = Path(__file__).parent / "events"


@pytest.fixture
def load_event():
    """A fresh copy of a recorded event."""
    return lambda name: json.loads((EVENTS / f"{name}.json").read_text())


@pytest.fixture
def lambda_context():
    return SimpleNamespace(
        function_name="continuo",
        memory_limit_in_mb=256,
        invoked_function_arn="arn:aws:lambda:eu-central-1:123456789012:function:continuo",
        aws_request_id="8476a536-e9f4-11e8-9739-2dfe598c3fcd",
        get_remaining_time_in_millis=lambda: 10_000,
    )


@pytest.fixture
def request_api(load_event, lambda_context):
    """Sends a request as API Gateway does, and returns status, headers and the body as read."""

    def send(handler, method, path, *, body=None, raw=None, query=None, owner="u-1", headers=None):
        event = load_event("api_request")
        event |= {"httpMethod": method, "path": path, "queryStringParameters": query}
        if query is not None:
            event["multiValueQueryStringParameters"] = {name: [value] for name, value in query.items()}
        text = json.dumps(body) if body is not None else raw
        if text is not None:
            event["headers"]["Content-Type"] = "application/json"
            event |= {"body": base64.b64encode(text.encode()).decode(), "isBase64Encoded": True}
        event["headers"] |= headers or {}
        event["requestContext"]["authorizer"]["claims"]["sub"] = owner
        answer = handler(event, lambda_context)
        return SimpleNamespace(
            status=answer["statusCode"],
            headers={name: values[0] for name, values in answer["multiValueHeaders"].items()},
            json=None if answer["isBase64Encoded"] else json.loads(answer["body"]),
            raw=answer["body"],
            is_base64=answer["isBase64Encoded"],
        )

    return send
