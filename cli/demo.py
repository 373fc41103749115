"""`continuo demo`: a local cloud of its own, the main job on it, the result checked and drawn, all stopped.

Invariant: whatever way this ends, the local cloud's context manager ends all that was started.
"""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from cli import local, preparation
from cli.client import ApiClient
from cli.main_job import MainJobSettings, train_and_compose
from cli.phases import Phases
from cli.results import assess, write_files, write_report
from cli.session import sign_in_locally

N_PHASES = 9


def run_demo(settings: MainJobSettings, output: Path, state_folder: Path, console: Console) -> None:
    """Runs all of it and writes the files. Raises `CliError` when the result is not what was promised."""
    phases = Phases(console, N_PHASES)
    preparation.build_corpus(phases)
    with preparation.start(state_folder, phases) as cloud:
        deployment = preparation.deploy(cloud, phases)
        preparation.publish_corpus(cloud, deployment, phases)
        with phases.phase("sign-in", "Creating a user and signing in; from here on only REST"):
            user = preparation.make_demo_user(cloud, deployment)
            person = sign_in_locally(local.describe_ready(state_folder, user), user)
            person.token()  # a refusal shows here
            phases.note(f"{user.email} at {deployment.api_url}")
        with ApiClient(deployment.api_url, person) as client:
            result = train_and_compose(client, settings, phases, console)
        with phases.phase("results", "Checking the result and drawing it"):
            assessment = assess(result)
            phases.note(assessment.sentence)
            write_files(output, result, assessment)
        with phases.phase("stop", "Stopping the local cloud"):
            cloud.stop()
    write_report(output, result, assessment, phases)
    phases.summary()
    _tell_what_next(output, console)


def _tell_what_next(folder: Path, console: Console) -> None:
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
        "\nGo on: [bold]make up[/] starts a local cloud that stays; then, in another terminal:\n"
        "  .venv/bin/continuo train --dataset bach --epochs 12\n"
        "  .venv/bin/continuo compose --model MODEL --melody mary --creativity 0.8"
    )
