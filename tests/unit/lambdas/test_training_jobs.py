"""A training job's transitions."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lambdas.domain.errors import Conflict
from lambdas.domain.training_jobs import Failure, FailureCode, JobStatus
from tests.unit.lambdas.builders import NOW, make_job

LATER = NOW + timedelta(minutes=1)
FAILURE = Failure(FailureCode.TRAINING_FAILED, "the loss is not a number")


def test_started_job_runs_under_its_training_job_name():
    job = make_job().start("continuo-test-job", LATER)

    assert (job.status, job.training_job_name, job.updated_at) == (
        JobStatus.RUNNING,
        "continuo-test-job",
        LATER,
    )


def test_job_to_be_stopped_stays_stopping_when_its_start_is_recorded():
    job = make_job().request_stop(NOW).start("continuo-test-job", LATER)

    assert job.status is JobStatus.STOPPING
    assert job.training_job_name == "continuo-test-job"


def test_second_start_changes_nothing():
    job = make_job().start("first", NOW)

    assert job.start("second", LATER) is job


@pytest.mark.parametrize("status", [JobStatus.QUEUED, JobStatus.RUNNING])
def test_job_under_way_can_be_stopped(status):
    job = make_job(status=status).request_stop(LATER)

    assert (job.status, job.stop_requested) == (JobStatus.STOPPING, True)


def test_stop_asked_twice_changes_nothing_the_second_time():
    job = make_job().request_stop(NOW)

    assert job.request_stop(LATER) is job


@pytest.mark.parametrize("status", [JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.STOPPED])
def test_ended_job_cannot_be_stopped(status):
    job = make_job(status=status)

    with pytest.raises(Conflict, match=f"has ended: it is {status}") as caught:
        job.request_stop(LATER)

    assert caught.value.code == "job-ended"


@pytest.mark.parametrize("status", [JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.STOPPED])
def test_ended_job_never_changes_again(status):
    job = make_job(status=status)

    assert job.fail(FAILURE, LATER) is job
    assert job.stop(LATER) is job
    assert job.complete("model-1", LATER) is job
    assert job.start("name", LATER) is job


def test_end_is_dated():
    job = make_job().fail(FAILURE, LATER)

    assert (job.status, job.failure, job.ended_at, job.updated_at) == (
        JobStatus.FAILED,
        FAILURE,
        LATER,
        LATER,
    )


def test_completed_job_names_its_model():
    job = make_job().complete("model-1", LATER)

    assert (job.status, job.model_id, job.failure) == (JobStatus.COMPLETED, "model-1", None)


def test_stopped_job_may_have_no_model():
    job = make_job().stop(LATER)

    assert (job.status, job.model_id) == (JobStatus.STOPPED, None)
