"""Turns what AWS says about a failure into the sentence a person reads.

The training service wraps the container's own words, Step Functions wraps a Lambda's. Both are unwrapped
here, and only here.
"""

from __future__ import annotations

import json
import re

MAX_MESSAGE_CHARACTERS = 1024

# `AlgorithmError: <the container's failure file>, exit code: 1`
_ALGORITHM_ERROR = re.compile(r"^AlgorithmError:\s*")
_EXIT_CODE = re.compile(r",?\s*exit code:\s*(-?\d+)\s*$", re.IGNORECASE)
# `<message> (Service: SageMaker, Status Code: 400, Request ID: …) (SDK Attempt Count: 1)`
_SERVICE_SUFFIX = re.compile(r"\s*\(Service: [^()]*\)(?:\s*\(SDK Attempt Count: \d+\))?\s*$")
_NOT_AUTHORIZED = "not authorized to perform"


def first_sentence(failure_reason: str | None) -> str:
    """The first line of what the container wrote, without the service's wrapping."""
    reason = _ALGORITHM_ERROR.sub("", (failure_reason or "").strip())
    exit_code = _EXIT_CODE.search(reason)
    text = _first_line(_EXIT_CODE.sub("", reason))
    if text:
        return text
    how = f" with exit code {exit_code.group(1)}" if exit_code else ""
    return f"The training container ended{how} without saying why."


def explain_error(error: str, cause: str) -> str:
    """What a caught error of the state machine means: a Lambda's own message, or the service's."""
    text = _first_line(_SERVICE_SUFFIX.sub("", _lambda_message(cause) or cause))
    return text or f"The state machine failed with {error or 'an unnamed error'}."


def is_denied(error: str, cause: str) -> bool:
    """Whether a permission is missing. SageMaker's refusal has a general name: its sentence tells."""
    return "AccessDenied" in error or _NOT_AUTHORIZED in cause


def _lambda_message(cause: str) -> str | None:
    try:
        document = json.loads(cause)
    except ValueError:
        return None
    message = document.get("errorMessage") if isinstance(document, dict) else None
    return message if isinstance(message, str) else None


def _first_line(text: str) -> str:
    lines = (line.strip() for line in text.splitlines())
    return next((line for line in lines if line), "")[:MAX_MESSAGE_CHARACTERS]
