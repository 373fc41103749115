"""The launcher's side of the engine: starts it with a guard beside it, waits until it answers, ends both."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from urllib.parse import quote

from localcloud.environment import HOST, endpoint_url, engine_environment, without_foreign
from localcloud.errors import EngineFailedError, PortTakenError
from localcloud.processes import kill_session, wait_for_end

PROJECT_ROOT = Path(__file__).resolve().parents[1]
READY_SECONDS = 60.0
STOP_SECONDS = 10.0
_LOG_TAIL_LINES = 30


class Guard:
    """A process that ends the watched sessions and removes the paths when this process dies."""

    def __init__(self, *paths: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "localcloud.guard", *map(str, paths)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            cwd=PROJECT_ROOT,
            env=without_foreign(os.environ),
            start_new_session=True,
            text=True,
        )

    def watch(self, session_id: int) -> None:
        self._tell(f"watch {session_id}")

    def forget(self, session_id: int) -> None:
        self._tell(f"forget {session_id}")

    def close(self) -> None:
        """Lets the guard do its work now: end what is watched, remove the paths."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()


class EngineProcess:
    """A running engine. `launcher_secret` lets this process act as the emulator's root user."""

    def __init__(self, run_folder: Path, log_path: Path, port: int | None, guard: Guard) -> None:
        self.launcher_secret = secrets.token_urlsafe(30)
        self.log_path = log_path
        self._guard = guard
        with open_listener(port) as listener, log_path.open("w") as log:
            self.port = int(listener.getsockname()[1])
            temporary = run_folder / "tmp"
            temporary.mkdir(parents=True)
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "localcloud.engine"),
                    *("--state", str(run_folder), "--socket", str(listener.fileno())),
                ],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=PROJECT_ROOT,
                env=engine_environment(
                    os.environ, port=self.port, temporary=temporary, launcher_secret=self.launcher_secret
                ),
                pass_fds=[listener.fileno()],
                start_new_session=True,
            )
        guard.watch(self._process.pid)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def endpoint_url(self) -> str:
        return endpoint_url(self.port)

    def wait_until_ready(self) -> None:
        """Returns once the engine answers. Raises `EngineFailedError` with the end of its log."""
        try:
            self.look("ready", seconds=READY_SECONDS)
        except OSError as error:  # refused, reset or timed out: urllib's errors are all of these
            raise EngineFailedError(f"the engine did not start ({error})\n{self.log_tail()}") from error

    def look(self, path: str, seconds: float = 10.0) -> object:
        """What the engine tells under `/_localcloud/<path>`."""
        url = f"{self.endpoint_url}/_localcloud/{quote(path)}"
        with urllib.request.urlopen(url, timeout=seconds) as answer:  # noqa: S310 — our own http address
            return json.load(answer)

    def stop(self) -> None:
        """Ends the engine and every process of its session; the port is free afterwards."""
        if self._process.stdin is not None:
            self._process.stdin.close()  # its sign to end
        if not wait_for_end(self.pid, STOP_SECONDS):
            kill_session(self.pid)
        self._process.wait()
        self._guard.forget(self.pid)

    def log_tail(self) -> str:
        lines = self.log_path.read_text(errors="replace").splitlines()
        return "\n".join([f"The end of {self.log_path}:", *lines[-_LOG_TAIL_LINES:]])


def open_listener(port: int | None) -> socket.socket:
    """A listening socket on the loopback interface, on a free port when none is asked for.

    The engine inherits it, so that nobody can take the port in between.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port or 0))
    except OSError as error:
        listener.close()
        raise PortTakenError(f"port {port} cannot be opened on {HOST}: {error.strerror}") from error
    listener.listen(100)
    return listener
