"""The environment of each function, and the names that other processes match."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from contract import composition as wire_composition
from contract import execution as wire_execution
from contract import table
from contract import training as wire
from lambdas.domain import compositions, errors, rows, training_jobs, training_reports
from lambdas.settings import SETTINGS, ApiSettings

COMMON = {"STAGE": "test", "POWERTOOLS_SERVICE_NAME": "api", "LOG_LEVEL": "INFO"}
API = COMMON | {
    "TABLE_NAME": "t",
    "ARTIFACTS_BUCKET": "b",
    "ENDPOINT_NAME": "e",
    "INLINE_COMPOSE_SECONDS": "8",
    "COMPOSE_LEASE_SECONDS": "120",
}


def test_settings_are_read_from_the_environment():
    settings = ApiSettings.from_environment(API | {"PATH": "/usr/bin"})

    assert (settings.table_name, settings.inline_compose_seconds) == ("t", 8.0)


@pytest.mark.parametrize("name", sorted(API))
def test_missing_variable_is_named(name):
    environment = {key: value for key, value in API.items() if key != name}

    with pytest.raises(ValidationError, match=name):
        ApiSettings.from_environment(environment)


def test_wrong_variable_is_named():
    with pytest.raises(ValidationError, match="INLINE_COMPOSE_SECONDS"):
        ApiSettings.from_environment(API | {"INLINE_COMPOSE_SECONDS": "soon"})


def test_every_function_declares_its_variables():
    assert SETTINGS["record_progress"].variable_names() == COMMON.keys() | {"TABLE_NAME", "ARTIFACTS_BUCKET"}
    assert SETTINGS["api"].variable_names() == API.keys()


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (training_jobs.JobStatus, wire.JobStatus),
        (compositions.CompositionStatus, wire_composition.CompositionStatus),
        (training_reports.Verdict, wire_execution.Verdict),
    ],
)
def test_domain_and_wire_know_the_same_states(ours, theirs):
    assert {state.value for state in ours} == {state.value for state in theirs}


def test_domain_and_wire_agree_on_the_shared_owner():
    assert rows.SHARED_OWNER == table.SHARED_OWNER


def test_error_names_are_the_ones_that_the_state_machine_matches():
    families = {family.__name__ for family in errors.ContinuoError.__subclasses__()}

    assert families == {
        "InvalidRequest",
        "NotFound",
        "Conflict",
        "Unavailable",
        "AccessDenied",
        "CorruptArtifact",
    }
