"""The `continuo` command: which words there are, and how errors leave the process.

Exit codes: 0 done, 1 it failed (the reason on standard error), 2 called wrongly, 130 interrupted.
"""

from __future__ import annotations

import sys

import typer

from cli import composing_commands, local_commands, token_command, training_commands
from cli.errors import CliError
from cli.output import print_error

app = typer.Typer(
    name="continuo",
    help="Train a GAN on Bach and let it accompany your melodies, on a local cloud or any deployment.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)
app.command()(local_commands.demo)
app.command()(local_commands.up)
app.command()(local_commands.down)
app.command()(token_command.token)
app.command()(training_commands.train)
app.command("watch")(training_commands.watch_job)
app.add_typer(training_commands.jobs_app, name="jobs")
app.command()(composing_commands.compose)
app.command("models")(composing_commands.list_models)
app.command("datasets")(composing_commands.list_datasets)
app.command("melodies")(composing_commands.list_melodies)
app.command("techniques")(composing_commands.list_techniques)


def main(arguments: list[str] | None = None) -> int:
    """Runs one command: its exit code."""
    try:
        app(arguments)
    except CliError as error:
        print_error(error)
        return 1
    except BrokenPipeError:  # the reader of a pipe has seen enough
        sys.stderr.close()
        return 1
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def run() -> None:
    """The entry point."""
    sys.exit(main())
