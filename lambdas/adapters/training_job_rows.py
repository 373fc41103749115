"""Training jobs between the domain and the table."""

from __future__ import annotations

from collections.abc import Mapping

from contract import training as wire
from contract.base import to_timestamp
from contract.hyperparameters import Technique
from contract.table import Kind, TrainingJobItem
from lambdas.adapters.row_codecs import (
    RowCodec,
    decode_failure,
    encode_failure,
    from_timestamp,
    optional_moment,
    optional_timestamp,
)
from lambdas.domain.training_jobs import JobStatus, Progress, TrainingJob, Transition


def _encode_job(job: TrainingJob) -> TrainingJobItem:
    return TrainingJobItem(
        owner=job.owner,
        version=job.version,
        created_at=to_timestamp(job.created_at),
        updated_at=to_timestamp(job.updated_at),
        job_id=job.job_id,
        name=job.name,
        technique=Technique(job.technique),
        dataset=job.dataset,
        filter_tags=dict(job.filter_tags),
        hyperparameters=dict(job.hyperparameters),
        status=wire.JobStatus(job.status.value),
        stop_requested=job.stop_requested,
        training_job_name=job.training_job_name,
        secondary_status=job.secondary_status,
        transitions=[
            wire.Transition(status=t.status, message=t.message, started_at=to_timestamp(t.started_at))
            for t in job.transitions
        ],
        progress=_encode_progress(job.progress),
        latest_metrics=dict(job.latest_metrics),
        failure=encode_failure(job.failure),
        model_id=job.model_id,
        started_at=optional_timestamp(job.started_at),
        ended_at=optional_timestamp(job.ended_at),
    )


def _decode_job(attributes: Mapping[str, object]) -> TrainingJob:
    item = TrainingJobItem.from_item(attributes)
    return TrainingJob(
        owner=item.owner,
        version=item.version,
        created_at=from_timestamp(item.created_at),
        updated_at=from_timestamp(item.updated_at),
        job_id=item.job_id,
        name=item.name,
        technique=item.technique.value,
        dataset=item.dataset,
        filter_tags=item.filter_tags,
        hyperparameters=item.hyperparameters,
        status=JobStatus(item.status.value),
        stop_requested=item.stop_requested,
        training_job_name=item.training_job_name,
        secondary_status=item.secondary_status,
        transitions=tuple(
            Transition(t.status, t.message, from_timestamp(t.started_at)) for t in item.transitions
        ),
        progress=_decode_progress(item.progress),
        latest_metrics=item.latest_metrics,
        failure=decode_failure(item.failure),
        model_id=item.model_id,
        started_at=optional_moment(item.started_at),
        ended_at=optional_moment(item.ended_at),
    )


def _encode_progress(progress: Progress | None) -> wire.Progress | None:
    if progress is None:
        return None
    return wire.Progress(epoch=progress.epoch, epochs=progress.epochs, seconds_left=progress.seconds_left)


def _decode_progress(progress: wire.Progress | None) -> Progress | None:
    if progress is None:
        return None
    return Progress(progress.epoch, progress.epochs, progress.seconds_left)


TRAINING_JOBS = RowCodec(Kind.TRAINING_JOB, _encode_job, _decode_job)
