"""The end of a training: its model and its job, written together."""

from __future__ import annotations

import pytest

from lambdas.domain.errors import CorruptArtifact, Unavailable
from lambdas.domain.registering import ModelRegistrar, model_id_of
from lambdas.domain.training_jobs import FailureCode, JobStatus
from tests.unit.lambdas.builders import (
    JOB_ID,
    MODEL_ID,
    NOW,
    OWNER,
    TRAINING_JOB_NAME,
    make_card,
    make_job,
    make_model,
)
from tests.unit.lambdas.fakes import FakeModelArchives, FakeRegistry, FakeRows


def make_registrar(secondary_status, card=None):
    job = make_job(
        status=JobStatus.RUNNING, training_job_name=TRAINING_JOB_NAME, secondary_status=secondary_status
    )
    jobs, models = FakeRows(job), FakeRows()
    return ModelRegistrar(jobs, FakeRegistry(jobs, models), FakeModelArchives(card), lambda: NOW)


def register(registrar):
    return registrar.register(OWNER, JOB_ID, TRAINING_JOB_NAME)


def stored_job(registrar):
    return registrar.jobs.get(OWNER, JOB_ID)


def test_completed_training_gives_a_model_and_completes_the_job():
    registrar = make_registrar("Completed", make_card())

    register(registrar)

    assert registrar.registry.models.get(OWNER, MODEL_ID) == make_model(evaluation=make_card().evaluation)
    assert (stored_job(registrar).status, stored_job(registrar).model_id) == (JobStatus.COMPLETED, MODEL_ID)


def test_model_id_follows_from_the_job_id():
    assert model_id_of(JOB_ID) == MODEL_ID


def test_repeated_registration_answers_the_same_and_writes_nothing():
    registrar = make_registrar("Completed", make_card())
    first = register(registrar)
    version = stored_job(registrar).version

    second = register(registrar)

    assert second.model_id == first.model_id
    assert stored_job(registrar).version == version


def test_stopped_training_keeps_the_model_it_had():
    registrar = make_registrar("Stopped", make_card())

    register(registrar)

    assert (stored_job(registrar).status, stored_job(registrar).model_id) == (JobStatus.STOPPED, MODEL_ID)
    assert registrar.registry.models.get(OWNER, MODEL_ID).trained_epochs == 6


def test_training_stopped_before_its_first_model_has_none():
    registrar = make_registrar("Stopped")

    job = register(registrar)

    assert (job.status, job.model_id, job.failure) == (JobStatus.STOPPED, None, None)
    assert registrar.registry.models.rows == {}


def test_completed_training_without_model_has_failed():
    registrar = make_registrar("Completed")

    job = register(registrar)

    assert (job.status, job.failure.code) == (JobStatus.FAILED, FailureCode.CORRUPT_MODEL)


@pytest.mark.parametrize("secondary_status", ["Completed", "Stopped", "MaxRuntimeExceeded"])
def test_corrupt_archive_fails_the_job_with_its_reason(secondary_status):
    registrar = make_registrar(secondary_status)
    registrar.archives.faults["read_card"].append(CorruptArtifact("corrupt-model", "No manifest."))

    job = register(registrar)

    assert (job.status, job.failure.code, job.failure.message) == (
        JobStatus.FAILED,
        FailureCode.CORRUPT_MODEL,
        "No manifest.",
    )


@pytest.mark.parametrize(("card", "model_id"), [(make_card(), MODEL_ID), (None, None)])
def test_training_out_of_time_has_failed_but_keeps_its_model(card, model_id):
    registrar = make_registrar("MaxRuntimeExceeded", card)

    register(registrar)

    job = stored_job(registrar)
    assert (job.status, job.failure.code, job.model_id) == (
        JobStatus.FAILED,
        FailureCode.RUNTIME_EXCEEDED,
        model_id,
    )


def test_stop_that_comes_too_late_does_not_lose_the_model():
    registrar = make_registrar("Completed", make_card())
    stopping = stored_job(registrar).request_stop(NOW)
    registrar.jobs.before_save.append(lambda: registrar.jobs.save(stopping))

    register(registrar)

    assert (stored_job(registrar).status, stored_job(registrar).model_id) == (JobStatus.COMPLETED, MODEL_ID)


def test_passing_fault_leaves_the_job_as_it_was():
    registrar = make_registrar("Completed", make_card())
    registrar.registry.faults["register"].append(Unavailable("aws-fault", "later"))

    with pytest.raises(Unavailable, match="later"):
        register(registrar)

    assert stored_job(registrar).status is JobStatus.RUNNING
    assert registrar.registry.models.rows == {}
