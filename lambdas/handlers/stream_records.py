"""What both stream entrances share: each record handled by itself, failures reported by record.

A record that fails is reported as a batch item failure: the stream retries from there, and hands it to the
dead-letter queue when it gives up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from contract.table import PARTITION_KEY, SORT_KEY, Kind, owner_of_key, row_key
from lambdas.domain.errors import NotFound

Answer = dict[str, list[dict[str, str]]]


@dataclass(frozen=True)
class ChangedRow:
    """Which row a record is about, and how often its queueing has been tried."""

    owner: str
    row_id: str
    attempts: int


def decode_record(record: DynamoDBRecord, kind: Kind) -> ChangedRow:
    """Raises `ValueError` on a record that is not about such a row."""
    image = record.dynamodb.new_image if record.dynamodb else None
    if not image or not str(image.get(SORT_KEY, "")).startswith(row_key(kind, "")):
        raise ValueError(f"the record {record.event_id} is not about a {kind}")
    row_id = str(image[SORT_KEY]).removeprefix(row_key(kind, ""))
    return ChangedRow(owner_of_key(str(image[PARTITION_KEY])), row_id, int(image.get("attempts", 0)))


def process_records(
    event: Mapping[str, object],
    context: LambdaContext,
    log: Logger,
    kind: Kind,
    act: Callable[[ChangedRow], None],
) -> Answer:
    """Every record through `act`; those that raised are the answer."""

    def handle_record(record: DynamoDBRecord) -> None:
        row = decode_record(record, kind)
        log.append_keys(correlation_id=row.row_id)
        try:
            act(row)
        except NotFound:
            log.warning("the row was removed before its record came: nothing to do")

    log.append_keys(function_request_id=context.aws_request_id)
    processor = BatchProcessor(
        EventType.DynamoDBStreams, raise_on_entire_batch_failure=False, logger=cast(Any, log)
    )
    answer = process_partial_response(dict(event), handle_record, processor, context)
    return cast(Answer, answer)
