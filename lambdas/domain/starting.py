"""Starting an accepted training job: its pieces are chosen, its execution is started, its row says so.

Every step may be repeated: a redelivered record finds the row further on, or repeats what changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from lambdas.domain.changing import change
from lambdas.domain.errors import AccessDenied, CorruptArtifact, NotFound
from lambdas.domain.library import Piece, select_pieces
from lambdas.domain.ports import Catalogs, Clock, Executions, Rows, TrainingInputs
from lambdas.domain.training_jobs import Failure, FailureCode, TrainingJob


@dataclass(frozen=True)
class TrainingStarter:
    """What is needed to start training jobs."""

    jobs: Rows[TrainingJob]
    catalogs: Catalogs
    inputs: TrainingInputs
    executions: Executions
    clock: Clock

    def start(self, owner: str, job_id: str) -> TrainingJob:
        """The job, started or ended. Raises `Unavailable` when a later try may go through."""
        job = self.jobs.get(owner, job_id)
        if job.has_ended or job.training_job_name is not None:
            return job
        if job.stop_requested:
            return change(self.jobs, owner, job_id, self._stopped_before_start)
        failure = self._launch(job)
        if failure is not None:
            return change(self.jobs, owner, job_id, lambda row: row.fail(failure, self.clock()))
        name = self.executions.training_job_name(job)
        return change(self.jobs, owner, job_id, lambda row: row.start(name, self.clock()))

    def _launch(self, job: TrainingJob) -> Failure | None:
        """Starts the execution, or says why that will never work."""
        try:
            pieces = select_pieces(self.catalogs.read(job.dataset), job.filter_tags)
            if not pieces:
                return _nothing_matches(job)
            self._hand_over(job, pieces)
        except AccessDenied as error:
            return Failure(FailureCode.PERMISSION_DENIED, error.message)
        except (NotFound, CorruptArtifact) as error:
            return Failure(FailureCode.CORRUPT_DATASET, error.message)
        return None

    def _hand_over(self, job: TrainingJob, pieces: tuple[Piece, ...]) -> None:
        self.inputs.write(job, pieces)
        self.executions.start(job)

    def _stopped_before_start(self, job: TrainingJob) -> TrainingJob:
        return job if job.training_job_name is not None else job.stop(self.clock())


def _nothing_matches(job: TrainingJob) -> Failure:
    wanted = " and ".join(f"{name} {value!r}" for name, value in sorted(job.filter_tags.items()))
    wanted = f"that has {wanted}" if wanted else "at all"
    return Failure(FailureCode.NO_MATCHING_PIECES, f"The dataset {job.dataset!r} has no piece {wanted}.")
