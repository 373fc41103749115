"""What a lap of the state machine makes of SageMaker's description and the newest metrics."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lambdas.domain.training_jobs import FailureCode, JobStatus, Progress, Transition
from lambdas.domain.training_reports import (
    TrackingError,
    TrainingReport,
    Verdict,
    follow,
    follow_error,
)
from tests.unit.lambdas.builders import NOW, TRAINING_JOB_NAME, make_job, make_records

TRANSITIONS = (Transition("Starting", "Launching", NOW), Transition("Training", "", NOW))
RUNNING = TrainingReport("InProgress", "Training", TRANSITIONS, started_at=NOW)


def make_running_job(**changes):
    return make_job(
        **{"status": JobStatus.RUNNING, "training_job_name": TRAINING_JOB_NAME, "started_at": NOW} | changes
    )


def test_lap_records_status_transitions_progress_and_metrics():
    lap = follow(make_running_job(), RUNNING, make_records(), NOW + timedelta(seconds=9))

    assert lap.verdict is Verdict.CONTINUE
    assert lap.job.secondary_status == "Training"
    assert lap.job.transitions == TRANSITIONS
    assert lap.job.progress == Progress(2, 6, 41.5)
    assert lap.job.latest_metrics == {"generator_loss": 1.25, "mean_note_length/Alto": 4.5}
    assert lap.job.updated_at == NOW + timedelta(seconds=9)


def test_lap_before_the_first_epoch_keeps_no_progress():
    lap = follow(make_running_job(), RUNNING, make_records()[:1], NOW)

    assert lap.job.progress is None
    assert lap.job.latest_metrics == {}


def test_lap_without_news_leaves_the_job_as_it_was():
    job = follow(make_running_job(), RUNNING, make_records(), NOW).job

    lap = follow(job, RUNNING, make_records(), NOW + timedelta(seconds=30))

    assert lap.job == job


def test_job_still_queued_runs_once_the_service_reports_on_it():
    lap = follow(make_job(), RUNNING, (), NOW)

    assert lap.job.status is JobStatus.RUNNING


@pytest.mark.parametrize(
    ("age_seconds", "wait_seconds"), [(0, 5), (99, 5), (200, 10), (600, 30), (1200, 60), (90_000, 60)]
)
def test_wait_grows_from_five_seconds_to_a_minute_with_age(age_seconds, wait_seconds):
    lap = follow(make_running_job(), RUNNING, (), NOW + timedelta(seconds=age_seconds))

    assert lap.wait_seconds == wait_seconds


def test_stop_is_passed_on_while_the_training_runs_and_awaited_closely():
    job = make_running_job().request_stop(NOW)

    lap = follow(job, RUNNING, (), NOW + timedelta(hours=1))

    assert (lap.verdict, lap.stop_training, lap.wait_seconds) == (Verdict.CONTINUE, True, 5)


def test_training_that_is_stopping_is_not_told_again():
    job = make_running_job().request_stop(NOW)

    lap = follow(job, TrainingReport("Stopping", "Stopping"), (), NOW)

    assert (lap.verdict, lap.stop_training) == (Verdict.CONTINUE, False)


@pytest.mark.parametrize("status", ["Completed", "Stopped"])
def test_training_that_is_over_is_registered(status):
    lap = follow(make_running_job(), TrainingReport(status, status), (), NOW)

    assert lap.verdict is Verdict.REGISTER
    assert lap.job.secondary_status == status
    assert not lap.job.has_ended


def test_failed_training_ends_the_job_with_the_containers_first_sentence():
    reason = "AlgorithmError: The loss is not a number.\nTraceback…, exit code: 1"

    lap = follow(make_running_job(), TrainingReport("Failed", "Failed", failure_reason=reason), (), NOW)

    assert lap.verdict is Verdict.ENDED
    assert lap.job.status is JobStatus.FAILED
    assert lap.job.failure is not None
    assert lap.job.failure.code is FailureCode.TRAINING_FAILED
    assert lap.job.failure.message == "The loss is not a number."


def test_failed_training_that_ran_out_of_time_says_so():
    lap = follow(make_running_job(), TrainingReport("Failed", "MaxRuntimeExceeded"), (), NOW)

    assert lap.job.failure is not None
    assert lap.job.failure.code is FailureCode.RUNTIME_EXCEEDED


def test_unheard_of_statuses_mean_still_going():
    lap = follow(make_running_job(), TrainingReport("Pondering", "Musing"), (), NOW)

    assert lap.verdict is Verdict.CONTINUE
    assert lap.job.secondary_status == "Musing"


def test_ended_job_stays_and_a_training_that_still_runs_is_stopped():
    job = make_running_job(status=JobStatus.STOPPED)

    lap = follow(job, RUNNING, make_records(), NOW)

    assert (lap.job, lap.verdict, lap.stop_training) == (job, Verdict.ENDED, True)


def test_training_that_could_not_be_created_fails_the_job_with_the_services_words():
    cause = "ml.p9.large is not available (Service: SageMaker, Status Code: 400, Request ID: 1-2)"

    lap = follow_error(make_running_job(), TrackingError("SageMaker.ResourceLimitExceeded", cause), NOW)

    assert lap.verdict is Verdict.ENDED
    assert lap.job.failure is not None
    assert lap.job.failure.code is FailureCode.COULD_NOT_START
    assert lap.job.failure.message == "ml.p9.large is not available"
    assert not lap.stop_training


def test_training_that_could_not_be_followed_is_stopped():
    job = make_running_job(secondary_status="Training")

    lap = follow_error(job, TrackingError("States.Timeout", ""), NOW)

    assert lap.job.failure is not None
    assert lap.job.failure.code is FailureCode.COULD_NOT_FINISH
    assert lap.job.failure.message == "The state machine failed with States.Timeout."
    assert lap.stop_training


@pytest.mark.parametrize("error", ["AccessDenied", "SageMaker.AccessDeniedException"])
def test_missing_permission_names_the_action(error):
    cause = '{"errorMessage": "not authorized to perform s3:GetObject: Access Denied", "errorType": "X"}'

    lap = follow_error(make_running_job(), TrackingError(error, cause), NOW)

    assert lap.job.failure is not None
    assert lap.job.failure.code is FailureCode.PERMISSION_DENIED
    assert lap.job.failure.message == "not authorized to perform s3:GetObject: Access Denied"


def test_missing_permission_is_told_by_the_sentence_where_the_name_does_not():
    """SageMaker's refusal has no exception of its own in the SDK that Step Functions uses."""
    sentence = "User: a is not authorized to perform: sagemaker:CreateTrainingJob on resource: b"
    cause = f"{sentence} (Service: SageMaker, Status Code: 400, Request ID: 1-2)"

    lap = follow_error(make_running_job(), TrackingError("SageMaker.SageMakerException", cause), NOW)

    assert lap.job.failure is not None
    assert lap.job.failure.code is FailureCode.PERMISSION_DENIED
    assert lap.job.failure.message == sentence


def test_error_after_the_end_changes_nothing():
    job = make_running_job(status=JobStatus.COMPLETED)

    lap = follow_error(job, TrackingError("States.TaskFailed", "late"), NOW)

    assert (lap.job, lap.verdict) == (job, Verdict.ENDED)
