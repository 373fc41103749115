"""Entrance of the table's stream: a QUEUED composition is made.

A row that a failed try put back to QUEUED makes a record too. It is passed over: the record of its queueing
is still being retried.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aws_lambda_powertools.utilities.typing import LambdaContext

from contract.table import Kind
from lambdas import bootstrap
from lambdas.bootstrap import ComposeServices
from lambdas.handlers.stream_records import Answer, ChangedRow, process_records

Handler = Callable[[Mapping[str, object], LambdaContext], Answer]


def make_handler(services: Callable[[], ComposeServices]) -> Handler:
    """The handler over services that are asked for at the first call."""

    def handle(event: Mapping[str, object], context: LambdaContext) -> Answer:
        with_services = services()

        def compose(row: ChangedRow) -> None:
            if row.attempts > 0:
                return
            composition = with_services.maker.compose_queued(row.owner, row.row_id)
            with_services.log.info("composed", status=composition.status, attempts=composition.attempts)

        return process_records(event, context, with_services.log, Kind.COMPOSITION, compose)

    return handle


handle = make_handler(bootstrap.compose)
