"""The state machine's paths, run by moto's interpreter from the file that is deployed."""

from __future__ import annotations

import pytest

from contract.execution import ExecutionInput
from infrastructure.settings import StageSettings

MAX_EVENTS = 25_000


def lap_calls(laps: int) -> list[str]:
    return ["DescribeTrainingJob", "record_progress"] * laps


def test_training_that_completes_registers_its_model(make_run, execution_input):
    run = make_run("InProgress", "InProgress", "Completed")

    execution = run.start(execution_input)

    assert execution["status"] == "SUCCEEDED"
    assert run.script.names() == ["CreateTrainingJob", *lap_calls(3), "register_model"]
    assert [request.job_id for request in run.script.registered] == ["job-1"]


def test_training_job_is_created_from_the_input(make_run, execution_input):
    run = make_run("Completed")

    run.start(execution_input)
    _, created = run.script.calls[0]

    assert created["TrainingJobName"] == "continuo-local-job-1"
    assert created["AlgorithmSpecification"]["TrainingImage"] == "continuo-training:local"
    assert created["HyperParameters"] == {"epochs": "2"}
    assert created["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"] == (
        "s3://artifacts/manifests/job-1.json"
    )
    assert created["OutputDataConfig"] == {"S3OutputPath": "s3://artifacts/models/job-1"}
    assert created["CheckpointConfig"]["S3Uri"] == "s3://artifacts/progress/job-1"
    assert created["ResourceConfig"] == {
        "InstanceType": "ml.m5.xlarge",
        "InstanceCount": 1,
        "VolumeSizeInGB": 10,
    }
    assert created["StoppingCondition"] == {"MaxRuntimeInSeconds": 3600}


def test_every_lap_tells_the_whole_description(make_run, execution_input):
    run = make_run("InProgress", "Completed")

    run.start(execution_input)

    told = [request.description["TrainingJobStatus"] for request in run.script.recorded]
    assert told == ["InProgress", "Completed"]


def test_training_that_fails_ends_with_its_recorded_failure(make_run, execution_input):
    run = make_run("InProgress", "Failed")

    execution = run.start(execution_input)

    assert execution["status"] == "SUCCEEDED"
    assert run.script.names() == ["CreateTrainingJob", *lap_calls(2)]
    assert run.script.recorded[-1].description["TrainingJobStatus"] == "Failed"


def test_training_that_was_stopped_registers_what_it_left(make_run, execution_input):
    run = make_run("InProgress", "Stopping", "Stopped")

    execution = run.start(execution_input)

    assert execution["status"] == "SUCCEEDED"
    assert run.script.names() == ["CreateTrainingJob", *lap_calls(3), "register_model"]


# AWS gives throttling the service's own name, as moto does; MiniStack names the code.
@pytest.mark.parametrize("operation", ["CreateTrainingJob", "DescribeTrainingJob"])
def test_throttled_call_is_tried_again(make_run, execution_input, operation):
    run = make_run("Completed", faults={operation: [("ThrottlingException", "Rate exceeded")]})

    execution = run.start(execution_input)

    assert execution["status"] == "SUCCEEDED"
    assert run.script.names().count(operation) == 2
    assert run.script.names()[-1] == "register_model"


@pytest.mark.parametrize("function", ["record_progress", "register_model"])
@pytest.mark.parametrize("error", ["Unavailable", "Conflict"])
def test_lambda_that_can_be_retried_is_tried_again(make_run, execution_input, function, error):
    run = make_run("Completed", faults={function: [(error, "a sentence")]})

    execution = run.start(execution_input)

    assert execution["status"] == "SUCCEEDED"
    assert run.script.names().count(function) == 2
    assert len(run.script.registered) == 1


def test_job_that_exists_already_is_watched(make_run, execution_input):
    run = make_run("Completed", faults={"CreateTrainingJob": [("ResourceInUse", "must be unique")]})

    execution = run.start(execution_input)

    assert execution["status"] == "SUCCEEDED"
    assert run.script.names() == ["CreateTrainingJob", *lap_calls(1), "register_model"]


