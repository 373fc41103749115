"""Why a request is not answered with music: one root, a class per kind of fault.

Each carries the stable code of `contract.inference.InferenceError` and a sentence for whoever must act. The
HTTP status belongs to the server's table, not to the fault.
"""

from __future__ import annotations

from typing import ClassVar, Literal

Code = Literal[
    "invalid-request", "model-not-found", "corrupt-model", "unsupported-media-type", "too-large", "internal"
]


class ContainerError(Exception):
    """The root. The message is sent to the caller: it names no note of the melody."""

    code: ClassVar[Code] = "internal"


class InvalidRequest(ContainerError):
    """The caller must change the request."""

    code = "invalid-request"


class TooLarge(ContainerError):
    """The caller must send less."""

    code = "too-large"


class UnsupportedMediaType(ContainerError):
    """The body is of a type that is not read here."""

    code = "unsupported-media-type"


class NotAcceptable(ContainerError):
    """The caller accepts no type that is written here."""

    code = "unsupported-media-type"


class ModelNotFound(ContainerError):
    """No object lies at the model's URI."""

    code = "model-not-found"


class CorruptModel(ContainerError):
    """The archive is not a model: a person must look."""

    code = "corrupt-model"


class ModelForbidden(ContainerError):
    """The container's role may not read the model: the operator must look."""


class ModelUnavailable(ContainerError):
    """S3 did not answer: a retry helps."""
