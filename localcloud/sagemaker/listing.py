"""`List…` operations: filters, order and pages over records, the same for every kind.

A token holds the place after the last record given and is bound to the order, so records that come or go
between two pages neither repeat nor hide others.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.utils import parse_to_aware_datetime

from localcloud.sagemaker.documents import Document
from localcloud.sagemaker.protocol import invalid

_DEFAULT_PAGE = 10

SortKey = tuple[Any, str]  # the field's value, a number or a text; then the name


@dataclass(frozen=True)
class Listing:
    """How one kind is listed: which field holds its name and status, what its entries are called."""

    list_field: str
    name_field: str
    summary_fields: tuple[str, ...]
    status_field: str = ""

    def answer(self, records: Sequence[Document], request: Document) -> Document:
        order = str(request.get("SortBy", "CreationTime"))
        backwards = request.get("SortOrder", "Ascending") == "Descending"
        key = self._sort_key(order)
        found = sorted((r for r in records if self._matches(r, request)), key=key, reverse=backwards)
        start = _decode_token(request.get("NextToken"), order, backwards)
        if start is not None:
            found = [r for r in found if (key(r) < start if backwards else key(r) > start)]
        size = int(request.get("MaxResults", _DEFAULT_PAGE))
        page = found[:size]
        answer: Document = {self.list_field: [self._summary(record) for record in page]}
        if len(found) > size:
            answer["NextToken"] = _encode_token(key(page[-1]), order, backwards)
        return answer

    def _summary(self, record: Document) -> Document:
        return {field: record[field] for field in self.summary_fields if field in record}

    def _matches(self, record: Document, request: Document) -> bool:
        return (
            str(request.get("NameContains", "")).lower() in record[self.name_field].lower()
            and request.get("StatusEquals", record.get(self.status_field)) == record.get(self.status_field)
            and _is_within(record.get("CreationTime"), request, "CreationTime")
            and _is_within(record.get("LastModifiedTime"), request, "LastModifiedTime")
        )

    def _sort_key(self, order: str) -> Callable[[Document], SortKey]:
        field = {"Name": self.name_field, "Status": self.status_field}.get(order, "CreationTime")
        return lambda record: (record[field], record[self.name_field])


def _is_within(moment: float | None, request: Document, field: str) -> bool:
    after, before = request.get(f"{field}After"), request.get(f"{field}Before")
    if after is None and before is None:
        return True
    if moment is None:
        return False
    return (after is None or moment > _epoch(after)) and (before is None or moment < _epoch(before))


def _epoch(moment: Any) -> float:
    parsed: datetime = parse_to_aware_datetime(moment)
    return parsed.timestamp()


def _encode_token(key: SortKey, order: str, backwards: bool) -> str:
    return base64.urlsafe_b64encode(json.dumps([order, backwards, *key]).encode()).decode()


def _decode_token(token: str | None, order: str, backwards: bool) -> SortKey | None:
    if token is None:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(token))
    except ValueError as error:
        raise invalid("The NextToken is not one of this service.") from error
    if not isinstance(found, list) or len(found) != 4 or found[:2] != [order, backwards]:
        raise invalid("The NextToken belongs to a request with another order.")
    return found[2], found[3]
