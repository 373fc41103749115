"""The one table from error families to HTTP, and every error body: RFC 9457 with a request id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from types import MappingProxyType

from aws_lambda_powertools.event_handler import Response
from pydantic_core import ErrorDetails

from contract.problems import CONTENT_TYPE, TYPE_PREFIX, FieldError, Problem, ProblemCode
from lambdas.domain.errors import (
    Conflict,
    ContinuoError,
    FieldFault,
    InvalidRequest,
    NotFound,
    Unavailable,
)

TITLES: dict[ProblemCode, tuple[HTTPStatus, str]] = {
    ProblemCode.MALFORMED_REQUEST: (HTTPStatus.BAD_REQUEST, "The request cannot be read"),
    ProblemCode.UNAUTHENTICATED: (HTTPStatus.UNAUTHORIZED, "Sign in first"),
    ProblemCode.FORBIDDEN: (HTTPStatus.FORBIDDEN, "This is not allowed"),
    ProblemCode.NOT_FOUND: (HTTPStatus.NOT_FOUND, "There is no such thing"),
    ProblemCode.METHOD_NOT_ALLOWED: (HTTPStatus.METHOD_NOT_ALLOWED, "This method is not offered here"),
    ProblemCode.STATE_CONFLICT: (HTTPStatus.CONFLICT, "The present state forbids this"),
    ProblemCode.TOO_LARGE: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request is too large"),
    ProblemCode.UNSUPPORTED_MEDIA_TYPE: (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send application/json"),
    ProblemCode.INVALID_VALUES: (HTTPStatus.UNPROCESSABLE_ENTITY, "Some values are not acceptable"),
    ProblemCode.THROTTLED: (HTTPStatus.TOO_MANY_REQUESTS, "Too many requests"),
    ProblemCode.INTERNAL: (HTTPStatus.INTERNAL_SERVER_ERROR, "Something is wrong on our side"),
    ProblemCode.UNAVAILABLE: (HTTPStatus.SERVICE_UNAVAILABLE, "Try again in a moment"),
}
RETRY_AFTER_SECONDS = 5
# Whoever reads these cannot help; the log has the details under the request id.
INTERNAL_DETAIL = "The request failed for a reason that only the log tells. Quote the request id."

# AccessDenied and CorruptArtifact are for the operator to see: the caller gets a 500 and the request id.
FAMILIES: dict[type[ContinuoError], ProblemCode] = {
    InvalidRequest: ProblemCode.INVALID_VALUES,
    NotFound: ProblemCode.NOT_FOUND,
    Conflict: ProblemCode.STATE_CONFLICT,
    Unavailable: ProblemCode.UNAVAILABLE,
}
# Conflicts that pass by themselves: the client is told when to come back.
PASSING_CONFLICTS = frozenset({"composition-not-finished"})


class ProblemError(Exception):
    """A request that is answered with a problem."""

    def __init__(
        self,
        code: ProblemCode,
        detail: str,
        faults: tuple[FieldFault, ...] = (),
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.faults = faults
        self.headers = headers


def to_problem_error(error: ContinuoError) -> ProblemError:
    """What a domain error is to an HTTP client."""
    code = next((code for family, code in FAMILIES.items() if isinstance(error, family)), None)
    if code is None:
        return ProblemError(ProblemCode.INTERNAL, INTERNAL_DETAIL)
    faults = error.faults if isinstance(error, InvalidRequest) else ()
    comes_back = code is ProblemCode.UNAVAILABLE or error.code in PASSING_CONFLICTS
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if comes_back else {}
    return ProblemError(code, error.message, faults, headers)


def encode_problem(error: ProblemError, request_id: str) -> Response[str]:
    status, title = TITLES[error.code]
    problem = Problem(
        type=TYPE_PREFIX + error.code,
        title=title,
        status=status,
        detail=error.detail,
        code=error.code,
        request_id=request_id,
        errors=[FieldError(pointer=fault.pointer, detail=fault.detail) for fault in error.faults],
    )
    return Response(status, CONTENT_TYPE, problem.to_json(), headers=dict(error.headers))


def to_faults(errors: list[ErrorDetails], document: object, prefix: str = "") -> tuple[FieldFault, ...]:
    """Pydantic's errors about a JSON document as JSON pointers, each place once."""
    faults: dict[str, FieldFault] = {}
    for error in errors:
        pointer = prefix + "".join(_pointer_parts(error["loc"], document))
        faults.setdefault(pointer, FieldFault(pointer, error["msg"]))
    return tuple(faults.values())


def _pointer_parts(location: tuple[int | str, ...], document: object) -> Iterator[str]:
    """The location as far as the document goes: pydantic also names union members, which are no places."""
    for part in location:
        if isinstance(document, dict):
            document = document.get(part)
        elif isinstance(document, list) and isinstance(part, int):
            document = document[part]
        else:
            return
        yield "/" + str(part).replace("~", "~0").replace("/", "~1")
