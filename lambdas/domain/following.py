"""A lap of the state machine: what the training service reports goes into the row."""

from __future__ import annotations

from dataclasses import dataclass

from lambdas.domain.changing import change
from lambdas.domain.errors import CorruptArtifact, NotFound
from lambdas.domain.ports import Clock, ProgressFiles, Rows, Trainings
from lambdas.domain.training_jobs import TrainingJob
from lambdas.domain.training_reports import (
    Lap,
    MetricsRecord,
    TrackingError,
    TrainingReport,
    follow,
    follow_error,
)


@dataclass(frozen=True)
class ProgressRecorder:
    """What is needed to follow training jobs."""

    jobs: Rows[TrainingJob]
    progress: ProgressFiles
    trainings: Trainings
    clock: Clock

    def record(
        self, owner: str, job_id: str, training_job_name: str, news: TrainingReport | TrackingError
    ) -> Lap:
        """The lap, with its job saved and its training told to stop if it must."""
        records = self._metrics(job_id) if isinstance(news, TrainingReport) else ()
        laps: list[Lap] = []

        def decide(job: TrainingJob) -> TrainingJob:
            # Its training exists, even if the start was never recorded.
            lap = self._decide(job.start(training_job_name, self.clock()), news, records)
            laps.append(lap)
            return lap.job

        change(self.jobs, owner, job_id, decide)
        if laps[-1].stop_training:
            self._stop(training_job_name)
        return laps[-1]

    def _decide(
        self, job: TrainingJob, news: TrainingReport | TrackingError, records: tuple[MetricsRecord, ...]
    ) -> Lap:
        if isinstance(news, TrackingError):
            return follow_error(job, news, self.clock())
        return follow(job, news, records, self.clock())

    def _metrics(self, job_id: str) -> tuple[MetricsRecord, ...]:
        """Progress is worth showing, not worth losing a training for."""
        try:
            return self.progress.metrics(job_id)
        except CorruptArtifact:
            return ()

    def _stop(self, training_job_name: str) -> None:
        try:
            self.trainings.stop(training_job_name)
        except NotFound:
            return  # it is over already, and the next lap sees that
