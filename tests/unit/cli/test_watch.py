"""The live display of a job, rendered to text."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from cli.watch import JobDisplay, watch
from contract.hyperparameters import Technique
from contract.training import JobFailure, JobStatus, Progress, TrainingJob, Transition

WHEN = "2026-11-23T09:30:00.000Z"


def make_job(status=JobStatus.RUNNING, **fields):
    return TrainingJob(
        job_id="job-1",
        name="First [red]chorales[/]",
        technique=Technique.UNET_GAN,
        dataset="bach",
        filter_tags={},
        hyperparameters={"epochs": 6},
        status=status,
        created_at=WHEN,
        updated_at=WHEN,
        **fields,
    )


def render(display):
    output = io.StringIO()
    Console(file=output, width=100, force_terminal=False).print(display)
    return output.getvalue()


def test_display_shows_status_transitions_epoch_losses_and_time_left():
    now = [0.0]
    display = JobDisplay(now=lambda: now[0])
    display.show(
        make_job(
            secondary_status="Training",
            transitions=[
                Transition(status=status, started_at=WHEN)
                for status in ("Starting", "Downloading", "Training")
            ],
            progress=Progress(epoch=2, epochs=6, seconds_left=70),
            latest_metrics={"semitone_clash": 0.125, "notes_per_bar/Alto": 4.0, "generator_loss": 1.5},
        )
    )

    now[0] = 5.0  # time passes without an answer: the display counts down

    text = render(display)
    assert "RUNNING  First [red]chorales[/]  job-1" in text
    assert "Starting → Downloading → Training" in text
    assert "epoch 2 of 6" in text
    assert "about 1:05 left" in text
    assert "0:05 so far" in text
    assert "Alto" not in text  # the curves show the voices
    assert text.index("generator loss 1.5") < text.index("semitone clash 0.125")


def test_display_of_a_job_that_nobody_has_taken_up():
    display = JobDisplay()
    display.show(make_job(JobStatus.QUEUED))

    assert "waiting for the state machine" in render(display)


def test_display_of_a_failed_job_tells_why_and_counts_no_more():
    display = JobDisplay()
    display.show(
        make_job(
            JobStatus.FAILED,
            progress=Progress(epoch=1, epochs=6, seconds_left=70),
            failure=JobFailure(code="training-failed", message="Out of [memory]."),
        )
    )

    text = render(display)
    assert "training-failed: Out of [memory]." in text
    assert "left" not in text


def test_unknown_secondary_status_is_shown_as_it_is():
    display = JobDisplay()
    display.show(make_job(secondary_status="Recalibrating"))

    assert "Recalibrating" in render(display)


@pytest.mark.parametrize("is_terminal", [True, False])
def test_watch_gives_the_last_state(is_terminal):
    output = io.StringIO()
    console = Console(file=output, width=100, force_terminal=is_terminal)
    jobs = [make_job(JobStatus.QUEUED), make_job(), make_job(JobStatus.COMPLETED)]

    last = watch(iter(jobs), console)

    assert last is jobs[-1]
    assert "COMPLETED" in output.getvalue()
