"""Entrance of the table's stream: a QUEUED training job starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aws_lambda_powertools.utilities.typing import LambdaContext

from contract.table import Kind
from lambdas import bootstrap
from lambdas.bootstrap import StartTrainingServices
from lambdas.handlers.stream_records import Answer, ChangedRow, process_records

Handler = Callable[[Mapping[str, object], LambdaContext], Answer]


def make_handler(services: Callable[[], StartTrainingServices]) -> Handler:
    """The handler over services that are asked for at the first call."""

    def handle(event: Mapping[str, object], context: LambdaContext) -> Answer:
        with_services = services()

        def start(row: ChangedRow) -> None:
            job = with_services.starter.start(row.owner, row.row_id)
            with_services.log.info("started", status=job.status, failure=job.failure and job.failure.code)

        return process_records(event, context, with_services.log, Kind.TRAINING_JOB, start)

    return handle


handle = make_handler(bootstrap.start_training)