def test_job_that_cannot_be_created_is_recorded_with_the_reason(make_run, execution_input):
    fault = ("ResourceNotFound", "No such role")
    run = make_run("Completed", faults={"CreateTrainingJob": [fault]})

    execution = run.start(execution_input)

    (request,) = run.script.recorded
    assert (execution["status"], execution["error"]) == ("FAILED", "WatchFailed")
    assert run.script.names() == ["CreateTrainingJob", "record_progress"]
    assert request.error == "SageMaker.ResourceNotFoundException"
    assert request.cause.startswith("No such role")
    assert request.description is None


def test_job_that_can_no_longer_be_watched_is_stopped_and_recorded(make_run, execution_input):
    run = make_run("InProgress", faults={"record_progress": [("CorruptArtifact", "bad metrics")]})

    execution = run.start(execution_input)

    assert (execution["status"], execution["error"]) == ("FAILED", "WatchFailed")
    assert run.script.names() == [
        "CreateTrainingJob",
        "DescribeTrainingJob",
        "record_progress",
        "StopTrainingJob",
        "record_progress",
    ]
    assert run.script.recorded[-1].error == "CorruptArtifact"


def test_failure_to_stop_does_not_keep_the_failure_from_being_recorded(make_run, execution_input):
    run = make_run(
        "InProgress",
        faults={
            "record_progress": [("CorruptArtifact", "a sentence")],
            "StopTrainingJob": [("ResourceNotFound", "a sentence")],
        },
    )

    execution = run.start(execution_input)

    assert execution["error"] == "WatchFailed"
    assert run.script.recorded[-1].error == "CorruptArtifact"


def test_model_that_cannot_be_registered_is_recorded_as_a_failure(make_run, execution_input):
    run = make_run("Completed", faults={"register_model": [("CorruptArtifact", "no manifest")]})

    execution = run.start(execution_input)

    assert execution["error"] == "WatchFailed"
    assert run.script.recorded[-1].error == "CorruptArtifact"
    assert "no manifest" in run.script.recorded[-1].cause
    assert "StopTrainingJob" not in run.script.names()


def test_failure_that_cannot_be_recorded_is_told_apart(make_run, execution_input):
    run = make_run("InProgress", faults={"record_progress": [("AccessDenied", "a sentence")] * 2})

    execution = run.start(execution_input)

    assert (execution["status"], execution["error"]) == ("FAILED", "FailureNotRecorded")


def test_fresh_execution_goes_on_at_the_lap_limit(make_run, execution_input):
    run = make_run(*["InProgress"] * 4, "Completed", lap_limit=2)

    run.start(execution_input)
    executions = run.wait_for_all()

    assert executions == {"job-1": "SUCCEEDED", "job-1-1": "SUCCEEDED", "job-1-2": "SUCCEEDED"}
    assert run.script.names() == ["CreateTrainingJob", *lap_calls(5), "register_model"]


def test_hand_over_passes_the_input_on(make_run, execution_input):
    run = make_run("InProgress", "InProgress", "Completed", lap_limit=2)

    run.start(execution_input)
    run.wait_for_all()
    passed_on = run.client.describe_execution(
        executionArn=run.machine_arn.replace(":stateMachine:", ":execution:") + ":job-1-1"
    )["input"]

    assert ExecutionInput.model_validate_json(passed_on) == execution_input.model_copy(update={"handover": 1})


def test_hand_over_that_happened_already_is_not_repeated(make_run, execution_input):
    run = make_run("Completed", lap_limit=2)
    run.start(execution_input.model_copy(update={"handover": 1}))
    run.script.statuses = ["InProgress"]

    execution = run.start(execution_input)

    assert execution["status"] == "SUCCEEDED"
    assert run.states(execution["executionArn"])[-2:] == ["HandOver", "HandedOver"]
    assert run.executions() == {"job-1": "SUCCEEDED", "job-1-1": "SUCCEEDED"}


def test_laps_until_the_limit_stay_below_the_event_limit(make_run, execution_input):
    counted = []
    for laps in (2, 3):
        run = make_run(*["InProgress"] * (laps - 1), "Completed")
        execution = run.start(execution_input.model_copy(update={"job_id": f"job-{laps}"}))
        counted.append(len(run.events(execution["executionArn"])))
    events_per_lap = counted[1] - counted[0]

    longest = StageSettings.model_fields["lap_limit"].metadata[1].le

    assert events_per_lap == 16
    assert longest * events_per_lap < 0.8 * MAX_EVENTS
