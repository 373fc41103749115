"""Things of the domain as the REST API shows them, with their links."""

from __future__ import annotations

from datetime import datetime

from contract import composition as wire_composition
from contract import dataset as wire_dataset
from contract import melody as wire_melody
from contract import metrics as wire_metrics
from contract import model as wire_model
from contract import training as wire
from contract.base import to_timestamp
from contract.hyperparameters import Technique
from lambdas.adapters.melodies import encode_melody, encode_values
from lambdas.domain.browsing import MetricCurve
from lambdas.domain.compositions import Composition, CompositionStatus
from lambdas.domain.library import Dataset, SampleMelody, TrainedModel
from lambdas.domain.rows import SHARED_OWNER
from lambdas.domain.training_jobs import Failure, TrainingJob


def training_job_path(job_id: str) -> str:
    return f"/training-jobs/{job_id}"


def composition_path(composition_id: str) -> str:
    return f"/compositions/{composition_id}"


def model_path(model_id: str) -> str:
    return f"/models/{model_id}"


def to_training_job(job: TrainingJob) -> wire.TrainingJob:
    progress = job.progress
    return wire.TrainingJob(
        job_id=job.job_id,
        name=job.name,
        technique=Technique(job.technique),
        dataset=job.dataset,
        filter_tags=dict(job.filter_tags),
        hyperparameters=dict(job.hyperparameters),
        status=wire.JobStatus(job.status.value),
        secondary_status=job.secondary_status,
        transitions=[
            wire.Transition(status=t.status, message=t.message, started_at=to_timestamp(t.started_at))
            for t in job.transitions
        ],
        progress=None
        if progress is None
        else wire.Progress(epoch=progress.epoch, epochs=progress.epochs, seconds_left=progress.seconds_left),
        latest_metrics=dict(job.latest_metrics),
        failure=_failure(job.failure),
        model_id=job.model_id,
        created_at=to_timestamp(job.created_at),
        updated_at=to_timestamp(job.updated_at),
        started_at=_optional(job.started_at),
        ended_at=_optional(job.ended_at),
        links=_job_links(job),
    )


def _job_links(job: TrainingJob) -> dict[str, str]:
    path = training_job_path(job.job_id)
    links = {"self": path, "metrics": f"{path}/metrics", "samples": f"{path}/samples"}
    if not job.has_ended:
        links["stop"] = f"{path}/stop"
    if job.model_id is not None:
        links["model"] = model_path(job.model_id)
    return links


def to_metrics(curve: MetricCurve) -> wire_metrics.MetricsAnswer:
    return wire_metrics.MetricsAnswer(
        items=[
            wire_metrics.MetricPoint(
                seq=point.seq,
                epoch=point.epoch,
                name=point.value.name,
                value=point.value.value,
                track=point.value.track,
            )
            for point in curve.points
        ],
        reference=encode_values(curve.reference),
        next_after=curve.next_after,
    )


def to_composition(composition: Composition) -> wire_composition.Composition:
    path = composition_path(composition.composition_id)
    links = {"self": path, "model": model_path(composition.model_id)}
    if composition.status is CompositionStatus.COMPLETED:
        links["midi"] = f"{path}/midi"
    return wire_composition.Composition(
        composition_id=composition.composition_id,
        name=composition.name,
        model_id=composition.model_id,
        status=wire_composition.CompositionStatus(composition.status.value),
        seed=composition.seed,
        creativity=composition.creativity,
        tempo_bpm=composition.tempo_bpm,
        steps=composition.steps,
        tracks=[
            wire_composition.TrackSummary(
                name=track.name, program=track.program, notes=track.notes, is_melody=track.is_melody
            )
            for track in composition.tracks
        ],
        failure=_failure(composition.failure),
        created_at=to_timestamp(composition.created_at),
        updated_at=to_timestamp(composition.updated_at),
        links=links,
    )


def to_model(model: TrainedModel) -> wire_model.Model:
    links = {"self": model_path(model.model_id)}
    if model.training_job_id is not None and not model.is_shared:
        links["trainingJob"] = training_job_path(model.training_job_id)
    return wire_model.Model(
        model_id=model.model_id,
        name=model.name,
        technique=Technique(model.technique),
        shared=model.is_shared,
        training_job_id=model.training_job_id,
        dataset=model.dataset,
        trained_epochs=model.trained_epochs,
        instruments=list(model.instruments),
        hyperparameters=dict(model.hyperparameters),
        evaluation=encode_values(model.evaluation),
        reference=encode_values(model.reference),
        created_at=to_timestamp(model.created_at),
        links=links,
    )


def to_dataset(dataset: Dataset) -> wire_dataset.Dataset:
    return wire_dataset.Dataset(
        dataset_id=dataset.dataset_id,
        title=dataset.title,
        description=dataset.description,
        licence=dataset.licence,
        source=dataset.source,
        pieces=dataset.pieces,
        tracks=list(dataset.tracks),
        tags={name: dict(counts) for name, counts in dataset.tags.items()},
        shared=dataset.owner == SHARED_OWNER,
    )


def to_sample_melody(sample: SampleMelody) -> wire_melody.SampleMelody:
    return wire_melody.SampleMelody(
        melody_id=sample.melody_id,
        title=sample.title,
        source=sample.source,
        key=sample.key,
        melody=encode_melody(sample.melody),
    )


def _failure(failure: Failure | None) -> wire.JobFailure | None:
    return None if failure is None else wire.JobFailure(code=failure.code.value, message=failure.message)


def _optional(moment: datetime | None) -> str | None:
    return None if moment is None else to_timestamp(moment)
