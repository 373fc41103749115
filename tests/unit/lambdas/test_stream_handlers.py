"""`start_training` and `compose` through real stream events."""

from __future__ import annotations

import copy
import io

import pytest
from aws_lambda_powertools import Logger

from lambdas.bootstrap import ComposeServices, StartTrainingServices
from lambdas.domain.composing import CompositionMaker
from lambdas.domain.compositions import CompositionStatus
from lambdas.domain.errors import Unavailable
from lambdas.domain.starting import TrainingStarter
from lambdas.domain.training_jobs import JobStatus
from lambdas.handlers import compose, start_training
from tests.unit.lambdas.builders import (
    COMPOSITION_ID,
    JOB_ID,
    NOW,
    OWNER,
    make_accompaniment,
    make_composition,
    make_job,
    make_pieces,
)
from tests.unit.lambdas.fakes import (
    FakeCatalogs,
    FakeComposer,
    FakeExecutions,
    FakeMidiFiles,
    FakeRows,
    FakeTrainingInputs,
)

NOTHING_FAILED: dict[str, list[object]] = {"batchItemFailures": []}


def failed(*sequence_numbers):
    return {"batchItemFailures": [{"itemIdentifier": number} for number in sequence_numbers]}


@pytest.fixture
def log():
    return Logger(service="test", stream=io.StringIO())


def make_starter(*jobs):
    return TrainingStarter(
        FakeRows(*jobs), FakeCatalogs(bach=make_pieces()), FakeTrainingInputs(), FakeExecutions(), lambda: NOW
    )


def make_maker(*rows):
    return CompositionMaker(
        FakeRows(*rows), FakeComposer(make_accompaniment()), FakeMidiFiles(), lambda: NOW, 120
    )


def test_queued_job_of_a_record_starts(load_event, lambda_context, log):
    starter = make_starter(make_job())
    handle = start_training.make_handler(lambda: StartTrainingServices(starter, log))

    answer = handle(load_event("stream_queued_job"), lambda_context)

    assert answer == NOTHING_FAILED
    assert starter.jobs.get(OWNER, JOB_ID).status is JobStatus.RUNNING


def test_passing_fault_reports_the_record_for_another_try(load_event, lambda_context, log):
    starter = make_starter(make_job())
    starter.executions.faults["start"].append(Unavailable("aws-fault", "throttled"))
    handle = start_training.make_handler(lambda: StartTrainingServices(starter, log))
    event = load_event("stream_queued_job")

    first, second = handle(event, lambda_context), handle(event, lambda_context)

    assert first == failed("100000000003456789012345")
    assert second == NOTHING_FAILED
    assert starter.jobs.get(OWNER, JOB_ID).status is JobStatus.RUNNING


def test_poison_record_fails_alone(load_event, lambda_context, log):
    starter = make_starter(make_job())
    handle = start_training.make_handler(lambda: StartTrainingServices(starter, log))
    event = load_event("stream_queued_job")
    poison = copy.deepcopy(event["Records"][0])
    poison["dynamodb"]["SequenceNumber"] = "1"
    poison["dynamodb"]["NewImage"]["sk"] = {"S": "melody#twinkle"}
    event["Records"].insert(0, poison)

    answer = handle(event, lambda_context)

    assert answer == failed("1")
    assert starter.jobs.get(OWNER, JOB_ID).status is JobStatus.RUNNING


def test_record_of_a_removed_row_is_done(load_event, lambda_context, log):
    handle = start_training.make_handler(lambda: StartTrainingServices(make_starter(), log))

    assert handle(load_event("stream_queued_job"), lambda_context) == NOTHING_FAILED


def test_queued_composition_of_a_record_is_made(load_event, lambda_context, log):
    maker = make_maker(make_composition())
    handle = compose.make_handler(lambda: ComposeServices(maker, log))

    answer = handle(load_event("stream_queued_composition"), lambda_context)

    assert answer == NOTHING_FAILED
    assert maker.compositions.get(OWNER, COMPOSITION_ID).status is CompositionStatus.COMPLETED


def test_composition_is_tried_again_with_the_same_record_until_it_is_made(load_event, lambda_context, log):
    maker = make_maker(make_composition())
    maker.composer.faults["compose"] += [Unavailable("endpoint-not-ready", "cold")] * 3
    handle = compose.make_handler(lambda: ComposeServices(maker, log))

    answers = [handle(load_event("stream_queued_composition"), lambda_context) for _ in range(4)]

    assert answers == [failed("200000000003456789012345")] * 3 + [NOTHING_FAILED]
    composition = maker.compositions.get(OWNER, COMPOSITION_ID)
    assert (composition.status, composition.attempts) == (CompositionStatus.COMPLETED, 4)


def test_record_that_a_failed_try_made_is_passed_over(load_event, lambda_context, log):
    maker = make_maker(make_composition(attempts=1))
    handle = compose.make_handler(lambda: ComposeServices(maker, log))
    event = load_event("stream_queued_composition")
    event["Records"][0]["dynamodb"]["NewImage"]["attempts"] = {"N": "1"}

    answer = handle(event, lambda_context)

    assert answer == NOTHING_FAILED
    assert maker.composer.asked == []
