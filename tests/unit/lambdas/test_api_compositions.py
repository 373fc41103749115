"""`/compositions` through real API Gateway events."""

from __future__ import annotations

import base64
import hashlib

import pytest

from lambdas.domain.compositions import CompositionStatus
from lambdas.domain.errors import CorruptArtifact, InvalidRequest, Unavailable
from lambdas.domain.library import MelodyNote
from tests.unit.lambdas.api_services import make_api
from tests.unit.lambdas.builders import (
    COMPOSITION_ID,
    MODEL_ID,
    make_accompaniment,
    make_composition,
    make_model,
)

COMPOSED = make_accompaniment().midi
NOTES = [
    {"pitch": 60, "onsetSteps": 0, "durationSteps": 4},
    {"pitch": 67, "onsetSteps": 4, "durationSteps": 8},
]
BODY = {"name": "Twinkle", "modelId": MODEL_ID, "melody": {"notes": NOTES}, "seed": 7, "creativity": 1}
MIDI = base64.b64encode(b"MThd" + bytes(20)).decode()


def test_composition_made_at_once_is_created(request_api):
    api = make_api()

    answer = request_api(api.handle, "POST", "/compositions", body=BODY)

    composition_id = answer.json["compositionId"]
    assert answer.status == 201
    assert answer.headers["Location"] == f"/compositions/{composition_id}"
    assert (answer.json["status"], answer.json["seed"], answer.json["steps"]) == ("COMPLETED", 7, 12)
    assert answer.json["links"]["midi"] == f"/compositions/{composition_id}/midi"
    assert api.midi_files.files["u-1", composition_id] == COMPOSED


def test_model_is_asked_for_the_melody_that_was_sent(request_api):
    api = make_api()

    request_api(api.handle, "POST", "/compositions", body=BODY)

    asked = api.composer.asked[0]
    assert asked.melody.notes == (MelodyNote(60, 0, 4), MelodyNote(67, 4, 8))
    assert (asked.model_uri, asked.seed, asked.creativity) == (make_model().model_uri, 7, 1.0)


def test_midi_may_be_sent_instead(request_api):
    api = make_api()

    answer = request_api(api.handle, "POST", "/compositions", body={"modelId": MODEL_ID, "midi": MIDI})

    assert answer.status == 201
    assert api.composer.asked[0].midi == b"MThd" + bytes(20)


def test_sample_melody_may_be_named_instead(request_api):
    api = make_api()
    body = {"modelId": MODEL_ID, "melodyId": "twinkle"}

    answer = request_api(api.handle, "POST", "/compositions", body=body)

    assert answer.status == 201
    assert api.composer.asked[0].melody.tempo_bpm == 96.0


def test_seed_that_was_picked_is_told(request_api):
    api = make_api()
    body = {name: value for name, value in BODY.items() if name != "seed"}

    answer = request_api(api.handle, "POST", "/compositions", body=body)

    assert answer.json["seed"] == api.composer.asked[0].seed


def test_composition_that_must_wait_is_accepted(request_api):
    api = make_api()
    api.composer.faults["compose"].append(Unavailable("endpoint-not-ready", "cold"))

    answer = request_api(api.handle, "POST", "/compositions", body=BODY)

    assert (answer.status, answer.json["status"]) == (202, "QUEUED")
    assert answer.headers["Retry-After"] == "5"
    assert answer.headers["Location"] == f"/compositions/{answer.json['compositionId']}"
    assert "midi" not in answer.json["links"]


@pytest.mark.parametrize(
    ("fault", "pointer"),
    [
        (InvalidRequest.at("/melody", "too long"), "/melody"),
        (CorruptArtifact("corrupt-model", "no manifest"), "/modelId"),
    ],
)
def test_refusal_of_the_endpoint_is_pointed_at_and_leaves_no_row(request_api, fault, pointer):
    api = make_api()
    api.composer.faults["compose"].append(fault)

    answer = request_api(api.handle, "POST", "/compositions", body=BODY)

    assert answer.status == 422
    assert answer.json["errors"][0]["pointer"] == pointer
    assert api.compositions.rows == {}


