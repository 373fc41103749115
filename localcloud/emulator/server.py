"""The emulator's HTTP front: serves on a socket that is already open, until it is told to stop.

Every request counts as come over TLS (`x-forwarded-proto`): policies that insist on it then hold for what
is signed, while nothing leaves the machine. `localcloud.emulator.gate` decides what gets through at all.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import parse_qs

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack import app

from localcloud.emulator.gate import find_refusal

Scope = MutableMapping[str, Any]  # ASGI's own type
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Look = Callable[[str], object]

OWN_PATHS = "/_localcloud/"


def fronted(application: Application, looks: Mapping[str, Look], secret: str) -> Application:
    """The application behind our front. `looks` answers `GET /_localcloud/<name>/<argument>` as JSON."""

    async def front(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        if scope["path"].startswith(OWN_PATHS):
            await _answer_json(send, *_look(looks, scope["path"].removeprefix(OWN_PATHS)))
            return
        refusal = find_refusal(scope["method"], scope["path"], _headers(scope), _query(scope), secret)
        if refusal is not None:
            await _answer_json(send, 403, {"__type": refusal[0], "message": refusal[1]})
            return
        headers = [*scope["headers"], (b"x-forwarded-proto", b"https")]
        await application({**scope, "headers": headers}, receive, send)

    return front


async def serve_until(
    stopping: asyncio.Event, socket_fd: int, looks: Mapping[str, Look], secret: str
) -> None:
    """Serves on the open socket until the event is set; open requests get a second to end."""
    config = Config()
    config.bind = [f"fd://{socket_fd}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1.0
    config.loglevel = "WARNING"
    application = fronted(app.app, looks, secret)
    await serve(application, config, shutdown_trigger=stopping.wait)  # type: ignore[arg-type]


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def _query(scope: Scope) -> dict[str, list[str]]:
    return parse_qs(scope.get("query_string", b"").decode("utf-8", "replace"), keep_blank_values=True)


def _look(looks: Mapping[str, Look], path: str) -> tuple[int, object]:
    name, _, argument = path.partition("/")
    look = looks.get(name)
    return (200, look(argument)) if look else (404, {"message": f"unknown: {name}"})


async def _answer_json(send: Send, status: int, value: object) -> None:
    body = json.dumps(value).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
