"""What every stored thing has in common: an owner, an id, a version and two moments.

`version` counts changes. A row in hand is the row as read; saving it succeeds only if nobody else saved
in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

SHARED_OWNER = "shared"


@dataclass(frozen=True, kw_only=True)
class Row:
    """Someone's thing, as it was read."""

    owner: str
    created_at: datetime
    updated_at: datetime
    version: int = 1

    @property
    def row_id(self) -> str:
        raise NotImplementedError


R = TypeVar("R", bound=Row)
R_co = TypeVar("R_co", covariant=True)


@dataclass(frozen=True)
class PageRequest:
    """Which part of a list is wanted: at most `size` rows beyond the row with id `after`."""

    size: int
    after: str | None = None
    status: str | None = None
    newest_first: bool = True


@dataclass(frozen=True)
class Page(Generic[R_co]):
    """Part of a list; `next_after` is set when there is more."""

    items: tuple[R_co, ...]
    next_after: str | None = None
