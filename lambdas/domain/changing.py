"""Read, change, save; and again when someone else saved in between."""

from __future__ import annotations

from collections.abc import Callable

from lambdas.domain.errors import Conflict, Unavailable
from lambdas.domain.ports import Rows
from lambdas.domain.rows import R

ROW_CHANGED = "row-changed"
MAX_TRIES = 5


def change(rows: Rows[R], owner: str, row_id: str, decide: Callable[[R], R]) -> R:
    """The row after `decide`, saved. Nothing is written when `decide` returns the row as it is.

    Raises `Unavailable` when others keep saving first.
    """
    for _ in range(MAX_TRIES):
        row = rows.get(owner, row_id)
        changed = decide(row)
        if changed is row or changed == row:
            return row
        try:
            return rows.save(changed)
        except Conflict as error:
            if error.code != ROW_CHANGED:
                raise
    raise Unavailable("row-contended", f"{row_id} is being changed by others, again and again")
