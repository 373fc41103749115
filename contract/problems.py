"""Errors as the REST API tells them: RFC 9457 problem details with a stable code."""

from __future__ import annotations

from enum import StrEnum

from contract.base import WireModel

CONTENT_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:continuo:problem:"


class ProblemCode(StrEnum):
    """Stable names; a client may switch on them."""

    MALFORMED_REQUEST = "malformed-request"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not-found"
    METHOD_NOT_ALLOWED = "method-not-allowed"
    STATE_CONFLICT = "state-conflict"
    TOO_LARGE = "too-large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported-media-type"
    INVALID_VALUES = "invalid-values"
    THROTTLED = "throttled"
    INTERNAL = "internal"
    UNAVAILABLE = "unavailable"


class FieldError(WireModel):
    """One value that is wrong: a JSON pointer into the body, and what is wrong with it."""

    pointer: str
    detail: str


class Problem(WireModel):
    """An error body: `type`, `title`, `status` and `detail` as RFC 9457 has them."""

    type: str
    title: str
    status: int
    detail: str
    code: ProblemCode
    request_id: str
    errors: list[FieldError] = []
