"""Process clean-up that holds on Linux and macOS: a session's members, and ending them.

Everything that the local cloud starts lives in a few sessions. A process leaves its session only by
making a new one, which nothing here does; so a session's members are all there is to end, orphans too.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time

import psutil


def session_members(session_id: int) -> list[int]:
    """Processes of the session that still run, zombies not counted; never this process."""
    return [pid for pid in psutil.pids() if pid != os.getpid() and _is_member(pid, session_id)]


def end_session(session_id: int, grace_seconds: float) -> None:
    """SIGTERM to the session's members, SIGKILL to those that remain after the grace."""
    _signal_all(session_id, signal.SIGTERM)
    if not wait_for_end(session_id, grace_seconds):
        kill_session(session_id)


def kill_session(session_id: int) -> None:
    """SIGKILL to all members until none runs: one may have been starting another."""
    for _ in range(100):
        if not _signal_all(session_id, signal.SIGKILL):
            return
        time.sleep(0.02)


def wait_for_end(session_id: int, seconds: float) -> bool:
    """Whether the session's last member ended within the time."""
    deadline = time.monotonic() + seconds
    while session_members(session_id):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _is_member(pid: int, session_id: int) -> bool:
    try:
        return os.getsid(pid) == session_id and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except (OSError, psutil.Error):  # it ended meanwhile
        return False


def _signal_all(session_id: int, number: signal.Signals) -> int:
    members = session_members(session_id)
    for pid in members:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
    return len(members)
