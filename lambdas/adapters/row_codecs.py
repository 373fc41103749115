"""Between rows of the domain and items of the table: what every kind shares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic

from contract.base import to_timestamp
from contract.table import Kind, TableItem
from contract.training import JobFailure
from lambdas.domain.rows import R
from lambdas.domain.training_jobs import Failure, FailureCode


@dataclass(frozen=True)
class RowCodec(Generic[R]):
    """Both directions for one kind of row."""

    kind: Kind
    encode: Callable[[R], TableItem]
    decode: Callable[[Mapping[str, object]], R]


def from_timestamp(text: str) -> datetime:
    """The inverse of `to_timestamp`."""
    return datetime.fromisoformat(text).astimezone(UTC)


def optional_timestamp(moment: datetime | None) -> str | None:
    return None if moment is None else to_timestamp(moment)


def optional_moment(text: str | None) -> datetime | None:
    return None if text is None else from_timestamp(text)


def encode_failure(failure: Failure | None) -> JobFailure | None:
    return None if failure is None else JobFailure(code=failure.code.value, message=failure.message)


def decode_failure(failure: JobFailure | None) -> Failure | None:
    return None if failure is None else Failure(FailureCode(failure.code), failure.message)
