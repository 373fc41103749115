"""The composition root: settings, store and server put together, and the life of the process.

SIGTERM ends it with exit code 0: no new connections, requests in progress are finished, then out. SageMaker
kills after 30 seconds, so they get 20.
"""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Mapping
from types import FrameType

import uvicorn

from inference_container.logs import configure_logs, log_event
from inference_container.model_store import ModelStore
from inference_container.object_store import LazyS3Client, S3ObjectStore
from inference_container.server import make_app
from inference_container.settings import read_settings

_GRACE_SECONDS = 20

_log = logging.getLogger("inference_container")


def serve(environment: Mapping[str, str]) -> int:
    """Serves until SIGTERM or SIGINT; the result is the exit code."""
    # uvicorn raises the signal again after its clean stop, for whoever listened before it: that is this.
    signal.signal(signal.SIGTERM, _end)
    try:
        settings = read_settings(environment)
    except ValueError as error:
        sys.stderr.write(f"inference_container: {error}\n")
        return 2
    configure_logs(settings.log_level)
    models = ModelStore(
        S3ObjectStore(LazyS3Client()),
        capacity=settings.model_cache_size,
        recheck_seconds=settings.model_recheck_seconds,
        threads=settings.model_threads,
    )
    config = uvicorn.Config(
        make_app(models),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    log_event(_log, logging.INFO, "starting", host=settings.host, port=settings.port)
    try:
        uvicorn.Server(config).run()
    except KeyboardInterrupt:
        return 130
    finally:
        models.close()
    return 0


def _end(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)
