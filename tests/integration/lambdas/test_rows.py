"""One suite for the rows in DynamoDB and for the fake that other tests stand on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lambdas.adapters.composition_rows import COMPOSITIONS
from lambdas.adapters.dynamo_rows import DynamoRegistry, DynamoRows
from lambdas.adapters.library_rows import DATASETS, MELODIES, MODELS
from lambdas.adapters.training_job_rows import TRAINING_JOBS
from lambdas.domain.compositions import CompositionStatus, TrackSummary
from lambdas.domain.errors import Conflict, NotFound
from lambdas.domain.rows import PageRequest
from lambdas.domain.training_jobs import Failure, FailureCode, JobStatus, Progress, Transition
from tests.integration.lambdas.conftest import TABLE
from tests.unit.lambdas.builders import (
    JOB_ID,
    MODEL_ID,
    NOW,
    OWNER,
    make_composition,
    make_dataset,
    make_job,
    make_model,
    make_sample_melody,
)
from tests.unit.lambdas.fakes import FakeRegistry, FakeRows

FULL_JOB = make_job(
    status=JobStatus.FAILED,
    stop_requested=True,
    training_job_name="continuo-test-job",
    secondary_status="Failed",
    transitions=(Transition("Starting", "Launching", NOW),),
    progress=Progress(2, 6, 41.5),
    latest_metrics={"generator_loss": 1.25, "critic_loss": -3.0},
    failure=Failure(FailureCode.TRAINING_FAILED, "The loss is not a number."),
    model_id=MODEL_ID,
    started_at=NOW,
    ended_at=NOW,
)
FULL_COMPOSITION = make_composition(
    melody=None,
    midi=b"MThd\x00\xff",
    tempo_bpm=96.5,
    status=CompositionStatus.FAILED,
    steps=12,
    tracks=(TrackSummary("Soprano", 52, 2, is_melody=True),),
    midi_sha256="abc",
    lease_expires_at=1795426200,
    attempts=2,
    failure=Failure(FailureCode.COMPOSITION_REFUSED, "too long"),
)


@pytest.fixture(params=["fake", "dynamodb"])
def make_rows(request):
    """Makes the rows of a kind: a fake, or the table's."""
    if request.param == "fake":
        return lambda codec: FakeRows()
    client = request.getfixturevalue("dynamodb")
    return lambda codec: DynamoRows(lambda: client, TABLE, codec)


@pytest.fixture
def jobs(make_rows):
    return make_rows(TRAINING_JOBS)


@pytest.mark.parametrize(
    ("codec", "row"),
    [
        (TRAINING_JOBS, make_job()),
        (TRAINING_JOBS, FULL_JOB),
        (COMPOSITIONS, make_composition()),
        (COMPOSITIONS, FULL_COMPOSITION),
        (MODELS, make_model()),
        (DATASETS, make_dataset()),
        (MELODIES, make_sample_melody()),
    ],
    ids=lambda value: type(value).__name__,
)
def test_row_comes_back_as_it_was_added(make_rows, codec, row):
    rows = make_rows(codec)

    rows.add(row)

    assert rows.get(row.owner, row.row_id) == row


def test_taken_id_is_a_conflict_and_the_first_row_stays(jobs):
    jobs.add(make_job(name="first"))

    with pytest.raises(Conflict, match="exists already") as caught:
        jobs.add(make_job(name="second"))

    assert caught.value.code == "id-taken"
    assert jobs.get(OWNER, JOB_ID).name == "first"


def test_missing_row_is_not_found(jobs):
    with pytest.raises(NotFound, match=JOB_ID):
        jobs.get(OWNER, JOB_ID)


def test_row_of_another_owner_is_not_found(jobs):
    jobs.add(make_job(owner="u-2"))

    with pytest.raises(NotFound):
        jobs.get(OWNER, JOB_ID)


def test_saving_counts_the_version(jobs):
    jobs.add(make_job())

    saved = jobs.save(replace(jobs.get(OWNER, JOB_ID), name="renamed"))

    assert saved.version == 2
    assert jobs.get(OWNER, JOB_ID) == saved


