"""AWS errors as families of the domain, once: a missing permission, or a fault that passes.

Adapters handle the errors of their own operations first. What nobody understands stays as it is: a bug.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
)

from lambdas.domain.errors import AccessDenied, ContinuoError, Unavailable

TRANSIENT_CODES = frozenset(
    {
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "InternalServerException",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
DENIED_CODES = frozenset({"AccessDenied", "AccessDeniedException", "AccessDeniedError"})
NETWORK_ERRORS = (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
)


def error_code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")


def error_message(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Message", "")


@contextmanager
def aws_call(action: str) -> Iterator[None]:
    """Around one call; `action` is its IAM name, like `s3:GetObject`."""
    try:
        yield
    except ClientError as error:
        translated = to_domain_error(error, action)
        if translated is None:
            raise
        raise translated from error
    except NETWORK_ERRORS as error:
        raise Unavailable("no-answer", f"{action} got no answer: {error}") from error


def to_domain_error(error: ClientError, action: str) -> ContinuoError | None:
    """The family, or none for an error that is our bug."""
    code, message = error_code(error), error_message(error)
    if code in DENIED_CODES:
        # Some services say only "Access Denied": the action is named here in any case.
        named = message if action in message else f"not authorized to perform {action}: {message}"
        return AccessDenied("access-denied", named)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in TRANSIENT_CODES or status >= 500 or status == 429:
        return Unavailable("aws-fault", f"{action} failed for now: {code} {message}")
    return None
