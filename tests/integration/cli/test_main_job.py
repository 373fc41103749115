"""The demo's part that speaks REST, against the fake API: from datasets to the files in the folder."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from cli.client import ApiClient
from cli.errors import CliError
from cli.main_job import MainJobSettings, train_and_compose
from cli.phases import Phases
from cli.results import assess, write_files, write_report
from cli.session import GivenToken

SETTINGS = MainJobSettings({"epochs": 6}, seed=3, creativity=0.5)


@pytest.fixture
def console():
    return Console(file=io.StringIO(), width=120)


@pytest.fixture
def phases(console):
    return Phases(console, 2)


@pytest.fixture
def client(api):
    with ApiClient(api.api_url, GivenToken(api.token)) as connected:
        yield connected


def test_main_job_speaks_only_documented_rest(api, client, phases, console):
    train_and_compose(client, SETTINGS, phases, console)

    assert list(dict.fromkeys((method, path) for method, path, _ in api.seen)) == [
        ("GET", "/datasets"),
        ("POST", "/training-jobs"),
        ("GET", "/training-jobs/job-1"),
        ("GET", "/training-jobs/job-1/metrics"),
        ("GET", "/training-jobs/job-1/samples"),
        ("GET", "/melodies"),
        ("POST", "/compositions"),
        ("GET", "/compositions/composition-1/midi"),
    ]
    assert api.bodies("POST", "/training-jobs")[0]["hyperparameters"] == {"epochs": 6}
    assert api.bodies("POST", "/compositions")[0]["modelId"] == "model-1"


def test_main_job_gathers_every_metric_and_sample(client, phases, console, midi_bytes):
    result = train_and_compose(client, SETTINGS, phases, console)

    assert [point.seq for point in result.metrics.items] == [1, 2, 3]
    assert result.samples == {1: midi_bytes}
    assert [phase.name for phase in phases.done] == ["train", "compose"]


def test_failed_training_ends_it_with_the_reason(api, client, phases, console, failed_course):
    api.jobs = failed_course

    with pytest.raises(CliError, match="training job ended FAILED") as caught:
        train_and_compose(client, SETTINGS, phases, console)

    assert caught.value.lines == ("training-failed: No piece carries the tag mode=dorian.",)
    assert api.bodies("POST", "/compositions") == []


def test_missing_dataset_ends_it_before_training(api, client, phases, console):
    with pytest.raises(CliError, match="no dataset named rock"):
        train_and_compose(client, MainJobSettings({}, dataset="rock"), phases, console)

    assert api.bodies("POST", "/training-jobs") == []


def test_files_and_report_hold_what_came_back(client, phases, console, tmp_path, midi_bytes, fitting_melody):
    result = fitting_melody(train_and_compose(client, SETTINGS, phases, console))
    assessment = assess(result)

    write_files(tmp_path, result, assessment)
    write_report(tmp_path, result, assessment, phases)

    report = json.loads((tmp_path / "report.json").read_text())
    assert (tmp_path / "composition.mid").read_bytes() == midi_bytes
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")) == [
        "composition.mid",
        "piano-roll.png",
        "report.json",
        "samples/epoch-00001.mid",
        "training-curves.png",
    ]
    assert report["job"] == result.job.to_wire()
    assert report["composition"] == result.composition.to_wire()
    assert report["accompaniment"] == ["Alto", "Tenor", "Bass"]
    assert [phase["name"] for phase in report["phases"]] == ["train", "compose"]
    assert report["totalSeconds"] >= sum(phase["seconds"] for phase in report["phases"]) - 0.1
    assert report["measures"]["trainingSet"] == [{"name": "semitone_clash", "value": 0.06}]
    assert "python" in report["versions"]


def test_touched_melody_is_no_result(client, phases, console):
    result = train_and_compose(client, SETTINGS, phases, console)  # the fake's answer to another melody

    with pytest.raises(CliError, match="did not come back untouched"):
        assess(result)


def test_file_that_is_no_midi_is_no_result(client, phases, console, with_midi):
    result = with_midi(train_and_compose(client, SETTINGS, phases, console), b"MThd torn")

    with pytest.raises(CliError, match="cannot be read"):
        assess(result)
