"""The terminal: tables for people or JSON for scripts on standard output, errors on standard error.

Invariant: with `--json`, standard output carries one JSON document and nothing else.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from typing import TextIO

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.errors import CliError
from contract.base import WireModel

PIPE_WIDTH = 200


def out() -> Console:
    """Standard output, for people."""
    return _console(sys.stdout)


def err() -> Console:
    """Standard error: failures, and progress when standard output is taken by JSON."""
    return _console(sys.stderr)


def _console(stream: TextIO) -> Console:
    """As wide as the terminal; a pipe or a file gets long lines, and sentences are not broken."""
    is_terminal = stream.isatty()
    width = None if is_terminal or "COLUMNS" in os.environ else PIPE_WIDTH
    return Console(file=stream, width=width, highlight=False, soft_wrap=not is_terminal)


def print_json(value: WireModel | Sequence[WireModel]) -> None:
    """The value as the API sent it; a list as `{"items": […]}`."""
    if isinstance(value, WireModel):
        print_json_document(value.to_wire())
    else:
        print_json_document({"items": [item.to_wire() for item in value]})


def print_json_document(document: dict[str, object]) -> None:
    print(json.dumps(document, indent=2))


def print_error(error: CliError) -> None:
    """One block: what happened, the particulars, and the way on."""
    console = err()
    console.print(f"[bold red]Error:[/] {escape(str(error))}")
    for line in error.lines:
        console.print(f"  {escape(line)}")
    if error.hint:
        console.print(f"[dim]{escape(error.hint)}[/]")


def make_table(*columns: str, right: Iterable[str] = ()) -> Table:
    """A table without frames; the named columns hold numbers."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    numbers = set(right)
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    return table


def short_time(timestamp: str) -> str:
    """A wire timestamp to the minute, in UTC."""
    return timestamp[:16].replace("T", " ")


def duration(seconds: float) -> str:
    """Minutes and seconds, as 2:05; hours before them when there are any."""
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"
