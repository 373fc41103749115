"""One line of JSON per event on stdout, which SageMaker takes to CloudWatch Logs.

Facts about a request are its model, sizes, times and codes. A melody's notes never reach a line: of an
unexpected exception only its class and its places in the code are told, because its message might quote some.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime

_OF_THE_LIBRARIES = ("uvicorn", "uvicorn.error")


class JsonFormatter(logging.Formatter):
    """A record as one line: time, level, message, then its facts."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "message": record.getMessage().partition("\n")[0],
        }
        line |= getattr(record, "facts", {})
        if record.exc_info and record.exc_info[1]:
            line |= describe_exception(record.exc_info[1])
        return json.dumps(line, default=str)


def describe_exception(error: BaseException) -> dict[str, object]:
    """Class and places of an exception and of what caused it, innermost first, without messages."""
    kinds: list[str] = []
    cause: BaseException | None = error
    while cause is not None:
        kinds.append(type(cause).__name__)
        cause = cause.__cause__ or cause.__context__
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "error": kinds,
        "where": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(frames)][:20],
    }


def log_event(logger: logging.Logger, level: int, message: str, **facts: object) -> None:
    """Logs a message with facts beside it."""
    logger.log(level, message, extra={"facts": facts})


def configure_logs(level: str) -> None:
    """Sends every logger of the process through the one formatter."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("inference_container").setLevel(level)
    for name in _OF_THE_LIBRARIES:
        logging.getLogger(name).setLevel(level)
