"""Taking training jobs in and back."""

from __future__ import annotations

import pytest

from lambdas.domain.errors import Conflict, InvalidRequest, NotFound, Unavailable
from lambdas.domain.submitting import request_stop, submit_training
from lambdas.domain.training_jobs import JobStatus
from tests.unit.lambdas.builders import JOB_ID, NOW, OWNER, make_dataset, make_job
from tests.unit.lambdas.fakes import FakeRows


def test_accepted_job_is_written_as_queued():
    jobs = FakeRows()

    submit_training(make_job(), jobs, FakeRows(make_dataset()))

    assert jobs.get(OWNER, JOB_ID).status is JobStatus.QUEUED


def test_unknown_dataset_is_refused_and_writes_nothing():
    jobs = FakeRows()

    with pytest.raises(InvalidRequest) as caught:
        submit_training(make_job(dataset="brahms"), jobs, FakeRows(make_dataset()))

    assert caught.value.faults[0].pointer == "/dataset"
    assert jobs.rows == {}


def test_unknown_tags_are_refused_together_and_write_nothing():
    jobs = FakeRows()

    with pytest.raises(InvalidRequest, match="2 values are wrong") as caught:
        submit_training(
            make_job(filter_tags={"mood": "sad", "mode": "lydian"}), jobs, FakeRows(make_dataset())
        )

    assert [fault.pointer for fault in caught.value.faults] == ["/filterTags/mood", "/filterTags/mode"]
    assert jobs.rows == {}


def test_stop_is_written_into_the_row():
    jobs = FakeRows(make_job())

    request_stop(OWNER, JOB_ID, jobs, lambda: NOW)

    assert jobs.get(OWNER, JOB_ID).status is JobStatus.STOPPING


def test_stop_against_a_lap_that_saves_first_still_counts():
    jobs = FakeRows(make_job())
    jobs.before_save.append(lambda: jobs.save(make_job().start("name", NOW)))

    request_stop(OWNER, JOB_ID, jobs, lambda: NOW)

    stored = jobs.get(OWNER, JOB_ID)
    assert (stored.status, stored.training_job_name) == (JobStatus.STOPPING, "name")


def test_someone_elses_job_cannot_be_stopped():
    jobs = FakeRows(make_job(owner="u-2"))

    with pytest.raises(NotFound):
        request_stop(OWNER, JOB_ID, jobs, lambda: NOW)

    assert jobs.get("u-2", JOB_ID) == make_job(owner="u-2")


def test_conflict_that_is_no_race_is_raised_as_it_is():
    jobs = FakeRows(make_job(status=JobStatus.FAILED))

    with pytest.raises(Conflict) as caught:
        request_stop(OWNER, JOB_ID, jobs, lambda: NOW)

    assert caught.value.code == "job-ended"


def test_table_that_is_away_is_unavailable():
    jobs = FakeRows(make_job())
    jobs.faults["save"].append(Unavailable("aws-fault", "throttled"))

    with pytest.raises(Unavailable, match="throttled"):
        request_stop(OWNER, JOB_ID, jobs, lambda: NOW)
