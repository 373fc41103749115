"""`up`, `down` and `demo`: the commands that run a local cloud rather than talk to one.

They import the local cloud and the drawing on use: a client of a remote deployment needs neither.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Annotated

import typer

from cli.errors import CliError
from cli.options import read_numbers
from cli.output import err, out
from cli.session import state_dir
from cli.signals import interruptible

DEFAULT_DEMO_EPOCHS = 5
UP_PHASES = 5


def up(
    port: Annotated[int | None, typer.Option(min=1024, max=65535, help="A free one without it.")] = None,
) -> None:
    """Start the local cloud, deploy to it, fill it, and stay until Ctrl-C."""
    from cli import local, preparation
    from cli.phases import Phases
    from localcloud.errors import LocalCloudError

    folder, phases = state_dir(), Phases(out(), UP_PHASES)
    is_ready = False
    try:
        with interruptible(_tell):
            preparation.build_corpus(phases)
            with preparation.start(folder, phases, port) as cloud:
                deployment = preparation.deploy(cloud, phases)
                preparation.publish_corpus(cloud, deployment, phases)
                with phases.phase("user", "Creating the demo user"):
                    user = preparation.make_demo_user(cloud, deployment)
                    local.describe_ready(folder, user)
                _tell_how_to_go_on(deployment.api_url, user.email, user.password)
                is_ready = True
                threading.Event().wait()
    except LocalCloudError as error:
        raise CliError(str(error)) from error
    except KeyboardInterrupt:
        if not is_ready:
            raise
        out().print("The local cloud has stopped.")


def down() -> None:
    """Stop the local cloud that `continuo up` runs."""
    from cli import local

    pid = local.stop_running(state_dir())
    out().print(f"The local cloud has stopped (process {pid}).")


def demo(
    epochs: Annotated[
        int, typer.Option(min=1, max=500, help="Passes over the dataset.")
    ] = DEFAULT_DEMO_EPOCHS,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A hyperparameter, as in `train`.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the composition.")] = 7,
    creativity: Annotated[float, typer.Option(min=0, max=2, help="Of the composition.")] = 0.0,
    output: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the results go.")] = Path(
        "out/demo"
    ),
) -> None:
    """Everything, once: train on Bach on a local cloud of its own, compose, check, and stop it again."""
    from cli.demo import run_demo
    from cli.main_job import MainJobSettings
    from localcloud.errors import LocalCloudError

    values = read_numbers(settings or [], "--set") | {"epochs": epochs}
    job = MainJobSettings(values, seed=seed, creativity=creativity)
    try:
        with interruptible(_tell):
            run_demo(job, output, state_dir() / "demo", out())
    except LocalCloudError as error:
        raise CliError(str(error)) from error


def _tell(sentence: str) -> None:
    err().print(sentence, style="yellow")


def _tell_how_to_go_on(api_url: str, email: str, password: str) -> None:
    console = out()
    console.print(f"\n[bold green]Ready.[/] The API answers at [bold]{api_url}[/]")
    console.print(f"Demo user: {email}, password {password}", markup=False)
    console.print(
        "\nIn another terminal, in this folder (the demo user is signed in by itself):\n"
        "  .venv/bin/continuo datasets\n"
        "  .venv/bin/continuo train --dataset bach --epochs 6\n"
        "  .venv/bin/continuo compose --model MODEL --melody twinkle --out twinkle.mid\n"
        '  curl -H "Authorization: Bearer $(.venv/bin/continuo token)" '
        f"{api_url.rstrip('/')}/datasets\n"
        "\nCtrl-C here, or `continuo down`, stops it."
    )
