"""Being ended well: the first Ctrl-C, SIGTERM or hang-up begins the clean-up, later ones do not cut it."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def interruptible(tell: Callable[[str], None]) -> Iterator[None]:
    """Within it, each of these signals is a `KeyboardInterrupt`, once. Main thread only."""
    is_ending = False

    def end(number: int, frame: FrameType | None) -> None:
        nonlocal is_ending
        if is_ending:
            tell("Already stopping, a moment please.")
            return
        is_ending = True
        tell(f"Stopping ({signal.Signals(number).name}) …")
        raise KeyboardInterrupt

    before = {number: signal.signal(number, end) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
