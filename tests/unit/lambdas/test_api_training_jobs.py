"""`/training-jobs` through real API Gateway events."""

from __future__ import annotations

import pytest

from lambdas.domain.errors import AccessDenied, NotFound, Unavailable
from lambdas.domain.training_jobs import JobStatus
from tests.unit.lambdas.api_services import make_api
from tests.unit.lambdas.builders import JOB_ID, TRAINING_JOB_NAME, make_job

BODY = {
    "name": "First chorales",
    "technique": "unet-gan",
    "dataset": "bach",
    "filterTags": {"mode": "minor"},
    "hyperparameters": {"epochs": 6, "learningRate": 0.001},
}


def test_accepted_job_is_answered_whole_with_its_location(request_api):
    api = make_api()

    answer = request_api(api.handle, "POST", "/training-jobs", body=BODY)

    assert answer.status == 202
    assert answer.headers["Location"] == f"/training-jobs/{answer.json['jobId']}"
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json["status"] == "QUEUED"
    assert answer.json["links"]["metrics"] == f"/training-jobs/{answer.json['jobId']}/metrics"
    stored = api.jobs.get("u-1", answer.json["jobId"])
    assert stored.filter_tags == {"mode": "minor"}


def test_hyperparameters_left_out_take_their_defaults(request_api):
    answer = request_api(make_api().handle, "POST", "/training-jobs", body=BODY)

    assert answer.json["hyperparameters"]["epochs"] == 6
    assert answer.json["hyperparameters"]["batchSize"] > 0


@pytest.mark.parametrize(
    ("change", "pointers"),
    [
        ({"hyperparameters": {"epochs": 0}}, ["/hyperparameters/epochs"]),
        ({"hyperparameters": {"epochs": "6"}}, ["/hyperparameters/epochs"]),
        ({"hyperparameters": {"epochs": True}}, ["/hyperparameters/epochs"]),
        ({"hyperparameters": {"epochs": 1.5}}, ["/hyperparameters/epochs"]),
        ({"hyperparameters": {"magic": 1, "seed": -1}}, ["/hyperparameters/seed", "/hyperparameters/magic"]),
        ({"technique": "diffusion"}, ["/technique"]),
        ({"dataset": "brahms"}, ["/dataset"]),
        ({"dataset": 5}, ["/dataset"]),
        ({"filterTags": {"mood": "sad"}}, ["/filterTags/mood"]),
        ({"filterTags": {"mode": "lydian"}}, ["/filterTags/mode"]),
        ({"name": ""}, ["/name"]),
        ({"surprise": 1}, ["/surprise"]),
    ],
)
def test_wrong_values_are_pointed_at_and_write_no_row(request_api, change, pointers):
    api = make_api()

    answer = request_api(api.handle, "POST", "/training-jobs", body=BODY | change)

    assert answer.status == 422
    assert answer.json["code"] == "invalid-values"
    assert [error["pointer"] for error in answer.json["errors"]] == pointers
    assert api.jobs.rows == {}


def test_missing_field_is_pointed_at(request_api):
    answer = request_api(make_api().handle, "POST", "/training-jobs", body={"dataset": "bach"})

    assert answer.json["errors"] == [{"pointer": "/name", "detail": "Field required"}]


@pytest.mark.parametrize("raw", ["{", "", "[]", "null", '"text"', "[" * 100_000])
def test_body_that_is_no_json_object_is_malformed(request_api, raw):
    api = make_api()

    answer = request_api(api.handle, "POST", "/training-jobs", raw=raw)

    assert (answer.status, answer.json["code"]) == (400, "malformed-request")
    assert api.jobs.rows == {}


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_body_of_another_type_is_refused(request_api, content_type):
    answer = request_api(
        make_api().handle, "POST", "/training-jobs", body=BODY, headers={"Content-Type": content_type}
    )

    assert (answer.status, answer.json["code"]) == (415, "unsupported-media-type")


def test_content_type_may_carry_a_charset(request_api):
    headers = {"Content-Type": "application/json; charset=utf-8"}

    answer = request_api(make_api().handle, "POST", "/training-jobs", body=BODY, headers=headers)

    assert answer.status == 202


def test_body_beyond_the_limit_is_too_large(request_api):
    body = BODY | {"name": "x" * 600_000}

    answer = request_api(make_api().handle, "POST", "/training-jobs", body=body)

    assert (answer.status, answer.json["code"]) == (413, "too-large")


def test_job_is_shown(request_api):
    api = make_api(make_job())

    answer = request_api(api.handle, "GET", f"/training-jobs/{JOB_ID}")

    assert answer.status == 200
    assert answer.json["jobId"] == JOB_ID
    assert answer.json["links"]["stop"] == f"/training-jobs/{JOB_ID}/stop"


def test_ended_job_offers_no_stop_but_its_model(request_api):
    api = make_api(make_job(status=JobStatus.COMPLETED, model_id="model-1"))

    links = request_api(api.handle, "GET", f"/training-jobs/{JOB_ID}").json["links"]

    assert "stop" not in links
    assert links["model"] == "/models/model-1"


@pytest.mark.parametrize("suffix", ["", "/metrics", "/samples"])
def test_job_of_someone_else_does_not_exist(request_api, suffix):
    api = make_api(make_job(owner="u-2"))

    answer = request_api(api.handle, "GET", f"/training-jobs/{JOB_ID}{suffix}")

    assert (answer.status, answer.json["code"]) == (404, "not-found")


