"""Composing at once and from the queue."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from lambdas.domain.composing import CompositionMaker, choose_melody, choose_model, find_model, midi_of
from lambdas.domain.compositions import CompositionStatus
from lambdas.domain.errors import (
    AccessDenied,
    Conflict,
    CorruptArtifact,
    InvalidRequest,
    NotFound,
    Unavailable,
)
from lambdas.domain.library import Melody, MelodyNote
from lambdas.domain.rows import SHARED_OWNER
from lambdas.domain.training_jobs import FailureCode
from tests.unit.lambdas.builders import (
    COMPOSITION_ID,
    MODEL_ID,
    NOW,
    OWNER,
    make_accompaniment,
    make_composition,
    make_model,
    make_sample_melody,
)
from tests.unit.lambdas.fakes import FakeComposer, FakeMidiFiles, FakeRows

LEASE_SECONDS = 120
COMPOSED = make_accompaniment().midi
COLD = Unavailable("endpoint-not-ready", "cold")
REFUSED = InvalidRequest.at("/melody", "the melody is too long")


def make_maker(*rows):
    return CompositionMaker(
        FakeRows(*rows), FakeComposer(make_accompaniment()), FakeMidiFiles(), lambda: NOW, LEASE_SECONDS
    )


def stored(maker):
    return maker.compositions.get(OWNER, COMPOSITION_ID)


def test_composing_now_stores_the_midi_and_completes_the_row():
    maker = make_maker()

    composition = maker.compose_now(make_composition())

    assert composition.status is CompositionStatus.COMPLETED
    assert stored(maker) == composition
    assert maker.midi_files.files == {(OWNER, COMPOSITION_ID): COMPOSED}
    assert composition.midi_sha256 == hashlib.sha256(COMPOSED).hexdigest()


def test_row_is_leased_while_the_endpoint_is_asked():
    maker = make_maker()

    maker.compose_now(make_composition())

    asked = maker.composer.asked[0]
    assert asked.status is CompositionStatus.COMPOSING
    assert asked.lease_expires_at == int(NOW.timestamp()) + LEASE_SECONDS


@pytest.mark.parametrize("fault", [COLD, AccessDenied("access-denied", "not authorized")])
def test_endpoint_that_cannot_now_queues_the_composition(fault):
    maker = make_maker()
    maker.composer.faults["compose"].append(fault)

    composition = maker.compose_now(make_composition())

    assert (composition.status, composition.attempts) == (CompositionStatus.QUEUED, 0)
    assert stored(maker) == composition


def test_storage_that_fails_queues_the_composition():
    maker = make_maker()
    maker.midi_files.faults["put"].append(Unavailable("aws-fault", "slow down"))

    composition = maker.compose_now(make_composition())

    assert composition.status is CompositionStatus.QUEUED


def test_refused_melody_leaves_no_row():
    maker = make_maker()
    maker.composer.faults["compose"].append(REFUSED)

    with pytest.raises(InvalidRequest) as caught:
        maker.compose_now(make_composition())

    assert caught.value.faults == REFUSED.faults
    assert maker.compositions.rows == {}


def test_model_that_cannot_be_used_blames_the_model_and_leaves_no_row():
    maker = make_maker()
    maker.composer.faults["compose"].append(CorruptArtifact("corrupt-model", "no manifest"))

    with pytest.raises(InvalidRequest) as caught:
        maker.compose_now(make_composition())

    assert caught.value.faults[0].pointer == "/modelId"
    assert caught.value.faults[0].detail == "the model cannot be used: no manifest"
    assert maker.compositions.rows == {}


def test_melody_of_two_voices_is_refused_before_anything_is_written():
    maker = make_maker()
    two_voices = Melody((MelodyNote(60, 0, 8), MelodyNote(64, 4, 4)))

    with pytest.raises(InvalidRequest) as caught:
        maker.compose_now(make_composition(melody=two_voices))

    assert caught.value.faults[0].pointer == "/melody/notes/1"
    assert maker.compositions.rows == {}
    assert maker.composer.asked == []


def test_queued_composition_is_completed():
    maker = make_maker(make_composition())

    composition = maker.compose_queued(OWNER, COMPOSITION_ID)

    assert (composition.status, composition.attempts) == (CompositionStatus.COMPLETED, 1)
    assert maker.midi_files.files[OWNER, COMPOSITION_ID] == COMPOSED


def test_redelivered_record_of_a_completed_composition_does_nothing():
    maker = make_maker(make_composition())
    maker.compose_queued(OWNER, COMPOSITION_ID)

    maker.compose_queued(OWNER, COMPOSITION_ID)

    assert len(maker.composer.asked) == 1


def test_try_that_comes_to_nothing_is_raised_and_leaves_the_row_queued():
    maker = make_maker(make_composition())
    maker.composer.faults["compose"].append(COLD)

    with pytest.raises(Unavailable, match="cold"):
        maker.compose_queued(OWNER, COMPOSITION_ID)

    assert (stored(maker).status, stored(maker).attempts) == (CompositionStatus.QUEUED, 1)


def test_try_after_a_failed_one_completes():
    maker = make_maker(make_composition())
    maker.composer.faults["compose"].append(COLD)
    with pytest.raises(Unavailable):
        maker.compose_queued(OWNER, COMPOSITION_ID)

    composition = maker.compose_queued(OWNER, COMPOSITION_ID)

    assert (composition.status, composition.attempts) == (CompositionStatus.COMPLETED, 2)


@pytest.mark.parametrize(
    ("fault", "code", "message"),
    [
        (REFUSED, FailureCode.COMPOSITION_REFUSED, "the melody is too long"),
        (CorruptArtifact("corrupt-model", "no manifest"), FailureCode.CORRUPT_MODEL, "no manifest"),
        (
            AccessDenied("access-denied", "not authorized to perform sagemaker:InvokeEndpoint"),
            FailureCode.PERMISSION_DENIED,
            "not authorized to perform sagemaker:InvokeEndpoint",
        ),
    ],
)
def test_fault_that_no_retry_helps_fails_the_queued_composition(fault, code, message):
    maker = make_maker(make_composition())
    maker.composer.faults["compose"].append(fault)

    composition = maker.compose_queued(OWNER, COMPOSITION_ID)

    assert composition.status is CompositionStatus.FAILED
    assert (composition.failure.code, composition.failure.message) == (code, message)
    assert stored(maker) == composition


def test_lease_of_a_crashed_try_makes_the_retry_wait():
    crashed = make_composition().take(LEASE_SECONDS, NOW - timedelta(seconds=10))
    maker = make_maker(crashed)

    with pytest.raises(Unavailable, match="another attempt"):
        maker.compose_queued(OWNER, COMPOSITION_ID)

    assert maker.composer.asked == []


def test_expired_lease_of_a_crashed_try_is_taken_over():
    crashed = make_composition().take(LEASE_SECONDS, NOW - timedelta(seconds=LEASE_SECONDS))
    maker = make_maker(crashed)

    composition = maker.compose_queued(OWNER, COMPOSITION_ID)

    assert composition.status is CompositionStatus.COMPLETED


def test_of_two_who_take_it_at_once_one_must_wait():
    maker = make_maker(make_composition())
    other = make_composition().take(LEASE_SECONDS, NOW)
    maker.compositions.before_save.append(lambda: maker.compositions.save(other))

    with pytest.raises(Unavailable, match="taken meanwhile"):
        maker.compose_queued(OWNER, COMPOSITION_ID)

    assert maker.composer.asked == []


def test_own_model_is_found_before_a_shared_one():
    own, shared = make_model(name="own"), make_model(owner=SHARED_OWNER, name="shared")

    assert find_model(FakeRows(own, shared), OWNER, MODEL_ID).name == "own"
    assert find_model(FakeRows(shared), OWNER, MODEL_ID).name == "shared"


def test_model_of_someone_else_does_not_exist():
    models = FakeRows(make_model(owner="u-2"))

    with pytest.raises(NotFound):
        find_model(models, OWNER, MODEL_ID)


def test_request_that_names_an_unknown_model_is_invalid():
    with pytest.raises(InvalidRequest) as caught:
        choose_model(FakeRows(), OWNER, "model-x")

    assert caught.value.faults[0].pointer == "/modelId"


def test_sample_melody_is_chosen_by_id():
    assert choose_melody(FakeRows(make_sample_melody()), "twinkle").title == "Twinkle, twinkle"


def test_request_that_names_an_unknown_melody_is_invalid():
    with pytest.raises(InvalidRequest) as caught:
        choose_melody(FakeRows(), "no-such-tune")

    assert caught.value.faults[0].pointer == "/melodyId"


def test_midi_of_a_finished_composition():
    maker = make_maker()
    composition = maker.compose_now(make_composition())

    assert midi_of(composition, maker.midi_files) == COMPOSED


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (CompositionStatus.QUEUED, "composition-not-finished"),
        (CompositionStatus.COMPOSING, "composition-not-finished"),
        (CompositionStatus.FAILED, "composition-failed"),
    ],
)
def test_unfinished_composition_has_no_midi(status, code):
    with pytest.raises(Conflict, match=f"it is {status}") as caught:
        midi_of(make_composition(status=status), FakeMidiFiles())

    assert caught.value.code == code
