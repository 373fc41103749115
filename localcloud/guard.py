"""The last one to leave: a small process that cleans up when its starter dies without doing so.

`python -m localcloud.guard PATH…` reads lines from its standard input: `watch SESSION` and `forget
SESSION`. When the input ends, it ends every watched session and removes the paths. The starter keeps the
other end of the pipe, so that any death of it, SIGKILL included, is noticed at once.
"""

from __future__ import annotations

import shutil
import signal
import sys
from collections.abc import Iterable
from pathlib import Path

from localcloud.processes import end_session

GRACE_SECONDS = 4.0


def guard(lines: Iterable[str]) -> None:
    """Follows the lines; at their end, ends the sessions that are still watched."""
    watched: dict[int, None] = {}
    for line in lines:
        verb, _, session = line.strip().partition(" ")
        if verb == "watch":
            watched[int(session)] = None
        elif verb == "forget":
            watched.pop(int(session), None)
    for session_id in reversed(watched):
        end_session(session_id, GRACE_SECONDS)


def main(paths: list[str]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    guard(sys.stdin)
    for path in map(Path, paths):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


if __name__ == "__main__":
    main(sys.argv[1:])
