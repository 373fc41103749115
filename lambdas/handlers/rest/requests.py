"""What a route takes from a request: who asks, the body, the place in a list.

Bodies are read strictly from the raw JSON: `"5"` is no number and `true` is no 1. Powertools' own body
validation is lenient there, takes forms for JSON, and unwraps lists.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Annotated, TypeVar

from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from pydantic import BaseModel, Field, ValidationError

from contract.problems import ProblemCode
from lambdas.domain.errors import FieldFault, InvalidRequest
from lambdas.domain.submitting import refuse_if_any
from lambdas.handlers.rest.problems import ProblemError, to_faults

JSON = "application/json"
# A MIDI file of the largest size in base64, and room for the rest.
MAX_BODY_BYTES = 512 * 1024

PageSize = Annotated[int, Query(alias="pageSize", ge=1, le=100)]
PageToken = Annotated[str | None, Query(alias="pageToken", max_length=1024)]
DEFAULT_PAGE_SIZE = 20

M = TypeVar("M", bound=BaseModel)


def owner_of(event: APIGatewayProxyEvent) -> str:
    """The person's id from the verified token. Raises `ProblemError` (401) without one."""
    claims = event.request_context.authorizer.get("claims")
    owner = claims.get("sub") if isinstance(claims, dict) else None
    if not isinstance(owner, str) or not owner:
        raise ProblemError(ProblemCode.UNAUTHENTICATED, "the request carries no verified identity")
    return owner


def request_id_of(event: Mapping[str, object]) -> str:
    """API Gateway's id of the request, which the caller sees too."""
    context = event.get("requestContext")
    return str(context.get("requestId", "")) if isinstance(context, dict) else ""


def decode_body(event: APIGatewayProxyEvent, model: type[M]) -> M:
    """The body as a model. Raises `ProblemError`: 400, 413, 415, or 422 with a pointer per wrong value."""
    raw = _raw_body(event)
    try:
        document: object = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise ProblemError(ProblemCode.MALFORMED_REQUEST, f"the body is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise ProblemError(ProblemCode.MALFORMED_REQUEST, "the body must be a JSON object")
    try:
        return model.model_validate_json(raw, strict=True)
    except ValidationError as error:
        faults = to_faults(error.errors(include_url=False), document)
        raise _wrong_values(faults) from error


def validate_values(values: Mapping[str, object], model: type[M], prefix: str) -> M:
    """Part of a body as a model, strictly. Raises `InvalidRequest` with pointers below `prefix`."""
    try:
        return model.model_validate(dict(values), strict=True)
    except ValidationError as error:
        faults = to_faults(error.errors(include_url=False), dict(values), prefix)
        raise _wrong_values(faults) from error


def _wrong_values(faults: tuple[FieldFault, ...]) -> InvalidRequest:
    count = "1 value is" if len(faults) == 1 else f"{len(faults)} values are"
    return InvalidRequest("invalid-values", f"{count} wrong", faults)


def _raw_body(event: APIGatewayProxyEvent) -> bytes:
    media_type = (event.headers.get("content-type") or "").partition(";")[0].strip().lower()
    if media_type != JSON:
        given = f"not {media_type}" if media_type else "and say so in Content-Type"
        raise ProblemError(ProblemCode.UNSUPPORTED_MEDIA_TYPE, f"the body must be {JSON}, {given}")
    raw = (event.body or "").encode()
    if event.is_base64_encoded:
        raw = base64.b64decode(raw)
    if len(raw) > MAX_BODY_BYTES:
        raise ProblemError(ProblemCode.TOO_LARGE, f"the body is larger than {MAX_BODY_BYTES} bytes")
    return raw


class PlaceInList(BaseModel):
    """What a page token holds: which list, with which filters, and after which row."""

    route: str
    filters: dict[str, str | None]
    after: Annotated[str, Field(min_length=1, max_length=200)]


def encode_page_token(route: str, filters: dict[str, str | None], after: str | None) -> str | None:
    """An opaque token, bound to its list and filters; none at the end."""
    if after is None:
        return None
    place = PlaceInList(route=route, filters=filters, after=after)
    return base64.urlsafe_b64encode(place.model_dump_json().encode()).decode().rstrip("=")


def decode_page_token(token: str | None, route: str, filters: dict[str, str | None]) -> str | None:
    """The inverse of `encode_page_token`. Raises `InvalidRequest` on a token of anything else."""
    if token is None:
        return None
    place = _read_token(token)
    if place is None or (place.route, place.filters) != (route, filters):
        refuse_if_any([FieldFault("/pageToken", "is not a token of this list with these filters")])
    return place.after if place else None


def _read_token(token: str) -> PlaceInList | None:
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        return PlaceInList.model_validate_json(raw)
    except (binascii.Error, ValueError):
        return None
