"""The stages of a long command: each is announced, timed, and remembered with its seconds."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.markup import escape

from cli.output import duration, make_table
from contract.base import WireModel


class PhaseTime(WireModel):
    """A phase that is over."""

    name: str
    seconds: float


class Phases:
    """Prints every line with the time since the start, so that it reads the same live and piped."""

    def __init__(self, console: Console, total: int, now: Callable[[], float] = time.monotonic) -> None:
        self.done: list[PhaseTime] = []
        self._console = console
        self._total = total
        self._now = now
        self._started = now()

    @property
    def seconds(self) -> float:
        return self._now() - self._started

    @contextlib.contextmanager
    def phase(self, name: str, title: str) -> Iterator[None]:
        """One stage; a stage that is cut short is not remembered."""
        number = len(self.done) + 1
        self._line(f"[bold cyan]\\[{number}/{self._total}][/] [bold]{escape(title)}[/]")
        began = self._now()
        yield
        took = self._now() - began
        self.done.append(PhaseTime(name=name, seconds=round(took, 2)))
        self._line(f"      [green]done[/] [dim]in {took:.1f} s[/]")

    def note(self, text: str) -> None:
        """A line within a phase."""
        for line in text.splitlines():
            self._line(f"      [dim]{escape(line)}[/]")

    def summary(self) -> None:
        table = make_table("PHASE", "SECONDS", right=["SECONDS"])
        for each in self.done:
            table.add_row(each.name, f"{each.seconds:.1f}")
        table.add_row("[bold]together[/]", f"[bold]{self.seconds:.1f}[/]")
        self._console.print(table)

    def _line(self, markup: str) -> None:
        self._console.print(f"[dim]{duration(self.seconds):>5}[/]  {markup}")
