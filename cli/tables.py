"""What the reading commands show: a table or a page for each kind of thing."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from cli.output import make_table, short_time
from cli.watch import STYLES, JobDisplay
from contract.dataset import Dataset
from contract.hyperparameters import TechniqueDescription
from contract.melody import SampleMelody
from contract.metrics import MetricValue
from contract.model import Model
from contract.training import TrainingJob

MOST_TAG_VALUES = 6


def job_table(jobs: Iterable[TrainingJob]) -> RenderableType:
    table = make_table("JOB", "NAME", "STATUS", "EPOCH", "DATASET", "CREATED (UTC)", right=["EPOCH"])
    for job in jobs:
        progress = f"{job.progress.epoch}/{job.progress.epochs}" if job.progress else ""
        table.add_row(
            job.job_id,
            escape(job.name),
            Text(job.status.value, style=STYLES[job.status]),
            progress,
            escape(job.dataset),
            short_time(job.created_at),
        )
    return _or_nothing(table, "No training jobs yet: `continuo train --dataset bach` starts one.")


def job_page(job: TrainingJob) -> RenderableType:
    display = JobDisplay()
    display.show(job)
    facts = _facts(
        {
            "dataset": job.dataset + _joined(job.filter_tags),
            "technique": job.technique.value,
            "hyperparameters": _joined(job.hyperparameters).strip(" ()"),
            "model": job.model_id or "",
            "created": job.created_at,
            "ended": job.ended_at or "",
        }
    )
    return Group(display.__rich__(), "", facts)


def model_table(models: Iterable[Model]) -> RenderableType:
    table = make_table("MODEL", "NAME", "DATASET", "EPOCHS", "PLAYS", "CREATED (UTC)", right=["EPOCHS"])
    for model in models:
        table.add_row(
            model.model_id,
            escape(model.name) + (" (shared)" if model.shared else ""),
            escape(model.dataset),
            str(model.trained_epochs),
            escape(", ".join(model.instruments)),
            short_time(model.created_at),
        )
    return _or_nothing(table, "No models yet: a training job that completes leaves one.")


def model_page(model: Model) -> RenderableType:
    facts = _facts(
        {
            "model": model.model_id,
            "name": model.name,
            "technique": model.technique.value,
            "dataset": model.dataset,
            "training job": model.training_job_id or "",
            "epochs": str(model.trained_epochs),
            "plays": ", ".join(model.instruments),
            "created": model.created_at,
        }
    )
    return Group(facts, "", measure_table(model.evaluation, model.reference))


def measure_table(values: Iterable[MetricValue], reference: Iterable[MetricValue]) -> Table:
    """Measures beside the training set's own."""
    goal = {(value.name, value.track): value.value for value in reference}
    table = make_table("MEASURE", "TRACK", "VALUE", "TRAINING SET", right=["VALUE", "TRAINING SET"])
    for value in values:
        own = goal.get((value.name, value.track))
        table.add_row(
            value.name.replace("_", " "),
            escape(value.track or ""),
            f"{value.value:.4g}",
            "" if own is None else f"{own:.4g}",
        )
    return table


def dataset_table(datasets: Iterable[Dataset]) -> RenderableType:
    table = make_table("DATASET", "TITLE", "PIECES", "TRACKS", "FILTERS", right=["PIECES"])
    for dataset in datasets:
        filters = [f"{name}: {_counted(values)}" for name, values in dataset.tags.items()]
        table.add_row(
            dataset.dataset_id,
            escape(dataset.title),
            str(dataset.pieces),
            escape(", ".join(dataset.tracks)),
            escape("\n".join(filters)),
        )
    return _or_nothing(table, "No datasets are published.")


def melody_table(melodies: Iterable[SampleMelody]) -> RenderableType:
    table = make_table("MELODY", "TITLE", "KEY", "NOTES", "BPM", "SOURCE", right=["NOTES", "BPM"])
    for sample in melodies:
        table.add_row(
            sample.melody_id,
            escape(sample.title),
            escape(sample.key),
            str(len(sample.melody.notes)),
            f"{sample.melody.tempo_bpm:g}",
            escape(sample.source),
        )
    return _or_nothing(table, "No melodies are published.")


def technique_table(techniques: Iterable[TechniqueDescription]) -> RenderableType:
    parts: list[RenderableType] = []
    for technique in techniques:
        parts += [Text(f"{technique.technique}: {technique.title}", style="bold"), technique.description, ""]
        table = make_table("NAME", "DEFAULT", "RANGE", "MEANING", right=["DEFAULT"])
        for each in technique.hyperparameters:
            table.add_row(
                each.name, f"{each.default:g}", f"{each.minimum:g} to {each.maximum:g}", escape(each.meaning)
            )
        parts.append(table)
    return Group(*parts)


def _counted(values: dict[str, int]) -> str:
    """Tag values with their counts, the most frequent ones when there are many."""
    ranked = sorted(values.items(), key=lambda item: (-item[1], item[0]))
    shown = ", ".join(f"{value} ({count})" for value, count in ranked[:MOST_TAG_VALUES])
    rest = len(ranked) - MOST_TAG_VALUES
    return f"{shown} and {rest} more" if rest > 0 else shown


def _facts(facts: dict[str, str]) -> Table:
    table = Table.grid(padding=(0, 2))
    for name, value in facts.items():
        if value:
            table.add_row(Text(name, style="dim"), escape(value))
    return table


def _joined(values: dict[str, str] | dict[str, int | float]) -> str:
    return f" ({', '.join(f'{name}={value}' for name, value in values.items())})" if values else ""


def _or_nothing(table: Table, sentence: str) -> RenderableType:
    return table if table.row_count else Text(sentence, style="dim")
