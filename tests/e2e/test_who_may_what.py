"""Tokens, owners and bad requests: nobody sees what is not theirs, and nonsense leaves no row."""

from __future__ import annotations

import httpx
import pytest

from tests.e2e.people import SMALL


@pytest.fixture
def stranger(deployment):
    with httpx.Client(base_url=deployment.api_url.rstrip("/"), timeout=30) as http:
        yield http


def assert_problem(answer, status, code):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    problem = answer.json()
    assert problem["status"] == status
    assert problem["code"] == code
    assert problem["requestId"]


@pytest.mark.parametrize("path", ["/training-jobs", "/compositions", "/models", "/datasets", "/nowhere"])
def test_without_a_token_nothing_is_answered(stranger, path):
    assert_problem(stranger.get(path), 401, "unauthenticated")


def test_tampered_token_is_refused(stranger, anna):
    header, payload, signature = anna.http.headers["Authorization"].removeprefix("Bearer ").split(".")
    flipped = "A" if payload[10] != "A" else "B"
    tampered = ".".join([header, payload[:10] + flipped + payload[11:], signature])

    assert_problem(
        stranger.get("/models", headers={"Authorization": f"Bearer {tampered}"}), 401, "unauthenticated"
    )


def test_another_person_sees_none_of_it(anna, barbara, trained):
    composition = anna.post("/compositions", {"modelId": trained["modelId"], "melodyId": "twinkle"}, 201)
    job, model = f"/training-jobs/{trained['jobId']}", f"/models/{trained['modelId']}"
    mine = f"/compositions/{composition['compositionId']}"

    for path in (job, f"{job}/metrics", f"{job}/samples", model, mine, f"{mine}/midi"):
        assert_problem(barbara.http.get(path, headers={"Accept": "audio/midi"}), 404, "not-found")
    assert_problem(barbara.http.post(f"{job}/stop"), 404, "not-found")
    for collection in ("/training-jobs", "/compositions", "/models"):
        assert barbara.get(collection)["items"] == []
    assert anna.get(mine)["compositionId"] == composition["compositionId"]


def test_another_persons_model_does_not_compose(barbara, trained):
    answer = barbara.http.post("/compositions", json={"modelId": trained["modelId"], "melodyId": "twinkle"})

    assert_problem(answer, 422, "invalid-values")
    assert answer.json()["errors"][0]["pointer"] == "/modelId"
    assert barbara.get("/compositions")["items"] == []


def test_malformed_body_is_refused_and_leaves_no_row(barbara):
    answer = barbara.http.post(
        "/training-jobs", content=b'{"name": ', headers={"Content-Type": "application/json"}
    )

    assert_problem(answer, 400, "malformed-request")
    assert barbara.get("/training-jobs")["items"] == []


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"hyperparameters": {"epochs": 100000}}, "/hyperparameters/epochs"),
        ({"hyperparameters": {"epochs": "many"}}, "/hyperparameters/epochs"),
        ({"hyperparameters": {"epoch": 3}}, "/hyperparameters/epoch"),
        ({"technique": "magic"}, "/technique"),
        ({"dataset": "zappa"}, "/dataset"),
        ({"filterTags": {"mood": "sad"}}, "/filterTags/mood"),
        ({"name": ""}, "/name"),
        ({"surprise": 1}, "/surprise"),
    ],
)
def test_wrong_value_is_named_and_leaves_no_row(barbara, change, pointer):
    answer = barbara.http.post("/training-jobs", json=SMALL | change)

    assert_problem(answer, 422, "invalid-values")
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert barbara.get("/training-jobs")["items"] == []


def test_unknown_path_is_a_problem(anna):
    assert_problem(anna.http.get("/nowhere"), 404, "not-found")
