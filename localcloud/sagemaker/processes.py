"""The containers' processes: each in a process group of its own, none outliving this process.

`processes.json` tells who runs, for tests and for a later start, which ends what a killed process left
behind. A process is only killed after its start time has shown that it is still the same one.
On Linux the kernel ends a child with the thread that started it, so one thread lives long and starts all.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil

TRAINING = "training"
ENDPOINTS = "endpoints"
_SAME_START_SECONDS = 2.0  # start times are read back from a clock that may have been set a little

# Runs in the child: asks the kernel for the signal, then becomes the container's command.
_BIND_TO_PARENT = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
if os.getppid() != int(sys.argv[1]):
    sys.exit(1)
os.execvpe(sys.argv[2], sys.argv[2:], os.environ)
"""


@dataclass(frozen=True)
class Command:
    """What to run, and where what it prints goes."""

    arguments: list[str]
    environment: dict[str, str]
    folder: Path
    log: Path


class ChildProcess:
    """A running container. Signals go to its whole process group."""

    def __init__(self, popen: subprocess.Popen[bytes]) -> None:
        self._popen = popen
        self.pid = popen.pid

    def exit_code(self) -> int | None:
        """None while it runs; the negative number of a signal that ended it."""
        return self._popen.poll()

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def end(self, grace_seconds: float) -> None:
        """SIGTERM, then SIGKILL; what it had started itself is ended too. Returns when it has ended."""
        self.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(grace_seconds)
        self.kill()
        self._popen.wait()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS refuses for a zombie
            os.killpg(self.pid, number)


class ChildProcesses:
    """All children of the service, by kind (training, endpoints) and name."""

    def __init__(self, registry: Path) -> None:
        """Ends what an earlier process left behind."""
        self._registry = registry
        self._lock = threading.Lock()
        self._children: dict[tuple[str, str], list[ChildProcess]] = {}
        self._started_at: dict[int, float] = {}
        self._starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sagemaker-starter")
        self.leftovers = end_leftovers(registry)
        self._save()

    def start(self, kind: str, name: str, command: Command) -> ChildProcess:
        """Raises `RuntimeError` after the shutdown."""
        return self._starter.submit(self._start, kind, name, command).result()

    def ids(self, kind: str, name: str) -> list[int]:
        """Those that still run."""
        with self._lock:
            return [c.pid for c in self._children.get((kind, name), []) if c.exit_code() is None]

    def forget(self, kind: str, name: str, child: ChildProcess) -> None:
        """For one that has ended."""
        with self._lock:
            left = [c for c in self._children.get((kind, name), []) if c is not child]
            self._children[kind, name] = left
            if not left:
                del self._children[kind, name]
            self._started_at.pop(child.pid, None)
            self._save()

    def shutdown(self, grace_seconds: float) -> None:
        """Ends all; none can be started any more."""
        self._starter.shutdown(wait=True)
        with self._lock:
            children = [child for group in self._children.values() for child in group]
        for child in children:
            child.terminate()
        deadline = time.monotonic() + grace_seconds
        for child in children:
            child.end(max(0.0, deadline - time.monotonic()))
        with self._lock:
            self._children.clear()
            self._started_at.clear()
            self._save()

    def _start(self, kind: str, name: str, command: Command) -> ChildProcess:
        command.folder.mkdir(parents=True, exist_ok=True)
        with command.log.open("ab") as log:
            popen = subprocess.Popen(
                _bound_to_parent(command.arguments),
                cwd=command.folder,
                env=command.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,
            )
        child = ChildProcess(popen)
        with self._lock:
            self._children.setdefault((kind, name), []).append(child)
            self._started_at[child.pid] = _start_time(child.pid) or time.time()
            self._save()
        return child

    def _save(self) -> None:
        running: dict[str, dict[str, list[int]]] = {TRAINING: {}, ENDPOINTS: {}}
        for (kind, name), children in self._children.items():
            running[kind][name] = [child.pid for child in children]
        document = running | {"startTimes": {str(pid): at for pid, at in self._started_at.items()}}
        partial = self._registry.with_suffix(".partial")
        partial.write_text(json.dumps(document))
        os.replace(partial, self._registry)


def end_leftovers(registry: Path) -> list[int]:
    """Kills the groups of the registry's processes that still run; their ids."""
    if not registry.exists():
        return []
    started_at = json.loads(registry.read_text()).get("startTimes", {})
    found = [int(pid) for pid, at in started_at.items() if _is_same(int(pid), at)]
    for pid in found:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
    return found


def _bound_to_parent(arguments: list[str]) -> list[str]:
    if not sys.platform.startswith("linux"):
        return arguments
    return [sys.executable, "-I", "-S", "-c", _BIND_TO_PARENT, str(os.getpid()), *arguments]


def _is_same(pid: int, started_at: float) -> bool:
    found = _start_time(pid)
    return found is not None and abs(found - started_at) < _SAME_START_SECONDS


def _start_time(pid: int) -> float | None:
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return float(process.create_time())
    except psutil.Error:
        return None
