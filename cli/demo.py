"""The main job, seen from outside: a local cloud, a training on Bach, a composition with the new model.

From the moment that the user has signed in, everything goes over REST. The result is checked before it is
called one. Invariant: whatever way this ends, the local cloud's context manager ends all that was started.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from cli import local
from cli.client import ApiClient
from cli.errors import CliError, JobFailedError
from cli.follow import compose, follow_job
from cli.phases import Phases
from cli.piano_roll import draw_piano_roll, save_figure
from cli.report import Report, ResultMeasures, read_versions
from cli.result_measures import measure_score
from cli.session import PROJECT_ROOT
from cli.training_curves import draw_training_curves
from cli.verification import verify
from cli.watch import watch
from contract.composition import Composition, CompositionRequest, CompositionStatus
from contract.melody import SampleMelody
from contract.metrics import MetricsAnswer, sample_file
from contract.training import JobStatus, TrainingJob, TrainingJobRequest
from localcloud.cloud import start_local_cloud
from music.midi import read_midi
from music.score import Score

DATASET = "bach"
MELODY = "twinkle"
N_PHASES = 9


@dataclass(frozen=True)
class DemoSettings:
    """What a person may change about the demo."""

    output: Path
    epochs: int
    seed: int = 7
    creativity: float = 0.0


@dataclass(frozen=True)
class Result:
    """What came back over REST."""

    job: TrainingJob
    metrics: MetricsAnswer
    samples: dict[int, bytes]
    melody: SampleMelody
    composition: Composition
    midi: bytes


def run_demo(settings: DemoSettings, state_folder: Path, console: Console) -> None:
    """Runs all of it and writes the files. Raises `CliError` when the result is not what was promised."""
    phases = Phases(console, N_PHASES)
    local.build_corpus(phases)
    with phases.phase("start", "Starting the local cloud"):
        cloud = start_local_cloud(state_folder, on_progress=phases.note)
    with cloud:
        deployment = local.deploy(cloud, phases)
        local.publish_corpus(cloud, deployment, phases)
        with phases.phase("sign-in", "Creating a user and signing in; from here on only REST"):
            user = local.make_demo_user(cloud, deployment)
            person = local.sign_in(local.describe_ready(state_folder, user), user)
            phases.note(f"{user.email} at {deployment.api_url}")
        with ApiClient(deployment.api_url, person) as client:
            result = _train_and_compose(client, settings, phases, console)
        with phases.phase("results", "Checking the result and drawing it"):
            score, report = _assess(result, phases)
            _write_files(settings.output, result, score)
        with phases.phase("stop", "Stopping the local cloud"):
            cloud.stop()
    _write_report(settings.output, report, phases)
    _tell_what_next(settings.output, phases, console)


def _train_and_compose(client: ApiClient, settings: DemoSettings, phases: Phases, console: Console) -> Result:
    with phases.phase("train", f"Training on {DATASET} for {settings.epochs} epochs"):
        _list_datasets(client, phases)
        job = client.train(_training_request(settings.epochs))
        phases.note(f"POST /training-jobs → {job.job_id}")
        job = watch(follow_job(client, job.job_id), console)
        if job.status is not JobStatus.COMPLETED or job.model_id is None:
            raise _failed("training job", job)
        metrics = client.metrics(job.job_id)
        samples = {sample.epoch: client.fetch_sample(sample) for sample in client.samples(job.job_id)}
        phases.note(f"{len(metrics.items)} metric points, {len(samples)} samples")
    with phases.phase("compose", "Composing Twinkle, Twinkle, Little Star with the new model"):
        melody = _find_melody(client.melodies())
        request = _composition_request(job.model_id, melody, settings)
        composition = compose(client, request, lambda it: phases.note(f"{it.composition_id} is {it.status}"))
        if composition.status is not CompositionStatus.COMPLETED:
            raise _failed("composition", composition)
        midi = client.composition_midi(composition.composition_id)
        phases.note(f"POST /compositions → {composition.composition_id}, {len(midi)} bytes of MIDI")
    return Result(job, metrics, samples, melody, composition, midi)


def _list_datasets(client: ApiClient, phases: Phases) -> None:
    datasets = client.datasets()
    for dataset in datasets:
        phases.note(f"{dataset.dataset_id}: {dataset.title}, {dataset.pieces} pieces")
    if DATASET not in {dataset.dataset_id for dataset in datasets}:
        raise CliError(f"The API lists no dataset named {DATASET}.")


def _training_request(epochs: int) -> TrainingJobRequest:
    return TrainingJobRequest(name="Demo on Bach", dataset=DATASET, hyperparameters={"epochs": epochs})


def _find_melody(melodies: Sequence[SampleMelody]) -> SampleMelody:
    for melody in melodies:
        if melody.melody_id == MELODY:
            return melody
    raise CliError(f"The API lists no melody named {MELODY}.")


def _composition_request(model_id: str, melody: SampleMelody, settings: DemoSettings) -> CompositionRequest:
    return CompositionRequest(
        name=melody.title,
        model_id=model_id,
        melody=melody.melody,
        seed=settings.seed,
        creativity=settings.creativity,
    )


def _failed(what: str, ended: TrainingJob | Composition) -> CliError:
    reason = f"{ended.failure.code}: {ended.failure.message}" if ended.failure else "no reason was recorded"
    return JobFailedError(f"The {what} ended {ended.status}.", lines=[reason])


def _assess(result: Result, phases: Phases) -> tuple[Score, Report]:
    score = read_midi(result.midi)
    voices = verify(score, result.melody.melody)
    phases.note(
        f"the melody came back note for note; {', '.join(voice.name for voice in voices)} accompany it"
    )
    report = Report(
        total_seconds=0.0,
        phases=[],
        job=result.job,
        composition=result.composition,
        melody_is_untouched=True,
        accompaniment_tracks=[voice.name for voice in voices],
        measures=ResultMeasures(composition=measure_score(score), training_set=result.metrics.reference),
        versions=read_versions(PROJECT_ROOT),
    )
    return score, report


def _write_files(folder: Path, result: Result, score: Score) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "composition.mid").write_bytes(result.midi)
    save_figure(
        draw_piano_roll(score, f"{result.melody.title}, accompanied by “{result.job.name}”"),
        folder / "piano-roll.png",
    )
    save_figure(
        draw_training_curves(
            result.metrics.items, result.metrics.reference, f"{result.job.name}: what it learned"
        ),
        folder / "training-curves.png",
    )
    (folder / "samples").mkdir(exist_ok=True)
    for epoch, midi in result.samples.items():
        (folder / "samples" / sample_file(epoch)).write_bytes(midi)


def _write_report(folder: Path, report: Report, phases: Phases) -> None:
    whole = report.model_copy(update={"total_seconds": round(phases.seconds, 2), "phases": list(phases.done)})
    (folder / "report.json").write_text(
        whole.model_dump_json(by_alias=True, exclude_none=True, indent=2) + "\n"
    )


def _tell_what_next(folder: Path, phases: Phases, console: Console) -> None:
    phases.summary()
    console.print(f"\n[bold green]In {folder}:[/]")
    for name, what in (
        ("composition.mid", "the melody untouched, with three voices under it"),
        ("piano-roll.png", "the same to look at"),
        ("training-curves.png", "losses and measures per epoch"),
        ("samples/", "how the model sounded after each epoch"),
        ("report.json", "seconds per phase, job, composition, measures, versions"),
    ):
        console.print(f"  {name:<22}[dim]{what}[/]")
    console.print(
        "\nGo on: [bold]continuo up[/] starts a local cloud that stays; in another terminal\n"
        "  continuo train --dataset bach --epochs 12\n"
        "  continuo compose --model MODEL --melody mary --creativity 0.8"
    )
