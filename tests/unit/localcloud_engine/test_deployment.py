"""The stack's outputs, and the file that tells other processes about them."""

from __future__ import annotations

import json

import pytest

from localcloud.cdk import is_news
from localcloud.deployment import Deployment, write_description
from localcloud.errors import DeployFailedError

OUTPUTS = {
    "ApiUrl": "https://abc.execute-api.us-east-1.amazonaws.com/api/",
    "ApiId": "abc",
    "ApiStageName": "api",
    "UserPoolId": "pool",
    "UserPoolClientId": "client",
    "TableName": "table",
    "LibraryBucketName": "library",
    "ArtifactsBucketName": "artifacts",
    "EndpointName": "endpoint",
    "StateMachineArn": "arn:machine",
}
ENDPOINT = "http://127.0.0.1:4000"


def test_api_url_is_one_that_works_on_this_machine():
    deployment = Deployment.of_outputs(OUTPUTS, ENDPOINT, "us-east-1")

    assert deployment.api_url == f"{ENDPOINT}/_aws/execute-api/abc/api"


@pytest.mark.parametrize("name", sorted(OUTPUTS.keys() - {"ApiUrl"}))
def test_missing_output_is_named(name):
    outputs = {key: value for key, value in OUTPUTS.items() if key != name}

    with pytest.raises(DeployFailedError, match=f"no output '{name}'"):
        Deployment.of_outputs(outputs, ENDPOINT, "us-east-1")


def test_description_tells_a_client_where_to_go(tmp_path):
    path = tmp_path / "deployment.json"

    write_description(path, Deployment.of_outputs(OUTPUTS, ENDPOINT, "us-east-1"), ENDPOINT, 7)

    described = json.loads(path.read_text())
    assert described["endpointUrl"] == ENDPOINT
    assert described["apiUrl"] == f"{ENDPOINT}/_aws/execute-api/abc/api"
    assert (described["region"], described["userPoolClientId"], described["pid"]) == (
        "us-east-1",
        "client",
        7,
    )
    assert [entry.name for entry in tmp_path.iterdir()] == ["deployment.json"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("stack | 3/71 | 9:44 PM | CREATE_COMPLETE | AWS::SQS::Queue | DeadLetters", True),
        ("stack | 3/71 | 9:44 PM | CREATE_FAILED | AWS::SQS::Queue | DeadLetters", True),
        ("stack | 3/71 | 9:44 PM | CREATE_IN_PROGRESS | AWS::SQS::Queue | DeadLetters", False),
        ("b'!!  Node 20 is end-of-life  !!\\n'", False),
        ("", False),
    ],
)
def test_progress_tells_what_ended(line, told):
    assert is_news(line) is told