def test_of_two_savers_the_second_is_a_conflict(jobs):
    jobs.add(make_job())
    first = second = jobs.get(OWNER, JOB_ID)
    jobs.save(replace(first, name="first"))

    with pytest.raises(Conflict, match="changed meanwhile") as caught:
        jobs.save(replace(second, name="second"))

    assert caught.value.code == "row-changed"
    assert jobs.get(OWNER, JOB_ID).name == "first"


def test_saving_a_removed_row_is_a_conflict(jobs):
    jobs.add(make_job())
    row = jobs.get(OWNER, JOB_ID)
    jobs.remove(row)

    with pytest.raises(Conflict):
        jobs.save(row)


def test_removed_row_is_gone(jobs):
    jobs.add(make_job())

    jobs.remove(jobs.get(OWNER, JOB_ID))

    with pytest.raises(NotFound):
        jobs.get(OWNER, JOB_ID)


def test_removing_a_changed_row_is_a_conflict(jobs):
    jobs.add(make_job())
    before = jobs.get(OWNER, JOB_ID)
    jobs.save(before)

    with pytest.raises(Conflict):
        jobs.remove(before)

    assert jobs.get(OWNER, JOB_ID).version == 2


def list_all(rows, size, **wanted):
    seen, after = [], None
    while True:
        page = rows.list(OWNER, PageRequest(size, after, **wanted))
        assert len(page.items) <= size
        seen.append([row.row_id for row in page.items])
        after = page.next_after
        if after is None:
            return seen


def test_list_comes_newest_first_in_pages_without_an_empty_last_one(jobs):
    for number in range(4):
        jobs.add(make_job(job_id=f"job-{number}"))

    assert list_all(jobs, 2) == [["job-3", "job-2"], ["job-1", "job-0"]]


def test_list_can_come_oldest_first(jobs):
    for number in range(3):
        jobs.add(make_job(job_id=f"job-{number}"))

    assert list_all(jobs, 2, newest_first=False) == [["job-0", "job-1"], ["job-2"]]


def test_filtered_list_fills_its_pages(jobs):
    for number in range(250):
        status = JobStatus.FAILED if number % 100 == 0 else JobStatus.COMPLETED
        jobs.add(make_job(job_id=f"job-{number:03d}", status=status))

    assert list_all(jobs, 2, status="FAILED") == [["job-200", "job-100"], ["job-000"]]


def test_list_holds_only_the_owners_rows_of_that_kind(make_rows):
    jobs, models = make_rows(TRAINING_JOBS), make_rows(MODELS)
    jobs.add(make_job())
    jobs.add(make_job(owner="u-2", job_id="job-foreign"))
    models.add(make_model())

    assert list_all(jobs, 10) == [[JOB_ID]]


def test_empty_list_is_one_empty_page(jobs):
    assert list_all(jobs, 10) == [[]]


@pytest.fixture(params=["fake", "dynamodb"])
def registration(request):
    """Jobs, models and the registry over both."""
    if request.param == "fake":
        fakes = FakeRows(), FakeRows()
        return *fakes, FakeRegistry(*fakes)
    client = request.getfixturevalue("dynamodb")
    jobs = DynamoRows(lambda: client, TABLE, TRAINING_JOBS)
    models = DynamoRows(lambda: client, TABLE, MODELS)
    return jobs, models, DynamoRegistry(lambda: client, TABLE)


def test_model_and_job_are_written_together(registration):
    jobs, models, registry = registration
    jobs.add(make_job())

    registry.register(make_model(), jobs.get(OWNER, JOB_ID).complete(MODEL_ID, NOW))

    assert models.get(OWNER, MODEL_ID) == make_model()
    job = jobs.get(OWNER, JOB_ID)
    assert (job.status, job.model_id, job.version) == (JobStatus.COMPLETED, MODEL_ID, 2)


def test_job_changed_meanwhile_writes_neither(registration):
    jobs, models, registry = registration
    jobs.add(make_job())
    before = jobs.get(OWNER, JOB_ID)
    jobs.save(before.request_stop(NOW))

    with pytest.raises(Conflict, match="changed meanwhile") as caught:
        registry.register(make_model(), before.complete(MODEL_ID, NOW))

    assert caught.value.code == "row-changed"
    assert jobs.get(OWNER, JOB_ID).status is JobStatus.STOPPING
    with pytest.raises(NotFound):
        models.get(OWNER, MODEL_ID)
