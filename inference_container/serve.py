"""The composition root: settings, store and server put together, and the life of the process.

SIGTERM ends it with exit code 0: no new connections, requests in progress are finished, then out. SageMaker
kills after 30 seconds, so they get 20.
"""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Mapping
from threading import Thread
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
    s3 = LazyS3Client()
    models = ModelStore(
        S3ObjectStore(s3),
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
    Thread(target=_warm_up, args=(s3,), name="warm-up").start()
    try:
        uvicorn.Server(config).run()
    except KeyboardInterrupt:
        return 130
    finally:
        models.close()
    return 0


def _warm_up(s3: LazyS3Client) -> None:
    """Brings in beside the first pings what the first composition would otherwise wait for."""
    import onnxruntime  # type: ignore[import-untyped]  # noqa: F401  -- ships no types
    from botocore.exceptions import BotoCoreError

    try:
        s3()
    except BotoCoreError as error:
        # A wrong AWS setting: each request will say so in its own answer.
        log_event(_log, logging.ERROR, "no S3 client", error=type(error).__name__)


def _end(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)
