"""The container's entry point: `python -m training_container train`.

It owns the process: threads, the stop signal, the failure file and the exit code. Exit 0 is a model, whether
of a whole training or of a stopped one; 2 is a job that cannot be trained as asked; 1 is our fault. SageMaker
shows the first 1,024 characters of the failure file, so it begins with the sentence that helps.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Mapping
from pathlib import Path

EXIT_FAULT, EXIT_INVALID_JOB = 1, 2
DEFAULT_ROOT = "/opt/ml"


def main(arguments: list[str]) -> int:
    """Run the job. The exit code."""
    if arguments != ["train"]:
        sys.stderr.write("usage: python -m training_container train\n")
        return EXIT_INVALID_JOB
    root = Path(os.environ.get("SAGEMAKER_BASE_DIR", DEFAULT_ROOT))
    stop = threading.Event()
    # Before the heavy imports: SageMaker may stop a job in its first second.
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    try:
        _train(root, stop)
    except Exception as error:  # noqa: BLE001  # the process's edge: whatever it was, the failure file says it
        return _leave_failure(root, error)
    return 0


def _train(root: Path, stop: threading.Event) -> None:
    import torch

    from training_container.job import run_job
    from training_container.layout import Layout

    torch.set_num_threads(choose_n_threads(os.environ, os.cpu_count() or 1))
    run_job(Layout(root), stop.is_set)


def choose_n_threads(environment: Mapping[str, str], n_processors: int) -> int:
    """`SM_NUM_CPUS` where SageMaker sets it, else all processors but one.

    On two processors one thread is a third slower than two while nothing else runs, and two to twenty times
    faster when something does: threads that wait for each other spin.
    """
    return int(environment.get("SM_NUM_CPUS", "0")) or max(1, n_processors - 1)


def _leave_failure(root: Path, error: Exception) -> int:
    """Write why it failed where SageMaker looks for it. The exit code."""
    from training_container.errors import InvalidJob, TrainingError

    expected = isinstance(error, TrainingError)
    sentence = str(error) if expected else f"The training broke off: {type(error).__name__}: {error}"
    trace = "".join(traceback.format_exception(error))
    failure = root / "output" / "failure"
    failure.parent.mkdir(parents=True, exist_ok=True)
    failure.write_text(f"{sentence}\n\n{trace}", encoding="utf-8")
    sys.stderr.write(f"{sentence}\n{trace}")
    return EXIT_INVALID_JOB if isinstance(error, InvalidJob) else EXIT_FAULT


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