def test_job_of_someone_else_cannot_be_stopped(request_api):
    api = make_api(make_job(owner="u-2"))

    answer = request_api(api.handle, "POST", f"/training-jobs/{JOB_ID}/stop")

    assert answer.status == 404
    assert api.jobs.get("u-2", JOB_ID).stop_requested is False


def test_list_holds_only_own_jobs_newest_first_page_by_page(request_api):
    jobs = [make_job(job_id=f"job-{number}") for number in range(5)]
    api = make_api(*jobs, make_job(owner="u-2", job_id="job-foreign"))
    seen, token = [], None

    while True:
        query = {"pageSize": "2"} | ({"pageToken": token} if token else {})
        page = request_api(api.handle, "GET", "/training-jobs", query=query).json
        seen += [job["jobId"] for job in page["items"]]
        token = page.get("nextPageToken")
        if token is None:
            break

    assert seen == ["job-4", "job-3", "job-2", "job-1", "job-0"]


def test_list_can_be_cut_to_a_status(request_api):
    api = make_api(make_job(job_id="job-1", status=JobStatus.FAILED), make_job(job_id="job-2"))

    page = request_api(api.handle, "GET", "/training-jobs", query={"status": "FAILED"}).json

    assert [job["jobId"] for job in page["items"]] == ["job-1"]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"pageSize": "0"}, "/pageSize"),
        ({"pageSize": "101"}, "/pageSize"),
        ({"pageSize": "many"}, "/pageSize"),
        ({"status": "BORED"}, "/status"),
        ({"pageToken": "nonsense"}, "/pageToken"),
    ],
)
def test_wrong_list_parameters_are_pointed_at(request_api, query, pointer):
    answer = request_api(make_api().handle, "GET", "/training-jobs", query=query)

    assert answer.status == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


def test_page_token_is_bound_to_its_filters(request_api):
    api = make_api(*[make_job(job_id=f"job-{number}") for number in range(3)])
    token = request_api(api.handle, "GET", "/training-jobs", query={"pageSize": "1"}).json["nextPageToken"]

    query = {"pageToken": token, "status": "QUEUED"}
    answer = request_api(api.handle, "GET", "/training-jobs", query=query)

    assert answer.status == 422
    assert answer.json["errors"][0]["pointer"] == "/pageToken"


def test_page_token_of_another_list_is_refused(request_api):
    api = make_api(*[make_job(job_id=f"job-{number}") for number in range(3)])
    token = request_api(api.handle, "GET", "/training-jobs", query={"pageSize": "1"}).json["nextPageToken"]

    answer = request_api(api.handle, "GET", "/compositions", query={"pageToken": token})

    assert answer.status == 422


def test_metrics_after_a_point_hold_only_what_is_new(request_api):
    api = make_api(make_job())

    answer = request_api(api.handle, "GET", f"/training-jobs/{JOB_ID}/metrics", query={"after": "1"})

    assert answer.json["nextAfter"] == 2
    assert [(point["seq"], point["name"]) for point in answer.json["items"]] == [
        (2, "generator_loss"),
        (2, "mean_note_length"),
    ]
    assert answer.json["reference"] == [{"name": "semitone_clash", "value": 0.05}]


def test_metrics_can_be_cut_to_several_names(request_api):
    api = make_api(make_job())
    query = {"names": "generator_loss, mean_note_length"}

    answer = request_api(api.handle, "GET", f"/training-jobs/{JOB_ID}/metrics", query=query)

    assert [point["name"] for point in answer.json["items"]] == [
        "generator_loss",
        "generator_loss",
        "mean_note_length",
    ]


def test_samples_are_links_by_epoch(request_api):
    api = make_api(make_job())

    answer = request_api(api.handle, "GET", f"/training-jobs/{JOB_ID}/samples")

    assert [sample["epoch"] for sample in answer.json["items"]] == [1, 2]
    assert answer.json["items"][0]["expiresInSeconds"] == 900


def test_running_job_is_marked_and_stopped_at_once(request_api):
    api = make_api(make_job(status=JobStatus.RUNNING, training_job_name=TRAINING_JOB_NAME))

    answer = request_api(api.handle, "POST", f"/training-jobs/{JOB_ID}/stop")

    assert (answer.status, answer.json["status"]) == (202, "STOPPING")
    assert api.trainings.stopped == [TRAINING_JOB_NAME]


@pytest.mark.parametrize(
    "fault",
    [
        NotFound("nothing-to-stop", "not there yet"),
        Unavailable("aws-fault", "throttled"),
        AccessDenied("access-denied", "not authorized"),
    ],
)
def test_stop_is_accepted_though_the_training_cannot_be_reached_now(request_api, fault):
    api = make_api(make_job(status=JobStatus.RUNNING, training_job_name=TRAINING_JOB_NAME))
    api.trainings.faults["stop"].append(fault)

    answer = request_api(api.handle, "POST", f"/training-jobs/{JOB_ID}/stop")

    assert answer.status == 202
    assert api.jobs.get("u-1", JOB_ID).stop_requested


def test_queued_job_is_marked_and_nothing_else_is_asked(request_api):
    api = make_api(make_job())

    answer = request_api(api.handle, "POST", f"/training-jobs/{JOB_ID}/stop")

    assert answer.status == 202
    assert api.trainings.stopped == []


def test_ended_job_cannot_be_stopped(request_api):
    api = make_api(make_job(status=JobStatus.COMPLETED))

    answer = request_api(api.handle, "POST", f"/training-jobs/{JOB_ID}/stop")

    assert (answer.status, answer.json["code"]) == (409, "state-conflict")
    assert "COMPLETED" in answer.json["detail"]
