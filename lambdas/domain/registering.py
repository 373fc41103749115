"""The end of a training that left, or should have left, a model.

A completed training without a whole model has failed. One that was stopped, or ran into its time limit,
keeps the model it had. The model's id follows from the job's, so that a repeat writes the same row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lambdas.domain.changing import MAX_TRIES, ROW_CHANGED
from lambdas.domain.errors import Conflict, CorruptArtifact, Unavailable
from lambdas.domain.library import ModelCard, TrainedModel
from lambdas.domain.ports import Clock, ModelArchives, Registry, Rows
from lambdas.domain.training_jobs import Failure, FailureCode, TrainingJob
from lambdas.domain.training_reports import COMPLETED, RUNTIME_EXCEEDED, runtime_exceeded


def model_id_of(job_id: str) -> str:
    """The id of the model that a job makes."""
    return "model-" + job_id.removeprefix("job-")


@dataclass(frozen=True)
class ModelRegistrar:
    """What is needed to register models."""

    jobs: Rows[TrainingJob]
    registry: Registry
    archives: ModelArchives
    clock: Clock

    def register(self, owner: str, job_id: str, training_job_name: str) -> TrainingJob:
        """The job at its end, its model written with it."""
        job = self.jobs.get(owner, job_id)
        if job.has_ended:
            return job
        try:
            card = self.archives.read_card(job_id, training_job_name)
        except CorruptArtifact as error:
            return self._end(job, None, Failure(FailureCode.CORRUPT_MODEL, error.message))
        return self._end(job, card, _missing_model(job, card))

    def _end(self, job: TrainingJob, card: ModelCard | None, failure: Failure | None) -> TrainingJob:
        for _ in range(MAX_TRIES):
            try:
                return self._write(job, card, failure)
            except Conflict as error:
                if error.code != ROW_CHANGED:
                    raise
                job = self.jobs.get(job.owner, job.job_id)
                if job.has_ended:
                    return job
        raise Unavailable("row-contended", f"{job.job_id} is being changed by others, again and again")

    def _write(self, job: TrainingJob, card: ModelCard | None, failure: Failure | None) -> TrainingJob:
        now = self.clock()
        if failure is not None:
            return self.jobs.save(job.fail(failure, now))
        if card is None:
            return self.jobs.save(_end_without_model(job, now))
        model = _make_model(job, card, now)
        ended = _end_with_model(job, model.model_id, now)
        self.registry.register(model, ended)
        return ended


def _missing_model(job: TrainingJob, card: ModelCard | None) -> Failure | None:
    if card is None and job.secondary_status == COMPLETED:
        return Failure(FailureCode.CORRUPT_MODEL, "The training completed but left no model.")
    return None


def _end_without_model(job: TrainingJob, now: datetime) -> TrainingJob:
    if job.secondary_status in RUNTIME_EXCEEDED:
        return job.fail(runtime_exceeded(), now)
    return job.stop(now)


def _end_with_model(job: TrainingJob, model_id: str, now: datetime) -> TrainingJob:
    if job.secondary_status in RUNTIME_EXCEEDED:
        return job.fail(runtime_exceeded(), now, model_id)
    if job.secondary_status == COMPLETED:
        return job.complete(model_id, now)
    return job.stop(now, model_id)


def _make_model(job: TrainingJob, card: ModelCard, now: datetime) -> TrainedModel:
    return TrainedModel(
        owner=job.owner,
        created_at=now,
        updated_at=now,
        model_id=model_id_of(job.job_id),
        name=job.name,
        technique=card.technique,
        training_job_id=job.job_id,
        dataset=job.dataset,
        model_uri=card.model_uri,
        trained_epochs=card.trained_epochs,
        instruments=card.instruments,
        hyperparameters=card.hyperparameters,
        evaluation=card.evaluation,
        reference=card.reference,
    )
