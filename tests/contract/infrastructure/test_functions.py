"""The functions of the template, against what the code of the Lambdas declares."""

from __future__ import annotations

import importlib
import json
from decimal import Decimal

import pytest
from boto3.dynamodb.types import TypeSerializer

from contract.composition import CompositionStatus
from contract.hyperparameters import Technique
from contract.table import CompositionItem, TableItem, TrainingJobItem
from contract.training import JobStatus
from lambdas.settings import SETTINGS

MOMENT = "2026-01-01T00:00:00.000Z"
Pattern = dict[str, "Pattern"] | list[str]


@pytest.fixture(scope="module")
def functions(resources) -> dict[str, dict]:
    """The functions' properties by handler name."""
    found = resources("AWS::Lambda::Function").values()
    return {properties["Handler"].split(".")[2]: properties for properties in found}


def job_row(status: JobStatus) -> TrainingJobItem:
    return TrainingJobItem(
        owner="someone",
        created_at=MOMENT,
        updated_at=MOMENT,
        job_id="job-1",
        name="a job",
        technique=Technique.UNET_GAN,
        dataset="bach",
        hyperparameters={"epochs": 2},
        status=status,
    )


def composition_row(status: CompositionStatus, attempts: int = 0) -> CompositionItem:
    return CompositionItem(
        owner="someone",
        created_at=MOMENT,
        updated_at=MOMENT,
        composition_id="composition-1",
        name="a tune",
        model_id="model-1",
        model_uri="s3://bucket/model.tar.gz",
        status=status,
        attempts=attempts,
        seed=1,
        creativity=0.5,
    )


def stream_record(event_name: str, row: TableItem) -> dict[str, object]:
    exact = json.loads(json.dumps(row.to_item()), parse_float=Decimal)
    image = {name: TypeSerializer().serialize(value) for name, value in exact.items()}
    return {"eventName": event_name, "dynamodb": {"NewImage": image}}


def passes(pattern: Pattern, value: object) -> bool:
    """Lambda's event filtering, as far as our patterns use it: nested names, and lists of equal values."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(
            name in value and passes(inner, value[name]) for name, inner in pattern.items()
        )
    return value in pattern


def test_every_handler_that_declares_settings_is_deployed(functions):
    assert set(functions) == set(SETTINGS)


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_handler_path_leads_to_a_callable(functions, name):
    module_name, _, attribute = functions[name]["Handler"].rpartition(".")

    module = importlib.import_module(module_name)

    assert callable(getattr(module, attribute))


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_environment_is_what_the_settings_declare(functions, name):
    variables = functions[name]["Environment"]["Variables"]

    assert set(variables) == SETTINGS[name].variable_names()


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_settings_accept_the_environment(functions, name):
    variables = functions[name]["Environment"]["Variables"]
    deployed = {key: value if isinstance(value, str) else "reference" for key, value in variables.items()}

    settings = SETTINGS[name].from_environment(deployed)

    assert settings.stage == "local"


def test_every_function_has_a_role_of_its_own(functions):
    roles = [properties["Role"]["Fn::GetAtt"][0] for properties in functions.values()]

    assert len(set(roles)) == len(functions)


def test_a_lease_outlives_the_function_that_holds_it(functions):
    compose = functions["compose"]

    assert int(compose["Environment"]["Variables"]["COMPOSE_LEASE_SECONDS"]) >= compose["Timeout"] + 10


def test_inline_composing_leaves_the_api_time_to_answer(functions):
    api = functions["api"]

    assert int(api["Environment"]["Variables"]["INLINE_COMPOSE_SECONDS"]) + 5 < api["Timeout"] <= 29


@pytest.fixture(scope="module")
def mappings(template, resources) -> dict[str, dict]:
    """The stream mappings by the handler that they wake."""
    found = {}
    for properties in resources("AWS::Lambda::EventSourceMapping").values():
        handler = template["Resources"][properties["FunctionName"]["Ref"]]["Properties"]["Handler"]
        found[handler.split(".")[2]] = properties
    return found


@pytest.fixture(scope="module")
def wakes(mappings):
    """Whether a stream record reaches a handler."""

    def decide(handler: str, record: dict[str, object]) -> bool:
        filters = mappings[handler]["FilterCriteria"]["Filters"]
        return any(passes(json.loads(item["Pattern"]), record) for item in filters)

    return decide


def test_only_queued_new_jobs_wake_start_training(wakes):
    assert wakes("start_training", stream_record("INSERT", job_row(JobStatus.QUEUED)))
    assert not wakes("start_training", stream_record("MODIFY", job_row(JobStatus.QUEUED)))
    assert not any(
        wakes("start_training", stream_record("INSERT", job_row(status)))
        for status in JobStatus
        if status is not JobStatus.QUEUED
    )
    assert not wakes("start_training", stream_record("INSERT", composition_row(CompositionStatus.QUEUED)))


@pytest.mark.parametrize("event_name", ["INSERT", "MODIFY"])
def test_only_queued_compositions_wake_compose(wakes, event_name):
    assert wakes("compose", stream_record(event_name, composition_row(CompositionStatus.QUEUED)))
    assert not wakes("compose", stream_record(event_name, composition_row(CompositionStatus.COMPOSING)))
    assert not wakes("compose", stream_record(event_name, job_row(JobStatus.QUEUED)))


def test_a_try_that_failed_does_not_wake_compose_once_more(wakes):
    """The mapping's own retries bring it on; a second wake-up for each would let an outage feed itself."""
    put_back = composition_row(CompositionStatus.QUEUED, attempts=1)

    assert not wakes("compose", stream_record("MODIFY", put_back))


def test_removed_rows_wake_nobody(wakes):
    record = stream_record("REMOVE", composition_row(CompositionStatus.QUEUED))

    assert not wakes("compose", record)
    assert not wakes("start_training", record)


@pytest.mark.parametrize("handler", ["start_training", "compose"])
def test_retries_outlast_the_lease_of_a_composer_that_died(functions, mappings, handler):
    """Even ten a second do not use up the retries while the lease holds."""
    lease_seconds = int(functions["compose"]["Environment"]["Variables"]["COMPOSE_LEASE_SECONDS"])

    assert mappings[handler]["MaximumRetryAttempts"] > 10 * lease_seconds
    assert mappings[handler]["MaximumRecordAgeInSeconds"] > 10 * lease_seconds


@pytest.mark.parametrize("handler", ["start_training", "compose"])
def test_a_poisoned_record_is_set_apart_and_kept(mappings, handler):
    mapping = mappings[handler]

    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["MaximumRecordAgeInSeconds"] > 0
    assert "Fn::GetAtt" in mapping["DestinationConfig"]["OnFailure"]["Destination"]
