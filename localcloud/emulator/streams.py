"""DynamoDB streams to Lambda with AWS's delivery rules, one delivery at a time and thread per mapping.

Replaces the emulator's one-thread poll, which retries a failing batch for ever and lets a slow function
delay all others. The rules themselves are in `localcloud.delivery`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ministack.core import lambda_runtime
from ministack.core.arn import ArnParseError, parse_arn
from ministack.core.responses import set_request_account_id, set_request_region
from ministack.services import dynamodb, lambda_svc

from localcloud.delivery import Delivery, DeliveryRules, Failure, GaveUp, Record, read_answer
from localcloud.emulator.permissions import find_denial

_log = logging.getLogger("continuo.streams")
_DEFAULT_BATCH = 100
_READING = ("dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream")

_busy: set[str] = set()
_busy_lock = threading.Lock()


def install() -> None:
    """Takes the place of the emulator's own poll for DynamoDB streams."""
    lambda_svc._poll_dynamodb_streams = poll


@dataclass(frozen=True)
class _Source:
    """A mapping whose table and function are there."""

    mapping: dict[str, object]
    table: str
    function: dict[str, object]
    account: str
    region: str

    @property
    def id(self) -> str:
        return str(self.mapping["UUID"])

    @property
    def stream_arn(self) -> str:
        return str(self.mapping["EventSourceArn"])


def poll() -> bool:
    """Starts a delivery for each mapping that is idle and has records; true when one was started."""
    started = False
    for source in _sources():
        with _busy_lock:
            if source.id in _busy:
                continue
            position, records = _next_records(source)
            if not records:
                continue
            _busy.add(source.id)
        lambda_svc._dispatch_esm_batch(source.id, _deliver, source, position, records)
        started = True
    return started


def _sources() -> Iterator[_Source]:
    for account, region, mapping in lambda_svc._iter_all_esms():
        if not mapping.get("Enabled", True) or ":dynamodb:" not in mapping.get("EventSourceArn", ""):
            continue
        set_request_account_id(account)
        set_request_region(region)
        source = _resolved(mapping, account, region)
        if source is not None:
            yield source


def _resolved(mapping: dict[str, object], account: str, region: str) -> _Source | None:
    try:
        table_and_label = lambda_svc._dynamodb_stream_table_from_arn_spec(
            parse_arn(mapping["EventSourceArn"])
        )
    except ArnParseError:
        return None
    function, _ = lambda_svc._get_func_record_for_qualifier(mapping["FunctionName"], mapping.get("Qualifier"))
    table = dynamodb._tables.get(table_and_label[0]) if table_and_label else None
    if not table or not function or table.get("LatestStreamArn") != mapping["EventSourceArn"]:
        return None
    return _Source(mapping, table_and_label[0], function, account, region)


def _next_records(source: _Source) -> tuple[int, list[Record]]:
    """The position to read from, and the records from there on: filtered ones are still among them."""
    horizon = dynamodb.stream_start_position(source.table)
    end = dynamodb.stream_end_position(source.table)
    starts_at = horizon if source.mapping.get("StartingPosition") == "TRIM_HORIZON" else end
    with lambda_svc._dynamodb_stream_positions_lock:
        position = max(lambda_svc._dynamodb_stream_positions.get(source.id, starts_at), horizon)
        lambda_svc._dynamodb_stream_positions[source.id] = position
    size = int(str(source.mapping.get("BatchSize") or _DEFAULT_BATCH))
    return position, list(dynamodb.stream_records_since(source.table, position, size))


def _deliver(source: _Source, position: int, records: list[Record]) -> None:
    set_request_account_id(source.account)
    set_request_region(source.region)
    try:
        wanted = lambda_svc._apply_filter_criteria(records, source.mapping)
        if wanted and not _may_read(source):
            time.sleep(1)  # the records wait until the role may read them
            return
        if wanted:
            _delivery(source).deliver(wanted)
        with lambda_svc._dynamodb_stream_positions_lock:
            lambda_svc._dynamodb_stream_positions[source.id] = position + len(records)
    finally:
        with _busy_lock:
            _busy.discard(source.id)


def _delivery(source: _Source) -> Delivery:
    return Delivery(
        rules=DeliveryRules.of_mapping(source.mapping),
        invoke=lambda records: _invoke(source, records),
        give_up=lambda records, why, failure: _give_up(source, records, why, failure),
        age_seconds=_age_seconds,
        wait=time.sleep,
        is_wanted=lambda: _is_enabled(source),
    )


def _is_enabled(source: _Source) -> bool:
    known = any(mapping is source.mapping for _, _, mapping in lambda_svc._iter_all_esms())
    return known and bool(source.mapping.get("Enabled", True))


def _invoke(source: _Source, records: Sequence[Record]) -> Failure | None:
    result = lambda_svc._execute_function(source.function, {"Records": list(records)})
    body = result.get("body")
    if result.get("throttle"):
        return Failure(throttled=True)
    if result.get("error"):
        failure: Failure | None = Failure(0, result)
    else:
        types = source.mapping.get("FunctionResponseTypes") or []
        failure = read_answer(records, body, isinstance(types, list) and "ReportBatchItemFailures" in types)
    source.mapping["LastProcessingResult"] = "FAILED" if failure else f"OK - {len(records)} records"
    if failure:
        name = source.mapping["FunctionName"]
        _log.warning("%s did not handle %d records: %s\n%s", name, len(records), body, result.get("log", ""))
    return failure


def _give_up(source: _Source, records: Sequence[Record], why: GaveUp, failure: Failure) -> None:
    _log.warning("%s gives up %d records: %s", source.mapping["FunctionName"], len(records), why)
    destination = _destination(source.mapping)
    if not destination:
        return
    action = "sqs:SendMessage" if ":sqs:" in destination else "sns:Publish"
    denial = find_denial(_function_key(source), action, destination)
    if denial:
        _log.error("the failure record of %s is lost: %s", source.mapping["FunctionName"], denial)
        return
    lambda_svc._send_ddb_stream_failure_record(
        source.mapping, source.function, list(records), source.stream_arn, failure.answer or {}, str(why)
    )


def _destination(mapping: dict[str, object]) -> str:
    config = mapping.get("DestinationConfig")
    on_failure = config.get("OnFailure") if isinstance(config, dict) else None
    return str(on_failure.get("Destination") or "") if isinstance(on_failure, dict) else ""


def _may_read(source: _Source) -> bool:
    key = _function_key(source)
    denials = filter(None, (find_denial(key, action, source.stream_arn) for action in _READING))
    denial = next(denials, None)
    if denial:
        source.mapping["LastProcessingResult"] = f"PROBLEM: {denial}"
        _log.error("the stream of %s cannot be read: %s", source.table, denial)
    return denial is None


def _function_key(source: _Source) -> str:
    config = source.function.get("config") or source.function
    return str(lambda_runtime.execution_credentials(config)["AWS_ACCESS_KEY_ID"])


def _age_seconds(record: Record) -> float:
    change = record.get("dynamodb")
    created = change.get("ApproximateCreationDateTime") if isinstance(change, dict) else None
    return time.time() - float(str(created)) if created else 0.0
