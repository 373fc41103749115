"""A production variant: keeps a model server up, starts it anew when it died, and lets requests in.

Provisioned: a dead server is noticed within `Timing.supervise` and replaced; until then requests are refused.
Serverless: a sleeping server is started by the request that needs it, which waits (a cold start). The first
request that finds the server dead is refused and starts a new one; the next one waits for it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager

from localcloud.sagemaker.model_server import (
    ContainerAnswer,
    ModelServer,
    ServingSurroundings,
    StartFailedError,
)
from localcloud.sagemaker.models import VariantSpec

_RETRY_FACTOR = 5  # a start that failed is tried again after so many rounds of supervision


class NoServerError(Exception):
    """There is no server for this request at the moment; soon there may be."""


class TooManyRequestsError(Exception):
    """More requests at once than a serverless variant takes."""


class Variant:
    """A variant of one endpoint."""

    def __init__(self, endpoint_name: str, spec: VariantSpec, around: ServingSurroundings) -> None:
        self.spec = spec
        self._endpoint_name = endpoint_name
        self._around = around
        self._lock = threading.Lock()
        self._server: ModelServer | None = None
        self._starting: Future[ModelServer] | None = None
        self._n_requests = 0
        self._is_closed = False
        self._not_before = 0.0

    def bring_up(self) -> None:
        """Returns when a server answers. Raises `StartFailedError`."""
        with self._lock:
            starting = self._starting or self._begin_start()
        starting.result()

    def invoke(self, headers: Mapping[str, str], body: bytes) -> ContainerAnswer:
        """Raises `TooManyRequestsError`, `NoServerError`, `StartFailedError`, and what `ModelServer` does."""
        with self._admitted():
            return self._ready_server().invoke(headers, body)

    def supervise(self) -> None:
        """Replaces the dead server of a provisioned variant, and sends logs."""
        with self._lock:
            server = self._server
            is_down = server is None or not server.is_alive()
            wanted = not (self.spec.is_serverless or self._is_closed or self._starting)
            if is_down and wanted and time.monotonic() >= self._not_before:
                self._drop_server()
                self._begin_start()
        if server is not None:
            server.send_logs()

    def sleep(self) -> None:
        """Ends the server of a serverless variant; the next request starts one."""
        with self._lock:
            server, self._server = self._server, None
        if server is not None:
            server.end(self._around.timing.drain)

    def close(self, grace_seconds: float) -> None:
        """Ends the server for good, and one that is starting too."""
        with self._lock:
            self._is_closed = True
            server, self._server = self._server, None
        if server is not None:
            server.end(grace_seconds)

    @contextmanager
    def _admitted(self) -> Iterator[None]:
        with self._lock:
            limit = self.spec.max_concurrency
            if limit is not None and self._n_requests >= limit:
                raise TooManyRequestsError(f"{limit} requests are being answered already")
            self._n_requests += 1
        try:
            yield
        finally:
            with self._lock:
                self._n_requests -= 1

    def _ready_server(self) -> ModelServer:
        with self._lock:
            if self._server is not None and self._server.is_alive():
                return self._server
            if self._is_closed:
                raise NoServerError("The endpoint is being deleted.")
            has_died = self._drop_server()
            starting = self._starting or self._begin_start()
        if has_died or not self.spec.is_serverless:
            raise NoServerError("The model server is not running. It is being started again.")
        return starting.result()

    def _drop_server(self) -> bool:
        """Whether there was one, dead."""
        dead, self._server = self._server, None
        if dead is None:
            return False
        dead.end(0)
        return True

    def _begin_start(self) -> Future[ModelServer]:
        """Under the lock."""
        future: Future[ModelServer] = Future()
        self._starting = future
        name = f"endpoint {self._endpoint_name}"
        threading.Thread(target=self._start, args=(future,), name=name, daemon=True).start()
        return future

    def _start(self, future: Future[ModelServer]) -> None:
        server = None
        try:
            server = ModelServer(self._endpoint_name, self.spec, self._around)
            server.wait_until_healthy()
        except (StartFailedError, RuntimeError) as error:  # RuntimeError: the service is shutting down
            if server is not None:
                server.end(0)
            failure = error if isinstance(error, StartFailedError) else StartFailedError(str(error))
            with self._lock:
                self._starting = None
                self._not_before = time.monotonic() + _RETRY_FACTOR * self._around.timing.supervise
            future.set_exception(failure)
            if server is not None:
                server.send_last_logs()
            return
        with self._lock:
            self._starting = None
            is_wanted = not self._is_closed
            if is_wanted:
                self._server = server
        if is_wanted:
            future.set_result(server)
        else:
            server.end(0)
            future.set_exception(StartFailedError("The endpoint was deleted while it started."))
