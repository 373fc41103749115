"""The folder that a local cloud lives in, and the lock that keeps it to one at a time.

`run/` is what one run needs and goes with it; `engine.log` and `cdk.out/` (bundles that need no second
building) stay. Invariant: whoever holds the lock is alive; it goes with its process, however that dies.
"""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Callable
from pathlib import Path

from localcloud.deployment import DESCRIPTION_FILE
from localcloud.errors import AlreadyRunningError


class StateFolder:
    """A state folder taken for this process."""

    def __init__(self, path: Path, on_progress: Callable[[str], None]) -> None:
        """Raises `AlreadyRunningError`. Removes, and says so, what a run that did not end left behind."""
        self.path = path.resolve()
        self.run = self.path / "run"
        self.log = self.path / "engine.log"
        self.description = self.path / DESCRIPTION_FILE
        self.cdk_out = self.path / "cdk.out"
        self.path.mkdir(parents=True, exist_ok=True)
        self._lock = (self.path / "lock").open("a")
        self._take()
        if self.run.exists() or self.description.exists():
            on_progress(f"Removing what a local cloud that did not end left in {self.path}")
        self.clear()
        self.run.mkdir()

    def clear(self) -> None:
        """Removes what belongs to one run."""
        shutil.rmtree(self.run, ignore_errors=True)
        self.description.unlink(missing_ok=True)

    def release(self) -> None:
        self._lock.close()

    def _take(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise AlreadyRunningError(
                f"a local cloud already runs in {self.path}{self._whereabouts()}"
            ) from None

    def _whereabouts(self) -> str:
        try:
            description = json.loads(self.description.read_text())
            return f": {description['endpointUrl']}, process {description['pid']}"
        except (OSError, ValueError, KeyError):  # it is starting, or ending
            return ""
