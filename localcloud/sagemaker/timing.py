"""How long things take: the limits of AWS, and how often this service looks. Tests give shorter ones."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """All in seconds."""

    poll: float = 0.2  # between two looks at a running process
    checkpoint: float = 1.0  # between two copies of changed checkpoint files
    log: float = 1.0  # between two batches to CloudWatch Logs
    stop_grace: float = 120.0  # from SIGTERM to SIGKILL, as on AWS
    startup: float = 60.0  # until a model server must answer /ping; AWS gives 8 minutes by default
    invocation: float = 60.0  # until a model server must have answered
    supervise: float = 1.0  # between two looks at the model servers
    drain: float = 2.0  # for a replaced model server to end its requests
