"""What the REST API offers to choose from, and how it answers what it does not offer."""

from __future__ import annotations

import json

import pytest

from lambdas.domain.errors import AccessDenied, CorruptArtifact, Unavailable
from tests.unit.lambdas.api_services import make_api
from tests.unit.lambdas.builders import MODEL_ID, make_job, make_model

REQUEST_ID = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"


def test_models_of_ones_own_come_before_the_shared_ones(request_api):
    api = make_api(make_model(), make_model(owner="shared", model_id="model-0"), make_model(owner="u-2"))

    items = request_api(api.handle, "GET", "/models").json["items"]

    assert [(item["modelId"], item["shared"]) for item in items] == [(MODEL_ID, False), ("model-0", True)]
    assert "trainingJob" in items[0]["links"]
    assert "trainingJob" not in items[1]["links"]


def test_models_come_page_by_page(request_api):
    api = make_api(make_model(), make_model(owner="shared", model_id="model-0"))
    first = request_api(api.handle, "GET", "/models", query={"pageSize": "1"}).json

    query = {"pageSize": "1", "pageToken": first["nextPageToken"]}
    second = request_api(api.handle, "GET", "/models", query=query).json

    assert [item["modelId"] for item in first["items"] + second["items"]] == [MODEL_ID, "model-0"]
    assert "nextPageToken" not in second


@pytest.mark.parametrize(("owner", "status"), [("u-1", 200), ("shared", 200), ("u-2", 404)])
def test_model_is_shown_to_its_owner_or_when_shared(request_api, owner, status):
    api = make_api(make_model(owner=owner))

    assert request_api(api.handle, "GET", f"/models/{MODEL_ID}").status == status


def test_techniques_tell_their_hyperparameters(request_api):
    items = request_api(make_api().handle, "GET", "/techniques").json["items"]

    epochs = next(entry for entry in items[0]["hyperparameters"] if entry["name"] == "epochs")
    assert items[0]["technique"] == "unet-gan"
    assert (epochs["type"], epochs["minimum"]) == ("integer", 1)


def test_datasets_tell_their_tags_with_counts(request_api):
    items = request_api(make_api().handle, "GET", "/datasets").json["items"]

    assert [item["datasetId"] for item in items] == ["bach"]
    assert items[0]["tags"]["mode"] == {"major": 2, "minor": 1}
    assert items[0]["shared"] is True


def test_melodies_are_listed_with_their_notes(request_api):
    items = request_api(make_api().handle, "GET", "/melodies").json["items"]

    assert items[0]["melodyId"] == "twinkle"
    assert items[0]["melody"]["notes"][0]["pitch"] == 60


@pytest.mark.parametrize("path", ["/", "/nothing", "/training-jobs/x/y", "/models/x/artifact"])
def test_unknown_path_is_a_problem(request_api, path):
    answer = request_api(make_api().handle, "GET", path)

    assert (answer.status, answer.json["code"]) == (404, "not-found")
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/training-jobs", "GET, POST"),
        ("PUT", "/compositions/composition-1", "GET"),
        ("GET", "/training-jobs/job-1/stop", "POST"),
        ("POST", "/techniques", "GET"),
    ],
)
def test_other_methods_of_a_known_path_are_told_which_are_offered(request_api, method, path, allowed):
    answer = request_api(make_api().handle, method, path)

    assert (answer.status, answer.json["code"]) == (405, "method-not-allowed")
    assert answer.headers["Allow"] == allowed


def test_problem_has_type_title_status_detail_and_request_id(request_api):
    problem = request_api(make_api().handle, "GET", "/models/model-x").json

    assert problem == {
        "type": "urn:continuo:problem:not-found",
        "title": "There is no such thing",
        "status": 404,
        "detail": "there is no 'model-x'",
        "code": "not-found",
        "requestId": REQUEST_ID,
        "errors": [],
    }


def test_request_without_verified_identity_is_unauthenticated(request_api):
    answer = request_api(make_api().handle, "GET", "/training-jobs", owner="")

    assert (answer.status, answer.json["code"]) == (401, "unauthenticated")


def test_table_that_is_away_asks_to_come_back(request_api):
    api = make_api()
    api.jobs.faults["list"].append(Unavailable("aws-fault", "dynamodb:Query failed for now"))

    answer = request_api(api.handle, "GET", "/training-jobs")

    assert (answer.status, answer.json["code"]) == (503, "unavailable")
    assert answer.headers["Retry-After"] == "5"


@pytest.mark.parametrize(
    "fault",
    [
        ZeroDivisionError("secret detail"),
        AccessDenied("access-denied", "secret detail"),
        CorruptArtifact("corrupt-metrics", "secret detail"),
    ],
)
def test_fault_of_ours_tells_a_request_id_and_nothing_else(request_api, fault):
    api = make_api(make_job())
    api.jobs.faults["list"].append(fault)

    answer = request_api(api.handle, "GET", "/training-jobs")

    assert (answer.status, answer.json["code"]) == (500, "internal")
    assert answer.json["requestId"] == REQUEST_ID
    assert "secret" not in answer.raw
    assert "Traceback" not in answer.raw


def test_fault_of_ours_is_logged_whole_under_the_request_id(request_api):
    api = make_api()
    api.jobs.faults["list"].append(ZeroDivisionError("secret detail"))

    request_api(api.handle, "GET", "/training-jobs")

    entries = [json.loads(line) for line in api.logged.getvalue().splitlines()]
    failure = next(entry for entry in entries if entry["level"] == "ERROR")
    assert failure["correlation_id"] == REQUEST_ID
    assert "secret detail" in failure["exception"]
