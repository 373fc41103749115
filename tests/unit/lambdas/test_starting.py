"""Starting an accepted training job."""

from __future__ import annotations

import pytest

from lambdas.domain.errors import AccessDenied, CorruptArtifact, NotFound, Unavailable
from lambdas.domain.starting import TrainingStarter
from lambdas.domain.training_jobs import FailureCode, JobStatus
from tests.unit.lambdas.builders import JOB_ID, NOW, OWNER, TRAINING_JOB_NAME, make_job, make_pieces
from tests.unit.lambdas.fakes import FakeCatalogs, FakeExecutions, FakeRows, FakeTrainingInputs


def make_starter(*jobs):
    return TrainingStarter(
        jobs=FakeRows(*jobs),
        catalogs=FakeCatalogs(bach=make_pieces()),
        inputs=FakeTrainingInputs(),
        executions=FakeExecutions(),
        clock=lambda: NOW,
    )


def test_queued_job_starts_on_the_pieces_that_its_filter_chose():
    starter = make_starter(make_job())

    job = starter.start(OWNER, JOB_ID)

    assert (job.status, job.training_job_name) == (JobStatus.RUNNING, TRAINING_JOB_NAME)
    assert starter.inputs.written == {JOB_ID: ["pieces/bwv2.mid"]}
    assert list(starter.executions.started) == [JOB_ID]
    assert starter.jobs.get(OWNER, JOB_ID) == job


def test_job_without_filter_trains_on_every_piece():
    starter = make_starter(make_job(filter_tags={}))

    starter.start(OWNER, JOB_ID)

    assert len(starter.inputs.written[JOB_ID]) == 3


def test_filter_that_matches_nothing_fails_the_job_and_starts_nothing():
    starter = make_starter(make_job(filter_tags={"mode": "minor", "meter": "3/4"}))

    job = starter.start(OWNER, JOB_ID)

    assert (job.status, job.failure.code) == (JobStatus.FAILED, FailureCode.NO_MATCHING_PIECES)
    assert job.failure.message == "The dataset 'bach' has no piece that has meter '3/4' and mode 'minor'."
    assert starter.executions.started == {}


def test_redelivered_record_of_a_started_job_does_nothing():
    starter = make_starter(make_job(status=JobStatus.RUNNING, training_job_name=TRAINING_JOB_NAME))

    starter.start(OWNER, JOB_ID)

    assert starter.executions.started == {}


def test_job_stopped_before_its_start_ends_without_training():
    starter = make_starter(make_job().request_stop(NOW))

    job = starter.start(OWNER, JOB_ID)

    assert job.status is JobStatus.STOPPED
    assert starter.executions.started == {}


def test_stop_that_comes_while_it_starts_is_kept():
    starter = make_starter(make_job())
    starter.jobs.before_save.append(lambda: starter.jobs.save(make_job().request_stop(NOW)))

    job = starter.start(OWNER, JOB_ID)

    assert (job.status, job.stop_requested) == (JobStatus.STOPPING, True)
    assert job.training_job_name == TRAINING_JOB_NAME


def test_lost_save_is_repeated_by_the_next_delivery_with_one_execution():
    starter = make_starter(make_job())
    starter.jobs.faults["save"].append(Unavailable("aws-fault", "later"))
    with pytest.raises(Unavailable):
        starter.start(OWNER, JOB_ID)

    job = starter.start(OWNER, JOB_ID)

    assert job.status is JobStatus.RUNNING
    assert list(starter.executions.started) == [JOB_ID]


@pytest.mark.parametrize(
    ("part", "method"), [("catalogs", "read"), ("inputs", "write"), ("executions", "start")]
)
def test_passing_fault_is_raised_and_leaves_the_job_queued(part, method):
    starter = make_starter(make_job())
    getattr(starter, part).faults[method].append(Unavailable("aws-fault", "later"))

    with pytest.raises(Unavailable, match="later"):
        starter.start(OWNER, JOB_ID)

    assert starter.jobs.get(OWNER, JOB_ID) == make_job()


def test_missing_permission_fails_the_job_and_names_the_action():
    starter = make_starter(make_job())
    denied = AccessDenied("access-denied", "not authorized to perform states:StartExecution")
    starter.executions.faults["start"].append(denied)

    job = starter.start(OWNER, JOB_ID)

    assert job.failure.code is FailureCode.PERMISSION_DENIED
    assert "states:StartExecution" in job.failure.message


@pytest.mark.parametrize(
    "error", [NotFound("no-catalog", "gone"), CorruptArtifact("corrupt-catalog", "torn")]
)
def test_unreadable_dataset_fails_the_job(error):
    starter = make_starter(make_job())
    starter.catalogs.faults["read"].append(error)

    job = starter.start(OWNER, JOB_ID)

    assert job.failure.code is FailureCode.CORRUPT_DATASET
    assert job.failure.message == error.message


def test_unknown_job_is_not_found():
    starter = make_starter()

    with pytest.raises(NotFound, match=JOB_ID):
        starter.start(OWNER, JOB_ID)
