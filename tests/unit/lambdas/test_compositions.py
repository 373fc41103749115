"""A composition's transitions and its lease."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lambdas.domain.compositions import CompositionStatus
from lambdas.domain.errors import Unavailable
from tests.unit.lambdas.builders import NOW, make_accompaniment, make_composition

LEASE_SECONDS = 120


def test_taking_holds_a_lease_and_counts_the_try():
    composition = make_composition().take(LEASE_SECONDS, NOW)

    assert composition.status is CompositionStatus.COMPOSING
    assert composition.lease_expires_at == int(NOW.timestamp()) + LEASE_SECONDS
    assert composition.attempts == 1


def test_live_lease_keeps_others_away():
    leased = make_composition().take(LEASE_SECONDS, NOW)

    with pytest.raises(Unavailable, match="another attempt") as caught:
        leased.take(LEASE_SECONDS, NOW + timedelta(seconds=LEASE_SECONDS - 1))

    assert caught.value.code == "lease-held"


def test_expired_lease_is_taken_over():
    leased = make_composition().take(LEASE_SECONDS, NOW)

    again = leased.take(LEASE_SECONDS, NOW + timedelta(seconds=LEASE_SECONDS))

    assert again.attempts == 2


def test_released_composition_remembers_its_tries():
    released = make_composition().take(LEASE_SECONDS, NOW).release(NOW)

    assert (released.status, released.attempts, released.lease_expires_at) == (
        CompositionStatus.QUEUED,
        1,
        None,
    )


def test_fresh_queueing_starts_counting_anew():
    queued = make_composition(attempts=3).queue(NOW)

    assert (queued.status, queued.attempts) == (CompositionStatus.QUEUED, 0)


def test_composing_inline_is_no_try_of_the_queue():
    leased = make_composition().begin_inline(LEASE_SECONDS, NOW)

    assert (leased.status, leased.attempts) == (CompositionStatus.COMPOSING, 0)


def test_completed_composition_tells_what_was_made():
    answer = make_accompaniment()

    completed = make_composition().take(LEASE_SECONDS, NOW).complete(answer, "abc", NOW)

    assert completed.status is CompositionStatus.COMPLETED
    assert (completed.steps, completed.tempo_bpm, completed.tracks) == (12, 96.0, answer.tracks)
    assert (completed.midi_sha256, completed.lease_expires_at) == ("abc", None)
