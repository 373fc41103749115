"""Failure reasons of training jobs, as AWS spells them."""

from __future__ import annotations

import signal

FAILURE_CHARACTERS = 1024


def explain_failure(failure: str, exit_code: int) -> str:
    """`AlgorithmError: …, exit code: 1`. A signal is told as a shell does: 128 and its number."""
    if exit_code >= 0:
        told, shown = failure, exit_code
    else:
        number = -exit_code
        ended = f"The container was ended by signal {number} ({_signal_name(number)})"
        told, shown = failure or f"{ended} and left no failure file", 128 + number
    suffix = f", exit code: {shown}"
    prefix = "AlgorithmError: "
    return prefix + told[: FAILURE_CHARACTERS - len(prefix) - len(suffix)].strip() + suffix


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "unknown"
