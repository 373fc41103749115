"""The HTTP contract: both payloads in, both out, and one status with one body for each refusal."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from contract.inference import CUSTOM_ATTRIBUTES_HEADER, JSON, MIDI, InferenceAnswer, InferenceError
from inference_container.errors import ModelForbidden, ModelUnavailable
from inference_container.logs import JsonFormatter
from music.melody import to_score
from music.midi import read_midi, write_midi
from tests.unit.inference.builders import URI, make_melody, make_model_archive

TUNE = make_melody(60, 60, 67, 67, 69, 69, 67)
ACCEPT_JSON = {"Content-Type": JSON, "Accept": JSON}


def body_of(**changes):
    notes = [
        {"pitch": n.pitch, "onsetSteps": n.onset, "durationSteps": n.duration, "velocity": n.velocity}
        for n in TUNE.notes
    ]
    return json.dumps({"model": URI, "melody": {"notes": notes}, "seed": 3} | changes)


def ask(client, **changes):
    return client.post("/invocations", content=body_of(**changes), headers=ACCEPT_JSON)


def refusal_of(response):
    assert response.headers["content-type"] == JSON
    return InferenceError.model_validate_json(response.content)


def test_ping_is_well_without_any_model(client, objects):
    response = client.get("/ping")

    assert (response.status_code, response.content) == (200, b"")
    assert objects.fetches == []


def test_json_in_json_out(client):
    response = ask(client)

    answer = InferenceAnswer.model_validate_json(response.content)
    assert response.status_code == 200
    assert response.headers["content-type"] == JSON
    assert [track.name for track in answer.tracks] == ["Soprano", "Alto", "Bass"]
    assert [note.pitch for note in answer.tracks[0].notes] == [60, 60, 67, 67, 69, 69, 67]
    assert answer.seed == 3


def test_midi_in_json_out(client):
    response = client.post(
        "/invocations",
        content=write_midi(to_score(TUNE)),
        headers={"Content-Type": MIDI, "Accept": JSON, CUSTOM_ATTRIBUTES_HEADER: f"model={URI};seed=3"},
    )

    by_notes = InferenceAnswer.model_validate_json(ask(client).content)
    assert InferenceAnswer.model_validate_json(response.content) == by_notes


def test_json_in_midi_out(client):
    response = client.post("/invocations", content=body_of(), headers={"Content-Type": JSON, "Accept": MIDI})

    assert response.headers["content-type"] == MIDI
    assert response.content == InferenceAnswer.model_validate_json(ask(client).content).midi
    assert read_midi(response.content).tracks[0].notes == TUNE.notes


def test_same_request_gets_identical_bytes_and_another_seed_does_not(client):
    first, second, other = ask(client), ask(client), ask(client, seed=4)

    assert first.content == second.content
    assert first.content != other.content


def test_two_models_answer_side_by_side(client, objects):
    other = "s3://artifacts/models/job-2/x"
    objects.put(other, make_model_archive(weights_seed=9))

    first, second, first_again = ask(client), ask(client, model=other), ask(client)

    assert first.content == first_again.content
    assert first.content != second.content


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"melody": None}, 400, "invalid-request"),
        ({"seed": -1}, 400, "invalid-request"),
        ({"midi": "TVRoZA==", "melody": None}, 400, "invalid-request"),
        ({"model": "file:///etc/passwd"}, 400, "invalid-request"),
        ({"model": "s3://artifacts/models/none"}, 404, "model-not-found"),
    ],
)
def test_refused_requests(client, changes, status, code):
    response = ask(client, **changes)

    assert (response.status_code, refusal_of(response).code) == (status, code)


def test_corrupt_model_is_422(client, objects):
    objects.put(URI, b"no archive")

    response = ask(client)

    assert (response.status_code, refusal_of(response).code) == (422, "corrupt-model")


@pytest.mark.parametrize(
    ("failure", "status"),
    [(ModelForbidden("the role may not do s3:GetObject"), 500), (ModelUnavailable("S3 is away"), 503)],
)
def test_faults_that_the_caller_cannot_help_are_internal(client, objects, failure, status):
    objects.failure = failure

    response = ask(client)

    assert (response.status_code, refusal_of(response).code) == (status, "internal")
    assert refusal_of(response).message == str(failure)


def test_unknown_content_type_is_415(client):
    response = client.post("/invocations", content=body_of(), headers={"Content-Type": "text/csv"})

    assert (response.status_code, refusal_of(response).code) == (415, "unsupported-media-type")


def test_type_that_cannot_be_written_is_406(client):
    response = client.post(
        "/invocations", content=body_of(), headers={"Content-Type": JSON, "Accept": "audio/mpeg"}
    )

    assert (response.status_code, refusal_of(response).code) == (406, "unsupported-media-type")


@pytest.mark.parametrize("n_bytes", [20_001, 80_001])
def test_body_beyond_the_limit_is_413(client, n_bytes):
    response = client.post("/invocations", content=b" " * n_bytes, headers=ACCEPT_JSON)

    assert (response.status_code, refusal_of(response).code) == (413, "too-large")


@pytest.mark.parametrize("n_chunks", [21, 100])
def test_body_of_unknown_length_beyond_the_limit_is_413(client, n_chunks):
    response = client.post(
        "/invocations", content=(b" " * 1000 for _ in range(n_chunks)), headers=ACCEPT_JSON
    )

    assert (response.status_code, refusal_of(response).code) == (413, "too-large")


def test_body_at_the_limit_is_read(client):
    body = body_of()

    response = client.post("/invocations", content=body.ljust(20_000), headers=ACCEPT_JSON)

    assert response.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/invocations", 405), ("GET", "/models", 404)]
)
def test_other_routes_are_refused(client, method, path, status):
    response = client.request(method, path)

    assert (response.status_code, refusal_of(response).code) == (status, "invalid-request")


def test_bug_answers_500_and_the_server_lives_on(client, objects):
    objects.failure = ZeroDivisionError("the tune was 60 62 64")

    response = ask(client)
    objects.failure = None

    assert (response.status_code, refusal_of(response).code) == (500, "internal")
    assert "60 62 64" not in response.text
    assert ask(client).status_code == 200


def test_log_tells_of_a_composition_without_its_notes(client, caplog):
    with caplog.at_level(logging.INFO, logger="inference_container"):
        ask(client)

    (line,) = [JsonFormatter().format(record) for record in caplog.records if record.message == "composed"]
    told = json.loads(line)
    assert {"model", "steps", "seed", "bytes_in", "compose_milliseconds"} <= told.keys()
    assert told["model"] == URI
    assert "pitch" not in line


def test_log_tells_an_exceptions_class_and_places_and_not_its_message():
    try:
        raise ValueError("a note needs pitch 0 to 127, got 60 62 64\nand a second line")
    except ValueError:
        record = logging.getLogger("x").makeRecord(
            "x", logging.ERROR, __file__, 1, "it failed\nTraceback: 60 62 64", (), exc_info=sys.exc_info()
        )

    line = JsonFormatter().format(record)

    assert "\n" not in line
    assert "60 62 64" not in line
    assert json.loads(line)["error"] == ["ValueError"]
    assert "test_server.py" in json.loads(line)["where"][0]
