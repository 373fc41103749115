"""A training job on the terminal: a live display for people, plain lines when the output is piped.

Both show the same: status, what SageMaker is doing, epoch, losses and measures, time left.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import partial

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from cli.output import duration
from contract.metrics import CRITIC_LOSS, GENERATOR_LOSS, SCALE_CONSISTENCY, SEMITONE_CLASH
from contract.training import ENDED, JobStatus, TrainingJob

STYLES = {
    JobStatus.QUEUED: "yellow",
    JobStatus.RUNNING: "cyan",
    JobStatus.STOPPING: "yellow",
    JobStatus.COMPLETED: "green",
    JobStatus.STOPPED: "yellow",
    JobStatus.FAILED: "bold red",
}
HEADLINES = (GENERATOR_LOSS, CRITIC_LOSS, SEMITONE_CLASH, SCALE_CONSISTENCY)


def watch(
    jobs: Iterable[TrainingJob], console: Console, print_line: Callable[[str], None] | None = None
) -> TrainingJob:
    """Shows each state of the job as it comes, and gives the last one.

    `print_line` takes the plain lines; without it they go to the console.
    """
    if console.is_terminal:
        return _watch_live(jobs, console)
    return _watch_plainly(jobs, print_line or partial(console.print, markup=False))


def _watch_live(jobs: Iterable[TrainingJob], console: Console) -> TrainingJob:
    display = JobDisplay()
    with Live(display, console=console, refresh_per_second=4):
        for job in jobs:
            display.show(job)
    return display.last()


def _watch_plainly(jobs: Iterable[TrainingJob], print_line: Callable[[str], None]) -> TrainingJob:
    shown, last = "", None
    for job in jobs:
        last, news = job, news_line(job)
        if news != shown:
            print_line(f"{news}{_time_left(job)}")
            shown = news
    assert last is not None  # following a job gives at least its last state
    return last


class JobDisplay:
    """The live display: it counts down by itself between two answers."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._started = now()
        self._job: TrainingJob | None = None
        self._read_at = self._started
        self._spinner = Spinner("dots")

    def show(self, job: TrainingJob) -> None:
        self._job, self._read_at = job, self._now()

    def last(self) -> TrainingJob:
        assert self._job is not None
        return self._job

    def __rich__(self) -> RenderableType:
        if self._job is None:
            return Text("…")
        rows = [self._status(self._job), _transitions(self._job)]
        if self._job.progress is not None:
            rows.append(self._bar(self._job))
        if self._job.latest_metrics:
            rows.append(_metrics(self._job.latest_metrics))
        if self._job.failure is not None:
            rows.append(Text(f"{self._job.failure.code}: {self._job.failure.message}", style="red"))
        return Group(*rows)

    def _status(self, job: TrainingJob) -> RenderableType:
        grid = Table.grid(padding=(0, 1))
        mark: RenderableType = Text("●", style=STYLES[job.status])
        words = Text.assemble((job.status.value, STYLES[job.status]), "  ", (job.name, "bold"), "  ")
        words.append(job.job_id, style="dim")
        grid.add_row(mark if job.status in ENDED else self._spinner, words)
        return grid

    def _bar(self, job: TrainingJob) -> RenderableType:
        progress = job.progress
        assert progress is not None
        left = ""
        if progress.seconds_left is not None and job.status not in ENDED:
            left = f"about {duration(progress.seconds_left - (self._now() - self._read_at))} left"
        grid = Table.grid(padding=(0, 1))
        grid.add_row(
            Text(f"  epoch {progress.epoch} of {progress.epochs}"),
            ProgressBar(total=progress.epochs, completed=progress.epoch, width=32),
            Text(f"{duration(self._now() - self._started)} so far", style="dim"),
            Text(left),
        )
        return grid


def news_line(job: TrainingJob) -> str:
    """The job in one line, without what changes with time alone."""
    words = [job.status.value]
    if job.secondary_status:
        words.append(job.secondary_status)
    if job.progress is not None:
        words.append(f"epoch {job.progress.epoch}/{job.progress.epochs}")
    words += [f"{name}={value:.4g}" for name, value in headline_metrics(job.latest_metrics)]
    if job.failure is not None:
        words.append(f"{job.failure.code}: {job.failure.message}")
    return "  ".join(words)


def _time_left(job: TrainingJob) -> str:
    if job.status in ENDED or job.progress is None or job.progress.seconds_left is None:
        return ""
    return f"  about {duration(job.progress.seconds_left)} left"


def _transitions(job: TrainingJob) -> RenderableType:
    """What SageMaker did so far, the present state last."""
    done = [transition.status for transition in job.transitions]
    if job.secondary_status and (not done or done[-1] != job.secondary_status):
        done.append(job.secondary_status)
    if not done:
        return Text("  waiting for the state machine", style="dim")
    return Text.assemble("  ", (" → ".join(done[:-1]) + (" → " if done[1:] else ""), "dim"), done[-1])


def _metrics(values: dict[str, float]) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    cells = [
        f"[dim]{escape(name.replace('_', ' '))}[/] {value:.4g}" for name, value in headline_metrics(values)
    ]
    for start in range(0, len(cells), 2):
        grid.add_row(" ", *cells[start : start + 2])
    return grid


def headline_metrics(values: dict[str, float]) -> list[tuple[str, float]]:
    """Losses and measures of the whole that are in `HEADLINES`, in its order; the curves show the rest."""
    return [(name, values[name]) for name in HEADLINES if name in values]
