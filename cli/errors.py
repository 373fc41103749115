"""What can go wrong for the person at the terminal. Each error carries its sentence and a way on.

CliError
├── ApiProblemError      the API refused, and said why
├── NotReachableError    nobody answers there
├── NotSignedInError     no token, or one that is not taken
├── NotRunningError      no local cloud to talk to
└── JobFailedError       the work that was asked for ended badly
"""

from __future__ import annotations

from collections.abc import Sequence

from contract.problems import FieldError, Problem

HOW_TO_START = "Start one with `continuo up`, or point at a deployment with --endpoint URL."
HOW_TO_SIGN_IN = (
    "Set CONTINUO_TOKEN to an ID token. `continuo token --help` tells how to get one; "
    "on the local cloud that `continuo up` started, none is needed."
)


class CliError(Exception):
    """The root. `lines` are shown below the sentence, `hint` last."""

    def __init__(self, message: str, *, lines: Sequence[str] = (), hint: str = "") -> None:
        super().__init__(message)
        self.lines = tuple(lines)
        self.hint = hint


class NotReachableError(CliError):
    """Nothing answers at the address."""

    def __init__(self, url: str, reason: str, hint: str = HOW_TO_START) -> None:
        super().__init__(f"{url} cannot be reached: {reason}", hint=hint)


class NotSignedInError(CliError):
    """The API does not know who asks."""

    def __init__(self, message: str, hint: str = HOW_TO_SIGN_IN) -> None:
        super().__init__(message, hint=hint)


class NotRunningError(CliError):
    """There is no local cloud."""

    def __init__(self, message: str, hint: str = HOW_TO_START) -> None:
        super().__init__(message, hint=hint)


class JobFailedError(CliError):
    """A training job or a composition ended FAILED."""


class ApiProblemError(CliError):
    """The API answered with an error; `status` is HTTP's, `code` is there when it sent a problem body."""

    def __init__(self, status: int, message: str, *, code: str = "", lines: Sequence[str] = ()) -> None:
        super().__init__(message, lines=lines)
        self.status = status
        self.code = code

    @staticmethod
    def of_problem(problem: Problem) -> ApiProblemError:
        width = max((len(error.pointer) for error in problem.errors), default=0)
        return ApiProblemError(
            problem.status,
            f"{problem.title} ({problem.status} {problem.code})",
            code=problem.code,
            lines=[
                problem.detail,
                *(_field_line(error, width) for error in problem.errors),
                f"request {problem.request_id}",
            ],
        )


def _field_line(error: FieldError, width: int) -> str:
    return f"{error.pointer or '/':<{width}}  {error.detail}"
