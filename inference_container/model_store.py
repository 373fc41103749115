"""Models by S3 URI: the recently used ones in memory, each fetched once however many ask.

A model that was confirmed less than `recheck_seconds` ago is served as it is. After that the next request
asks S3 with the ETag it knows: unchanged costs one small call, changed brings the new model. So a model
replaced under its URI is noticed at most `recheck_seconds` late. When S3 cannot be reached for that question,
the known model goes on; when it says that the object is gone or forbidden, so it is here.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock

from contract.object_keys import from_uri
from inference_container.archive import MAX_ARCHIVE_BYTES, read_archive
from inference_container.errors import InvalidRequest, ModelUnavailable
from inference_container.model import Model, load_model
from inference_container.object_store import ObjectStore

# Loading holds archive, graph and session in memory at once; two at a time bound that.
_LOADS_AT_ONCE = 2


@dataclass(slots=True)
class _Known:
    model: Model
    etag: str
    confirmed_at: float


class ModelStore:
    """A bounded cache, safe for threads; the least recently used model leaves first."""

    def __init__(
        self,
        objects: ObjectStore,
        *,
        capacity: int,
        recheck_seconds: float,
        threads: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._objects = objects
        self._capacity = capacity
        self._recheck_seconds = recheck_seconds
        self._threads = threads
        self._clock = clock
        self._lock = Lock()
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._loading: dict[str, Future[Model]] = {}
        self._pool = ThreadPoolExecutor(_LOADS_AT_ONCE, thread_name_prefix="load-model")

    def get(self, uri: str) -> Model:
        """The model at a URI. Raises an `ContainerError`: every one of those who waited gets the same."""
        with self._lock:
            known = self._known.get(uri)
            if known is not None and self._clock() - known.confirmed_at < self._recheck_seconds:
                self._known.move_to_end(uri)
                return known.model
            loading = self._loading.get(uri)
            if loading is None:
                loading = self._loading[uri] = self._pool.submit(self._load, uri, known)
        return loading.result()

    def uris(self) -> list[str]:
        """What is in memory, the next to leave first."""
        with self._lock:
            return list(self._known)

    def close(self) -> None:
        """Starts no further load."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _load(self, uri: str, known: _Known | None) -> Model:
        fresh = None
        try:
            fresh = self._confirm(uri, known)
            return fresh.model
        finally:
            self._settle(uri, fresh)

    def _confirm(self, uri: str, known: _Known | None) -> _Known:
        try:
            location = from_uri(uri)
        except ValueError as error:
            raise InvalidRequest(str(error)) from error
        asked_at = self._clock()
        try:
            fetched = self._objects.fetch(location, known.etag if known else None, MAX_ARCHIVE_BYTES)
        except ModelUnavailable:
            if known is None:
                raise
            fetched = None
        if fetched is None:
            assert known is not None  # only a known ETag can be unchanged
            return _Known(known.model, known.etag, asked_at)
        return _Known(load_model(read_archive(fetched.body), self._threads), fetched.etag, asked_at)

    def _settle(self, uri: str, fresh: _Known | None) -> None:
        """Ends the load in one move, so that nobody finds neither the load nor the model."""
        with self._lock:
            del self._loading[uri]
            self._known.pop(uri, None)
            if fresh is not None:
                self._known[uri] = fresh
            while len(self._known) > self._capacity:
                self._known.popitem(last=False)
