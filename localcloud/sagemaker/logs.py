"""What a container prints: read from its file line by line, and sent to CloudWatch Logs.

Losing log lines never fails a job: a refusal is said once in this process's own log.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

_BATCH_LINES = 1000  # AWS takes 10,000 and a megabyte
_LINE_CHARACTERS = 8000
_EXISTS = "ResourceAlreadyExistsException"

_log = logging.getLogger(__name__)


class LineReader:
    """New lines of a growing file; one that has no end yet is kept for the next look."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._position = 0
        self._open_line = b""

    def read(self) -> list[str]:
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._position)
            content = file.read()
        self._position += len(content)
        *lines, self._open_line = (self._open_line + content).split(b"\n")
        return [_text(line) for line in lines]

    def read_rest(self) -> list[str]:
        """After the last writer ended: a last line without an end counts too."""
        lines = self.read()
        rest, self._open_line = self._open_line, b""
        return [*lines, _text(rest)] if rest else lines


class LogStream:
    """A CloudWatch Logs stream, made with its group on the first line."""

    def __init__(self, make_client: Callable[[], Any], group: str, stream: str) -> None:
        self._make_client = make_client
        self._client: Any = None
        self._group = group
        self._stream = stream
        self._waiting: list[dict[str, object]] = []
        self._is_refused = False

    def add(self, lines: list[str]) -> None:
        moment = int(time.time() * 1000)
        self._waiting += [{"timestamp": moment, "message": line or " "} for line in lines]

    def send(self) -> None:
        """Sends what waits."""
        if self._is_refused:
            self._waiting.clear()
        while self._waiting:
            try:
                self._send_batch(self._waiting[:_BATCH_LINES])
            except (ClientError, BotoCoreError) as error:
                _log.warning("no logs for %s %s: %s", self._group, self._stream, error)
                self._is_refused = True
                return
            del self._waiting[:_BATCH_LINES]

    def _send_batch(self, events: list[dict[str, object]]) -> None:
        if self._client is None:
            client = self._make_client()
            _unless_exists(lambda: client.create_log_group(logGroupName=self._group))
            _unless_exists(
                lambda: client.create_log_stream(logGroupName=self._group, logStreamName=self._stream)
            )
            self._client = client
        self._client.put_log_events(logGroupName=self._group, logStreamName=self._stream, logEvents=events)


def _unless_exists(create: Callable[[], object]) -> None:
    try:
        create()
    except ClientError as error:
        if error.response["Error"]["Code"] != _EXISTS:
            raise


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").rstrip("\r")[:_LINE_CHARACTERS]
