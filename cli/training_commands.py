"""`train`, `watch` and `jobs`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.client import ApiClient
from cli.errors import JobFailedError
from cli.follow import follow_job
from cli.options import AsJson, Endpoint, make_request, read_numbers, read_pairs
from cli.output import err, out, print_json
from cli.session import connect
from cli.tables import job_page, job_table
from cli.watch import watch
from contract.hyperparameters import Technique
from contract.training import JobStatus, TrainingJob, TrainingJobRequest

jobs_app = typer.Typer(help="Training jobs: list them, show one, stop one.")


def train(
    dataset: Annotated[str, typer.Option(help="What to train on; see `continuo datasets`.")],
    name: Annotated[str | None, typer.Option(help="A name for the job and its model.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the dataset; short for --set.")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A hyperparameter; see `continuo techniques`."),
    ] = None,
    filters: Annotated[
        list[str] | None,
        typer.Option("--filter", metavar="KEY=VALUE", help="Only pieces that carry this tag."),
    ] = None,
    technique: Annotated[Technique, typer.Option(help="The generative model.")] = Technique.UNET_GAN,
    is_watching: Annotated[bool, typer.Option("--watch/--no-watch", help="Stay until it has ended.")] = True,
    endpoint: Endpoint = None,
    as_json: AsJson = False,
) -> None:
    """Start a training job, and watch it learn."""
    values = read_numbers(settings or [], "--set")
    if epochs is not None:
        values["epochs"] = epochs
    request = make_request(
        TrainingJobRequest,
        {
            "name": name or f"{dataset} {datetime.now(UTC):%Y-%m-%d %H:%M}",
            "technique": technique,
            "dataset": dataset,
            "filter_tags": read_pairs(filters or [], "--filter"),
            "hyperparameters": values,
        },
    )
    with connect(endpoint) as client:
        job = client.train(request)
        if is_watching:
            _watch_to_the_end(client, job.job_id, as_json)
        elif as_json:
            print_json(job)
        else:
            out().print(f"{job.job_id} is {job.status.value}. Follow it: continuo watch {job.job_id}")


def watch_job(
    job_id: Annotated[str, typer.Argument(metavar="JOB", help="The job's id; see `continuo jobs`.")],
    endpoint: Endpoint = None,
    as_json: AsJson = False,
) -> None:
    """Watch a training job until it has ended. With --json the last state goes to standard output."""
    with connect(endpoint) as client:
        _watch_to_the_end(client, job_id, as_json)


@jobs_app.callback(invoke_without_command=True)
def list_jobs(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 20,
    endpoint: Endpoint = None,
    as_json: AsJson = False,
) -> None:
    """Your training jobs, newest first."""
    if context.invoked_subcommand is not None:
        return
    with connect(endpoint) as client:
        jobs = client.jobs(limit)
    print_json(jobs) if as_json else out().print(job_table(jobs))


@jobs_app.command("show")
def show_job(
    job_id: Annotated[str, typer.Argument(metavar="JOB")],
    endpoint: Endpoint = None,
    as_json: AsJson = False,
) -> None:
    """One job as it stands."""
    with connect(endpoint) as client:
        job, _ = client.job(job_id)
    print_json(job) if as_json else out().print(job_page(job))


@jobs_app.command("stop")
def stop_job(
    job_id: Annotated[str, typer.Argument(metavar="JOB")],
    endpoint: Endpoint = None,
    as_json: AsJson = False,
) -> None:
    """Stop a job. What it has learned so far becomes a model."""
    with connect(endpoint) as client:
        job = client.stop(job_id)
    print_json(job) if as_json else out().print(f"{job.job_id} is {job.status.value}.")


def _watch_to_the_end(client: ApiClient, job_id: str, as_json: bool) -> None:
    console = err() if as_json else out()
    try:
        job = watch(follow_job(client, job_id), console)
    except KeyboardInterrupt:
        err().print(f"The job goes on. Watch it again: continuo watch {job_id}")
        raise
    if as_json:
        print_json(job)
    raise_if_failed(job)
    if not as_json and job.model_id is not None:
        console.print(f"Compose with it: continuo compose --model {job.model_id} --melody twinkle")


def raise_if_failed(job: TrainingJob) -> None:
    """Raises `JobFailedError` with the job's own reason."""
    if job.status is JobStatus.FAILED:
        reason = f"{job.failure.code}: {job.failure.message}" if job.failure else "no reason was recorded"
        raise JobFailedError(f"The training job {job.job_id} failed.", lines=[reason])
