"""The commands that show what there is: a page for people, one JSON document for scripts."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (["datasets"], ["bach", "365", "mode: major (190), minor (175)"]),
        (["melodies"], ["twinkle", "C major", "8"]),
        (["models"], ["model-1", "First chorales", "Alto, Tenor, Bass"]),
        (["models", "model-1"], ["semitone clash", "0.125", "0.0625"]),
        (["techniques"], ["unet-gan", "learningRate", "0.0005", "1e-06 to 0.01"]),
        (["jobs"], ["job-1", "COMPLETED", "6/6"]),
        (["jobs", "show", "job-1"], ["QUEUED", "mode=minor", "epochs=6"]),
    ],
)
def test_pages_show_what_matters(continuo, command, shown):
    ran = continuo(*command)

    assert ran.code == 0
    assert [words for words in shown if words not in ran.out] == []


@pytest.mark.parametrize(
    ("command", "path"),
    [
        (["datasets"], ("items", 0, "datasetId")),
        (["melodies"], ("items", 0, "melodyId")),
        (["models"], ("items", 0, "modelId")),
        (["models", "model-1"], ("modelId",)),
        (["techniques"], ("items", 0, "hyperparameters", 0, "name")),
        (["jobs"], ("items", 0, "jobId")),
        (["jobs", "show", "job-1"], ("jobId",)),
        (["jobs", "stop", "job-1"], ("jobId",)),
    ],
)
def test_json_form_is_one_document_in_wire_spelling(continuo, command, path):
    ran = continuo(*command, "--json")

    value: Any = ran.json()
    for part in path:
        value = value[part]
    assert ran.code == 0
    assert value in ("bach", "twinkle", "model-1", "epochs", "job-1")


def test_jobs_follow_pages_up_to_the_limit(continuo, api):
    api.all_jobs = [api.all_jobs[0].model_copy(update={"job_id": f"job-{n}"}) for n in range(230)]

    ran = continuo("jobs", "--limit", "205", "--json")

    assert [item["jobId"] for item in ran.json()["items"]] == [f"job-{n}" for n in range(205)]


def test_empty_list_says_how_to_get_something(continuo, api):
    api.models = []

    ran = continuo("models")

    assert "No models yet" in ran.out


def test_fields_of_a_newer_service_are_ignored(continuo, api, make_newer):
    make_newer({"items": [], "nextPageToken": None, "somethingNew": {"a": 1}})

    ran = continuo("datasets", "--json")

    assert ran.code == 0
    assert ran.json() == {"items": []}


def test_stop_tells_the_new_state(continuo):
    ran = continuo("jobs", "stop", "job-1")

    assert ran.out == "job-1 is STOPPING.\n"


def test_reading_is_repeated_while_the_service_is_busy(continuo, api, make_busy):
    make_busy(times=2)

    ran = continuo("datasets", "--json")

    assert ran.code == 0
    assert len(api.seen) == 3
