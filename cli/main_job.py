"""The main job as a client sees it, over REST alone: train, watch, compose with the new model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console

from cli.client import ApiClient
from cli.errors import CliError, JobFailedError
from cli.follow import compose, follow_job
from cli.phases import Phases
from cli.watch import watch
from contract.composition import Composition, CompositionRequest, CompositionStatus
from contract.melody import SampleMelody
from contract.metrics import MetricsAnswer
from contract.training import JobStatus, TrainingJob, TrainingJobRequest


@dataclass(frozen=True)
class MainJobSettings:
    """What is trained and composed. Hyperparameters left out take their defaults."""

    hyperparameters: dict[str, int | float]
    dataset: str = "bach"
    melody_id: str = "twinkle"
    seed: int = 7
    creativity: float = 0.0


@dataclass(frozen=True)
class Result:
    """What came back; `samples` are MIDI files by epoch."""

    job: TrainingJob
    metrics: MetricsAnswer
    samples: dict[int, bytes]
    melody: SampleMelody
    composition: Composition
    midi: bytes


def train_and_compose(
    client: ApiClient, settings: MainJobSettings, phases: Phases, console: Console
) -> Result:
    """Two phases, `train` and `compose`. Raises `CliError` when either does not complete."""
    with phases.phase("train", f"Training on {settings.dataset}"):
        job, model_id = _train(client, settings, phases.note, console)
        metrics = client.metrics(job.job_id)
        samples = {sample.epoch: client.fetch_sample(sample) for sample in client.samples(job.job_id)}
        phases.note(f"{len(metrics.items)} metric points, {len(samples)} samples")
    with phases.phase("compose", f"Composing {settings.melody_id} with the new model"):
        melody = _find_melody(client, settings.melody_id)
        composition = _compose(client, model_id, melody, settings, phases.note)
        midi = client.composition_midi(composition.composition_id)
        phases.note(f"{composition.composition_id}: {len(midi)} bytes of MIDI")
    return Result(job, metrics, samples, melody, composition, midi)


def _train(
    client: ApiClient, settings: MainJobSettings, note: Callable[[str], None], console: Console
) -> tuple[TrainingJob, str]:
    """The completed job, and its model's id."""
    _check_dataset(client, settings.dataset, note)
    request = TrainingJobRequest(
        name=f"Demo on {settings.dataset.capitalize()}",
        dataset=settings.dataset,
        hyperparameters=settings.hyperparameters,
    )
    job = client.train(request)
    note(f"POST /training-jobs gave {job.job_id}")
    job = watch(follow_job(client, job.job_id), console, note)
    if job.status is not JobStatus.COMPLETED or job.model_id is None:
        raise _failed("training job", job)
    return job, job.model_id


def _compose(
    client: ApiClient,
    model_id: str,
    melody: SampleMelody,
    settings: MainJobSettings,
    note: Callable[[str], None],
) -> Composition:
    request = CompositionRequest(
        name=melody.title,
        model_id=model_id,
        melody=melody.melody,
        seed=settings.seed,
        creativity=settings.creativity,
    )
    composition = compose(client, request, lambda it: note(f"{it.composition_id} is {it.status}"))
    if composition.status is not CompositionStatus.COMPLETED:
        raise _failed("composition", composition)
    return composition


def _check_dataset(client: ApiClient, dataset_id: str, note: Callable[[str], None]) -> None:
    datasets = client.datasets()
    for dataset in datasets:
        note(f"{dataset.dataset_id}: {dataset.title}, {dataset.pieces} pieces")
    if dataset_id not in {dataset.dataset_id for dataset in datasets}:
        raise CliError(f"The API lists no dataset named {dataset_id}.")


def _find_melody(client: ApiClient, melody_id: str) -> SampleMelody:
    for melody in client.melodies():
        if melody.melody_id == melody_id:
            return melody
    raise CliError(f"The API lists no melody named {melody_id}.")


def _failed(what: str, ended: TrainingJob | Composition) -> CliError:
    reason = f"{ended.failure.code}: {ended.failure.message}" if ended.failure else "no reason was recorded"
    return JobFailedError(f"The {what} ended {ended.status}.", lines=[reason])
