"""A lap against the rows and the training service."""

from __future__ import annotations

import pytest

from lambdas.domain.changing import MAX_TRIES
from lambdas.domain.errors import Conflict, CorruptArtifact, NotFound, Unavailable
from lambdas.domain.following import ProgressRecorder
from lambdas.domain.training_jobs import JobStatus, Progress
from lambdas.domain.training_reports import TrackingError, TrainingReport, Verdict
from tests.unit.lambdas.builders import JOB_ID, NOW, OWNER, TRAINING_JOB_NAME, make_job, make_records
from tests.unit.lambdas.fakes import FakeProgressFiles, FakeRows, FakeTrainings

RUNNING = TrainingReport("InProgress", "Training", started_at=NOW)


def make_recorder(**changes):
    job = make_job(**{"status": JobStatus.RUNNING, "training_job_name": TRAINING_JOB_NAME} | changes)
    return ProgressRecorder(FakeRows(job), FakeProgressFiles(make_records()), FakeTrainings(), lambda: NOW)


def record(recorder, news=RUNNING):
    return recorder.record(OWNER, JOB_ID, TRAINING_JOB_NAME, news)


def test_lap_is_saved():
    recorder = make_recorder()

    record(recorder)

    assert recorder.jobs.get(OWNER, JOB_ID).progress == Progress(2, 6, 41.5)


def test_lap_without_news_writes_nothing():
    recorder = make_recorder()
    record(recorder)
    version = recorder.jobs.get(OWNER, JOB_ID).version

    record(recorder)

    assert recorder.jobs.get(OWNER, JOB_ID).version == version


def test_start_that_was_never_recorded_is_made_up_for():
    recorder = make_recorder(status=JobStatus.QUEUED, training_job_name=None)

    record(recorder)

    job = recorder.jobs.get(OWNER, JOB_ID)
    assert (job.status, job.training_job_name) == (JobStatus.RUNNING, TRAINING_JOB_NAME)


def test_stop_that_comes_meanwhile_is_seen_in_the_same_lap():
    recorder = make_recorder()
    stopping = recorder.jobs.get(OWNER, JOB_ID).request_stop(NOW)
    recorder.jobs.before_save.append(lambda: recorder.jobs.save(stopping))

    lap = record(recorder)

    assert lap.job.status is JobStatus.STOPPING
    assert recorder.trainings.stopped == [TRAINING_JOB_NAME]
    assert recorder.jobs.get(OWNER, JOB_ID).progress == Progress(2, 6, 41.5)


def test_training_that_is_over_already_need_not_be_stopped():
    recorder = make_recorder(stop_requested=True, status=JobStatus.STOPPING)
    recorder.trainings.faults["stop"].append(NotFound("nothing-to-stop", "over"))

    lap = record(recorder)

    assert lap.verdict is Verdict.CONTINUE


def test_unreadable_metrics_cost_only_the_progress():
    recorder = make_recorder()
    recorder.progress.faults["metrics"].append(CorruptArtifact("corrupt-metrics", "torn"))

    lap = record(recorder)

    assert lap.verdict is Verdict.CONTINUE
    assert lap.job.progress is None
    assert lap.job.secondary_status == "Training"


def test_failure_of_the_state_machine_ends_the_job():
    recorder = make_recorder()

    lap = record(recorder, TrackingError("SageMaker.SageMakerException", "not authorized to perform x"))

    assert lap.verdict is Verdict.ENDED
    assert recorder.jobs.get(OWNER, JOB_ID).failure.message == "not authorized to perform x"


def test_row_that_others_keep_changing_is_unavailable():
    recorder = make_recorder()
    recorder.jobs.faults["save"] += [Conflict("row-changed", "again")] * MAX_TRIES

    with pytest.raises(Unavailable, match="changed by others") as caught:
        record(recorder)

    assert caught.value.code == "row-contended"
