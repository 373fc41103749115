"""Options that several commands share, and how options become a request."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, TypeVar

import typer
from pydantic import ValidationError

from cli.errors import CliError
from contract.base import WireModel

Request = TypeVar("Request", bound=WireModel)

Endpoint = Annotated[
    str | None,
    typer.Option(
        "--endpoint",
        envvar="CONTINUO_ENDPOINT",
        metavar="URL",
        help="The API of any deployment; the local cloud without it.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON on standard output, for scripts.")]


def read_pairs(pairs: Iterable[str], option: str) -> dict[str, str]:
    """`["key=value", …]` as a mapping. Raises `typer.BadParameter`, which names the option."""
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise typer.BadParameter(f"expected NAME=VALUE, got {pair!r}", param_hint=option)
        found[name.strip()] = value.strip()
    return found


def read_numbers(pairs: Iterable[str], option: str) -> dict[str, int | float]:
    """The same with numbers; whole ones stay whole."""
    return {name: _number(name, value, option) for name, value in read_pairs(pairs, option).items()}


def make_request(kind: type[Request], fields: dict[str, object]) -> Request:
    """The request body. Raises `CliError` with what is wrong, before anything is sent."""
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, each['loc'])) or '/'}: {each['msg']}" for each in error.errors()]
        raise CliError("This cannot be asked for", lines=wrong) from error


def _number(name: str, value: str, option: str) -> int | float:
    try:
        return int(value)
    except ValueError:
        pass
    try:
        return float(value)
    except ValueError:
        raise typer.BadParameter(f"{name} needs a number, got {value!r}", param_hint=option) from None
