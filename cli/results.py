"""The demo's results: checked against what was promised, measured, and written to a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cli.errors import CliError
from cli.main_job import Result
from cli.phases import Phases
from cli.piano_roll import draw_piano_roll, save_figure
from cli.report import Report, ResultMeasures, read_versions
from cli.result_measures import measure_score
from cli.session import PROJECT_ROOT
from cli.training_curves import draw_training_curves
from cli.verification import verify
from contract.metrics import sample_file
from music.midi import read_midi
from music.score import InvalidMusic, Score


@dataclass(frozen=True)
class Assessment:
    """A result that holds what was promised."""

    score: Score
    melody_track: str
    accompaniment: list[str]

    @property
    def sentence(self) -> str:
        return f"The melody came back note for note, with {', '.join(self.accompaniment)}"


def assess(result: Result) -> Assessment:
    """Raises `CliError` when the file is no MIDI, the melody was touched, or a voice is missing."""
    try:
        score = read_midi(result.midi)
    except InvalidMusic as error:
        raise CliError("The composition cannot be read.", lines=[str(error)]) from error
    voices = verify(score, result.melody.melody)
    return Assessment(score, score.tracks[0].name, [voice.name for voice in voices])


def write_files(folder: Path, result: Result, assessment: Assessment) -> None:
    """The MIDI, the pictures, and how the model sounded after each epoch."""
    samples = folder / "samples"
    samples.mkdir(parents=True, exist_ok=True)
    (folder / "composition.mid").write_bytes(result.midi)
    roll = draw_piano_roll(assessment.score, f"{result.melody.title}, accompanied by “{result.job.name}”")
    save_figure(roll, folder / "piano-roll.png")
    title = f"{result.job.name}: what it learned"
    curves = draw_training_curves(result.metrics.items, result.metrics.reference, title)
    save_figure(curves, folder / "training-curves.png")
    for old in samples.glob("epoch-*.mid"):
        old.unlink()
    for epoch, midi in result.samples.items():
        (samples / sample_file(epoch)).write_bytes(midi)


def write_report(folder: Path, result: Result, assessment: Assessment, phases: Phases) -> None:
    """`report.json`, when everything is over, so that it holds every phase."""
    report = Report(
        total_seconds=round(phases.seconds, 2),
        phases=phases.done,
        job=result.job,
        composition=result.composition,
        accompaniment=assessment.accompaniment,
        measures=ResultMeasures(
            composition=measure_score(assessment.score, assessment.melody_track),
            training_set=result.metrics.reference,
        ),
        versions=read_versions(PROJECT_ROOT),
    )
    (folder / "report.json").write_text(
        report.model_dump_json(by_alias=True, exclude_none=True, indent=2) + "\n"
    )
