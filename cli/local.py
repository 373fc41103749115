"""The process that runs a local cloud: what it tells others in `deployment.json`, and how they end it.

Invariant: a process is signalled only when it is the one that wrote the file, by id and by time of birth.
"""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import psutil

from cli.errors import CliError, NotRunningError
from cli.session import DESCRIPTION_FILE, LocalDeployment, LocalUser, read_local_deployment

DOWN_SECONDS = 60.0
SAME_PROCESS_SECONDS = 1.0


def describe_ready(folder: Path, user: LocalUser) -> LocalDeployment:
    """Adds to `deployment.json` how the demo user signs in and which process this is; it is for us alone."""
    path = folder / DESCRIPTION_FILE
    description = json.loads(path.read_text())
    description |= {"user": user.model_dump(), "processStartedAt": psutil.Process().create_time()}
    draft = path.with_suffix(".draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(json.dumps(description, indent=2) + "\n")
    draft.replace(path)
    return LocalDeployment.model_validate(description)


def stop_running(folder: Path) -> int:
    """Ends the local cloud of the folder, as Ctrl-C would, and waits: the id of the process that ended.

    Raises `NotRunningError` when the recorded process is gone or is another one by now, and `CliError` when
    it does not end.
    """
    local = read_local_deployment(folder)
    if local is None:
        raise NotRunningError(
            f"No local cloud runs in {folder}.", hint="One that is starting ends with Ctrl-C."
        )
    process = _same_process(local)
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(DOWN_SECONDS)
    except psutil.TimeoutExpired as error:
        raise CliError(f"Process {local.pid} has not ended after {DOWN_SECONDS:.0f} s.") from error
    return local.pid


def _same_process(local: LocalDeployment) -> psutil.Process:
    try:
        process = psutil.Process(local.pid)
        started_at = local.process_started_at
        if started_at is not None and abs(process.create_time() - started_at) < SAME_PROCESS_SECONDS:
            return process
    except psutil.Error:
        pass
    raise NotRunningError(
        f"Process {local.pid}, which ran a local cloud, is gone or is another one now.",
        hint="The next `continuo up` clears what it left.",
    )
