"""Reading lists and curves: models of one's own before the shared ones, metrics after a given point."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from lambdas.domain.errors import InvalidRequest
from lambdas.domain.library import MetricValue, TrainedModel
from lambdas.domain.ports import Rows
from lambdas.domain.rows import SHARED_OWNER, Page, PageRequest
from lambdas.domain.training_reports import MetricsRecord

_OWN, _SHARED = "own", "shared"


def list_models(models: Rows[TrainedModel], owner: str, request: PageRequest) -> Page[TrainedModel]:
    """The owner's models newest first, then the shared ones. A place is `own:<id>` or `shared:<id>`."""
    scope, _, after = (request.after or f"{_OWN}:").partition(":")
    if scope not in (_OWN, _SHARED):
        raise InvalidRequest.at("/pageToken", "is not a token of this list")
    wanted = replace(request, after=after or None)
    if scope == _SHARED:
        return _scoped(models.list(SHARED_OWNER, wanted), _SHARED)
    own = models.list(owner, wanted)
    if own.next_after is not None:
        return _scoped(own, _OWN)
    return _fill_up(own, models, request)


def _fill_up(own: Page[TrainedModel], models: Rows[TrainedModel], request: PageRequest) -> Page[TrainedModel]:
    room = request.size - len(own.items)
    if room == 0:
        return Page(own.items, f"{_SHARED}:")
    shared = _scoped(models.list(SHARED_OWNER, replace(request, size=room, after=None)), _SHARED)
    return Page(own.items + shared.items, shared.next_after)


def _scoped(page: Page[TrainedModel], scope: str) -> Page[TrainedModel]:
    return Page(page.items, None if page.next_after is None else f"{scope}:{page.next_after}")


@dataclass(frozen=True)
class MetricPoint:
    """One number at one epoch."""

    seq: int
    epoch: int
    value: MetricValue


@dataclass(frozen=True)
class MetricCurve:
    """Points after the asked one, the training set's own values, and where to go on from."""

    points: tuple[MetricPoint, ...]
    reference: tuple[MetricValue, ...]
    next_after: int


def curve_after(records: Iterable[MetricsRecord], after: int, names: frozenset[str]) -> MetricCurve:
    """Only what is new since `after`; with `names`, only those."""
    points: list[MetricPoint] = []
    reference: tuple[MetricValue, ...] = ()
    next_after = after
    for record in records:
        wanted = tuple(value for value in record.values if not names or value.name in names)
        if record.is_reference:
            reference = wanted
        elif record.seq > after:
            points += [MetricPoint(record.seq, record.epoch, value) for value in wanted]
        next_after = max(next_after, record.seq)
    return MetricCurve(tuple(points), reference, next_after)