@pytest.mark.parametrize(
    ("change", "pointers"),
    [
        ({"modelId": "model-x"}, ["/modelId"]),
        ({"modelId": ""}, ["/modelId"]),
        ({"seed": -1}, ["/seed"]),
        ({"seed": "7"}, ["/seed"]),
        ({"creativity": 3}, ["/creativity"]),
        ({"tempoBpm": 5}, ["/tempoBpm"]),
        ({"midi": MIDI}, [""]),
        ({"melody": None}, [""]),
        ({"melody": {"notes": []}}, ["/melody/notes"]),
        ({"melody": {"notes": [NOTES[0] | {"pitch": 128}]}}, ["/melody/notes/0/pitch"]),
        ({"melody": {"notes": [NOTES[0], NOTES[0]]}}, ["/melody/notes/1"]),
        ({"melody": None, "midi": base64.b64encode(b"RIFF").decode()}, [""]),
        ({"melody": None, "midi": "%%%"}, [""]),
        ({"melody": None, "midi": "abc"}, ["/midi"]),
        ({"melody": None, "melodyId": "no-such-tune"}, ["/melodyId"]),
    ],
)
def test_wrong_values_are_pointed_at_and_write_no_row(request_api, change, pointers):
    api = make_api()

    answer = request_api(api.handle, "POST", "/compositions", body=BODY | change)

    assert answer.status == 422
    assert [error["pointer"] for error in answer.json["errors"]] == pointers
    assert api.compositions.rows == {}
    assert api.composer.asked == []


def test_model_of_someone_else_cannot_be_used(request_api):
    api = make_api(make_model(owner="u-2"))

    answer = request_api(api.handle, "POST", "/compositions", body=BODY)

    assert answer.status == 422
    assert answer.json["errors"][0]["pointer"] == "/modelId"


def test_shared_model_can_be_used_by_everyone(request_api):
    api = make_api(make_model(owner="shared"))

    answer = request_api(api.handle, "POST", "/compositions", body=BODY)

    assert answer.status == 201


def test_composition_is_shown(request_api):
    api = make_api(make_composition())

    answer = request_api(api.handle, "GET", f"/compositions/{COMPOSITION_ID}")

    assert (answer.status, answer.json["status"]) == (200, "QUEUED")
    assert "melody" not in answer.json


@pytest.mark.parametrize("suffix", ["", "/midi"])
def test_composition_of_someone_else_does_not_exist(request_api, suffix):
    api = make_api(make_composition(owner="u-2"))

    answer = request_api(api.handle, "GET", f"/compositions/{COMPOSITION_ID}{suffix}")

    assert answer.status == 404


def test_list_holds_only_own_compositions_newest_first(request_api):
    rows = [make_composition(composition_id=f"composition-{number}") for number in range(3)]
    api = make_api(*rows, make_composition(owner="u-2", composition_id="composition-9"))

    first = request_api(api.handle, "GET", "/compositions", query={"pageSize": "2"}).json
    query = {"pageToken": first["nextPageToken"]}
    second = request_api(api.handle, "GET", "/compositions", query=query).json

    assert [item["compositionId"] for item in first["items"]] == ["composition-2", "composition-1"]
    assert [item["compositionId"] for item in second["items"]] == ["composition-0"]
    assert "nextPageToken" not in second


def test_finished_midi_is_sent_as_bytes_with_the_hash_of_its_content(request_api):
    api = make_api()
    made = request_api(api.handle, "POST", "/compositions", body=BODY).json

    answer = request_api(api.handle, "GET", made["links"]["midi"])

    assert (answer.status, answer.is_base64) == (200, True)
    assert answer.headers["Content-Type"] == "audio/midi"
    assert base64.b64decode(answer.raw) == COMPOSED
    assert answer.headers["ETag"] == f'"{hashlib.sha256(COMPOSED).hexdigest()}"'


def test_unfinished_midi_is_a_conflict_that_passes(request_api):
    api = make_api(make_composition())

    answer = request_api(api.handle, "GET", f"/compositions/{COMPOSITION_ID}/midi")

    assert (answer.status, answer.json["code"]) == (409, "state-conflict")
    assert answer.headers["Retry-After"] == "5"


def test_midi_of_a_failed_composition_never_comes(request_api):
    api = make_api(make_composition(status=CompositionStatus.FAILED))

    answer = request_api(api.handle, "GET", f"/compositions/{COMPOSITION_ID}/midi")

    assert answer.status == 409
    assert "Retry-After" not in answer.headers
