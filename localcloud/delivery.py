"""How Lambda delivers a batch of stream records: retries, bisecting, partial failures, giving up.

Pure: knows neither the emulator nor threads. Invariant: `deliver` returns only when every record was
handled, was given to `give_up`, or is no longer wanted; records are delivered in order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

Record = dict[str, object]

FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 10.0


class GaveUp(StrEnum):
    """Why records were given up, as the failure record says it."""

    RETRIES = "RetryAttemptsExhausted"
    AGE = "MaxRecordAgeExceeded"


@dataclass(frozen=True)
class DeliveryRules:
    """An event source mapping's settings; none means without limit."""

    max_retries: int | None = None
    max_age_seconds: float | None = None
    bisect: bool = False

    @staticmethod
    def of_mapping(mapping: dict[str, object]) -> DeliveryRules:
        """From the mapping as the Lambda API shows it, where -1 means without limit."""
        retries, age = mapping.get("MaximumRetryAttempts"), mapping.get("MaximumRecordAgeInSeconds")
        return DeliveryRules(
            max_retries=None if retries in (None, "", -1, "-1") else int(str(retries)),
            max_age_seconds=None if age in (None, "", -1, "-1") else float(str(age)),
            bisect=str(mapping.get("BisectBatchOnFunctionError", False)).lower() == "true",
        )


@dataclass(frozen=True)
class Failure:
    """A batch that was not handled: from which record on, and what the function answered.

    A throttled invocation does not count as an attempt.
    """

    first_failed: int = 0
    answer: Mapping[str, object] | None = None
    throttled: bool = False


@dataclass
class _Batch:
    records: Sequence[Record]
    retries: int = 0


@dataclass
class Delivery:
    """What a delivery needs from outside.

    invoke: hands records to the function; None when it handled all.
    give_up: takes records that will not be tried again.
    age_seconds: how old a record is. wait: pauses. is_wanted: false ends the delivery early.
    """

    rules: DeliveryRules
    invoke: Callable[[Sequence[Record]], Failure | None]
    give_up: Callable[[Sequence[Record], GaveUp, Failure], None]
    age_seconds: Callable[[Record], float]
    wait: Callable[[float], None]
    is_wanted: Callable[[], bool]

    def deliver(self, records: Sequence[Record]) -> None:
        """Brings the records to an end, in order."""
        waiting = [_Batch(records)]
        failures_in_row = 0
        last_failure = Failure()
        while waiting and self.is_wanted():
            batch = waiting.pop()
            batch.records = self._without_expired(batch.records, last_failure)
            if not batch.records:
                continue
            failure = self.invoke(batch.records)
            if failure is None:
                failures_in_row = 0
                continue
            last_failure = failure
            waiting += self._after(batch, failure)
            self.wait(min(FIRST_WAIT_SECONDS * 2**failures_in_row, LONGEST_WAIT_SECONDS))
            failures_in_row = min(failures_in_row + 1, 16)

    def _after(self, batch: _Batch, failure: Failure) -> list[_Batch]:
        """What is to be tried next, last first."""
        if failure.throttled:
            return [batch]
        remaining = batch.records[failure.first_failed :]
        if self.rules.bisect and len(remaining) > 1:  # a split does not count as a retry
            middle = (len(remaining) + 1) // 2
            return [_Batch(remaining[middle:], batch.retries), _Batch(remaining[:middle], batch.retries)]
        retries = 0 if failure.first_failed else batch.retries
        if self.rules.max_retries is not None and retries >= self.rules.max_retries:
            self.give_up(remaining, GaveUp.RETRIES, failure)
            return []
        return [_Batch(remaining, retries + 1)]

    def _without_expired(self, records: Sequence[Record], failure: Failure) -> Sequence[Record]:
        limit = self.rules.max_age_seconds
        if limit is None:
            return records
        expired = [record for record in records if self.age_seconds(record) > limit]
        if expired:
            self.give_up(expired, GaveUp.AGE, failure)
        return [record for record in records if record not in expired]


def read_answer(records: Sequence[Record], answer: object, reports_failures: bool) -> Failure | None:
    """What a function's answer says about the batch; `reports_failures` is ReportBatchItemFailures.

    A missing or empty list is success. An identifier that is empty or names no record fails the batch.
    """
    if not reports_failures or not isinstance(answer, dict) or not answer.get("batchItemFailures"):
        return None
    positions = {sequence_number(record): index for index, record in enumerate(records)}
    failed = answer["batchItemFailures"]
    named = [str(item.get("itemIdentifier", "")) if isinstance(item, dict) else "" for item in failed]
    return Failure(min(positions.get(name, 0) for name in named), answer)


def sequence_number(record: Record) -> str:
    """A DynamoDB stream record's sequence number."""
    change = record.get("dynamodb")
    return str(change.get("SequenceNumber", "")) if isinstance(change, dict) else ""
