"""The error families: each answers "who must act?".

    ContinuoError
    ├── InvalidRequest   the caller: values that cannot be accepted
    ├── NotFound         the caller: no such thing, or not theirs
    ├── Conflict         the caller: the state forbids it
    ├── Unavailable      nobody: a retry helps
    ├── AccessDenied     the operator: a permission is missing; the message names the action
    └── CorruptArtifact  a person: a file that we wrote or were given cannot be read

The class names are wire format: the state machine's `ErrorEquals` matches them. An error carries a stable
code and a sentence, never an HTTP status.
"""

from __future__ import annotations

from dataclasses import dataclass


class ContinuoError(Exception):
    """The root of every expected failure."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One wrong value: a JSON pointer to it, and what is wrong."""

    pointer: str
    detail: str


class InvalidRequest(ContinuoError):
    """Values that cannot be accepted; `faults` says which."""

    def __init__(self, code: str, message: str, faults: tuple[FieldFault, ...] = ()) -> None:
        super().__init__(code, message)
        self.faults = faults

    @classmethod
    def at(cls, pointer: str, detail: str) -> InvalidRequest:
        """One wrong value."""
        return cls("invalid-values", "1 value is wrong", (FieldFault(pointer, detail),))


class NotFound(ContinuoError):
    """No such thing, or it belongs to someone else."""


class Conflict(ContinuoError):
    """The state forbids it."""


class Unavailable(ContinuoError):
    """A part does not answer now; a retry helps."""


class AccessDenied(ContinuoError):
    """Our own role lacks a permission."""


class CorruptArtifact(ContinuoError):
    """A stored file is not what it should be."""
