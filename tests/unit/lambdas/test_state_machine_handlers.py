"""`record_progress` and `register_model` through the state machine's payloads."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from aws_lambda_powertools import Logger
from pydantic import ValidationError

from lambdas.bootstrap import RecordProgressServices, RegisterModelServices
from lambdas.domain.errors import Unavailable
from lambdas.domain.following import ProgressRecorder
from lambdas.domain.registering import ModelRegistrar
from lambdas.domain.training_jobs import JobStatus, Transition
from lambdas.handlers import record_progress, register_model
from tests.unit.lambdas.builders import (
    JOB_ID,
    MODEL_ID,
    NOW,
    OWNER,
    TRAINING_JOB_NAME,
    make_card,
    make_job,
    make_records,
)
from tests.unit.lambdas.fakes import (
    FakeModelArchives,
    FakeProgressFiles,
    FakeRegistry,
    FakeRows,
    FakeTrainings,
)

REQUEST = {"owner": OWNER, "jobId": JOB_ID, "trainingJobName": TRAINING_JOB_NAME}


@pytest.fixture
def log():
    return Logger(service="test", stream=io.StringIO())


@pytest.fixture
def jobs():
    return FakeRows(make_job(status=JobStatus.RUNNING, training_job_name=TRAINING_JOB_NAME))


@pytest.fixture
def record(jobs, log, lambda_context):
    recorder = ProgressRecorder(jobs, FakeProgressFiles(make_records()), FakeTrainings(), lambda: NOW)
    handle = record_progress.make_handler(lambda: RecordProgressServices(recorder, log))
    return lambda event: handle(event, lambda_context)


def make_registrar(jobs, log, card):
    registrar = ModelRegistrar(jobs, FakeRegistry(jobs, FakeRows()), FakeModelArchives(card), lambda: NOW)
    return register_model.make_handler(lambda: RegisterModelServices(registrar, log))


def test_running_training_is_recorded_and_continues(load_event, record, jobs):
    answer = record(load_event("record_progress_running"))

    assert answer == {"verdict": "CONTINUE", "waitSeconds": 5}
    job = jobs.get(OWNER, JOB_ID)
    assert job.started_at == datetime(2026, 11, 23, 9, 31, 30, 250_000, tzinfo=UTC)
    assert job.transitions[0] == Transition(
        "Starting",
        "Preparing the instances for training",
        datetime(2026, 11, 23, 9, 30, 1, 123_000, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    "moment",
    [1795426290.25, 1795426290250, "2026-11-23T09:31:30.250Z", "2026-11-23T09:31:30.250", "1795426290.25"],
)
def test_moments_may_be_strings_or_epoch_numbers(load_event, record, jobs, moment):
    event = load_event("record_progress_running")
    event["description"]["TrainingStartTime"] = moment

    record(event)

    assert jobs.get(OWNER, JOB_ID).started_at == datetime(2026, 11, 23, 9, 31, 30, 250_000, tzinfo=UTC)


def test_bare_description_is_enough(record, jobs):
    answer = record(REQUEST | {"description": {"TrainingJobStatus": "InProgress"}})

    assert answer["verdict"] == "CONTINUE"
    assert jobs.get(OWNER, JOB_ID).secondary_status == "InProgress"


def test_completed_training_goes_on_to_registration(record):
    description = {"TrainingJobStatus": "Completed", "SecondaryStatus": "Completed"}

    assert record(REQUEST | {"description": description})["verdict"] == "REGISTER"


def test_failed_training_has_ended(record, jobs):
    description = {
        "TrainingJobStatus": "Failed",
        "SecondaryStatus": "Failed",
        "FailureReason": "AlgorithmError: The dataset is empty., exit code: 1",
    }

    answer = record(REQUEST | {"description": description})

    assert answer["verdict"] == "ENDED"
    assert jobs.get(OWNER, JOB_ID).failure.message == "The dataset is empty."


def test_error_of_the_state_machine_has_ended(record, jobs):
    cause = "User: arn:aws:sts::1:assumed-role/x is not authorized to perform: sagemaker:CreateTrainingJob"

    answer = record(REQUEST | {"error": "SageMaker.SageMakerException", "cause": cause})

    assert answer["verdict"] == "ENDED"
    assert jobs.get(OWNER, JOB_ID).failure.message == cause


def test_payload_of_another_shape_is_refused(record):
    with pytest.raises(ValidationError, match="jobId"):
        record({"owner": OWNER, "trainingJobName": TRAINING_JOB_NAME})


def test_passing_fault_leaves_under_its_wire_name(load_event, record, jobs):
    jobs.faults["get"].append(Unavailable("aws-fault", "throttled"))

    with pytest.raises(Unavailable) as caught:
        record(load_event("record_progress_running"))

    assert type(caught.value).__name__ == "Unavailable"
    assert str(caught.value) == "throttled"


def test_registered_model_is_answered(jobs, log, record, lambda_context):
    record(REQUEST | {"description": {"TrainingJobStatus": "Completed", "SecondaryStatus": "Completed"}})
    handle = make_registrar(jobs, log, make_card())

    answer = handle(REQUEST, lambda_context)

    assert answer == {"modelId": MODEL_ID}
    assert jobs.get(OWNER, JOB_ID).status is JobStatus.COMPLETED


def test_stopped_training_without_model_answers_none(jobs, log, record, lambda_context):
    record(REQUEST | {"description": {"TrainingJobStatus": "Stopped", "SecondaryStatus": "Stopped"}})
    handle = make_registrar(jobs, log, None)

    answer = handle(REQUEST, lambda_context)

    assert answer == {}
    assert jobs.get(OWNER, JOB_ID).status is JobStatus.STOPPED
