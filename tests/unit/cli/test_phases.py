"""Phases: timed by an injected clock, so that no test waits."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from cli.phases import Phases, PhaseTime


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def text():
    return io.StringIO()


@pytest.fixture
def phases(clock, text):
    return Phases(Console(file=text, width=100), 2, now=clock)


def test_phases_are_remembered_with_their_seconds(phases, clock):
    with phases.phase("one", "First"):
        clock.now += 1.5
    clock.now += 10
    with phases.phase("two", "Second"):
        clock.now += 2

    assert phases.done == [PhaseTime(name="one", seconds=1.5), PhaseTime(name="two", seconds=2.0)]
    assert phases.seconds == 13.5


def test_lines_carry_the_time_since_the_start(phases, clock, text):
    with phases.phase("one", "First [bracketed]"):
        clock.now += 65
        phases.note("half way\nand on")

    assert text.getvalue().splitlines() == [
        " 0:00  [1/2] First [bracketed]",
        " 1:05        half way",
        " 1:05        and on",
        " 1:05        done in 65.0 s",
    ]


def test_phase_that_is_cut_short_is_not_remembered(phases):
    with pytest.raises(KeyboardInterrupt), phases.phase("one", "First"):
        raise KeyboardInterrupt

    assert phases.done == []


def test_summary_adds_up(phases, clock, text):
    with phases.phase("one", "First"):
        clock.now += 3

    phases.summary()

    assert text.getvalue().splitlines()[-2:] == ["one           3.0", "together      3.0"]
