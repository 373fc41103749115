"""Delivery of stream records: every rule by hand, without emulator, thread or clock."""

from __future__ import annotations

from localcloud.delivery import (
    LONGEST_WAIT_SECONDS,
    Delivery,
    DeliveryRules,
    Failure,
    GaveUp,
    read_answer,
    sequence_number,
)


def make_record(number):
    return {"dynamodb": {"SequenceNumber": str(number)}}


def numbers(records):
    return [int(sequence_number(record)) for record in records]


class FakeFunction:
    """Fails batches that hold a poison record; with `reports`, says from which record on."""

    def __init__(self, poison=(), failures=None, reports=False):
        self.poison = set(poison)
        self.failures_left = failures  # none: fails for ever
        self.reports = reports
        self.batches = []

    def __call__(self, records):
        self.batches.append(numbers(records))
        bad = [index for index, number in enumerate(numbers(records)) if number in self.poison]
        if not bad or self.failures_left == 0:
            return None
        if self.failures_left is not None:
            self.failures_left -= 1
        return Failure(bad[0] if self.reports else 0)


def deliver(function, rules, count=4, ages=None, wanted=lambda: True):
    given_up: list[tuple[list[int], GaveUp]] = []
    waits: list[float] = []
    Delivery(
        rules=rules,
        invoke=function,
        give_up=lambda records, why, _: given_up.append((numbers(records), why)),
        age_seconds=lambda record: (ages or {}).get(int(sequence_number(record)), 0),
        wait=waits.append,
        is_wanted=wanted,
    ).deliver([make_record(number) for number in range(count)])
    return given_up, waits


def test_handled_batch_is_delivered_once():
    function = FakeFunction()

    given_up, waits = deliver(function, DeliveryRules(max_retries=3))

    assert (function.batches, given_up, waits) == ([[0, 1, 2, 3]], [], [])


def test_failing_batch_is_given_up_after_its_retries():
    function = FakeFunction(poison=[2])

    given_up, _ = deliver(function, DeliveryRules(max_retries=2))

    assert function.batches == [[0, 1, 2, 3]] * 3
    assert given_up == [([0, 1, 2, 3], GaveUp.RETRIES)]


def test_no_retries_means_one_attempt():
    function = FakeFunction(poison=[0])

    given_up, _ = deliver(function, DeliveryRules(max_retries=0))

    assert (len(function.batches), len(given_up)) == (1, 1)


def test_without_limit_a_batch_is_retried_until_it_is_handled():
    function = FakeFunction(poison=[1], failures=25)

    given_up, waits = deliver(function, DeliveryRules())

    assert (len(function.batches), given_up) == (26, [])
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_WAIT_SECONDS


def test_bisecting_isolates_the_poison_record():
    function = FakeFunction(poison=[2])

    given_up, _ = deliver(function, DeliveryRules(max_retries=1, bisect=True))

    assert function.batches == [[0, 1, 2, 3], [0, 1], [2, 3], [2], [2], [3]]
    assert given_up == [([2], GaveUp.RETRIES)]


def test_reported_failure_is_retried_from_there_on():
    function = FakeFunction(poison=[2], failures=1, reports=True)

    given_up, _ = deliver(function, DeliveryRules(max_retries=5))

    assert function.batches == [[0, 1, 2, 3], [2, 3]]
    assert given_up == []


def test_records_before_a_reported_failure_are_never_given_up():
    function = FakeFunction(poison=[2], reports=True)

    given_up, _ = deliver(function, DeliveryRules(max_retries=1, bisect=True))

    assert given_up == [([2], GaveUp.RETRIES)]
    assert function.batches[-1] == [3]


def test_records_past_their_age_are_given_up_without_an_attempt():
    function = FakeFunction()

    given_up, _ = deliver(function, DeliveryRules(max_age_seconds=60), ages={0: 61, 1: 60})

    assert given_up == [([0], GaveUp.AGE)]
    assert function.batches == [[1, 2, 3]]


def test_throttling_is_no_attempt():
    answers = [Failure(throttled=True)] * 5 + [None]

    given_up, _ = deliver(lambda _: answers.pop(0), DeliveryRules(max_retries=1))

    assert (answers, given_up) == ([], [])


def test_delivery_ends_when_the_mapping_is_gone():
    function = FakeFunction(poison=[0])

    deliver(function, DeliveryRules(), wanted=lambda: len(function.batches) < 3)

    assert len(function.batches) == 3


def test_answer_without_failures_is_success():
    records = [make_record(1)]

    assert read_answer(records, {"batchItemFailures": []}, True) is None
    assert read_answer(records, None, True) is None


def test_failures_are_read_only_from_a_mapping_that_reports_them():
    records = [make_record(1), make_record(2)]
    answer = {"batchItemFailures": [{"itemIdentifier": "2"}]}

    assert read_answer(records, answer, False) is None
    assert read_answer(records, answer, True) == Failure(1, answer)


def test_lowest_named_record_is_the_first_failed():
    records = [make_record(number) for number in range(5)]
    answer = {"batchItemFailures": [{"itemIdentifier": "4"}, {"itemIdentifier": "2"}]}

    assert read_answer(records, answer, True) == Failure(2, answer)


def test_identifier_that_names_no_record_fails_the_whole_batch():
    records = [make_record(1), make_record(2)]

    for item in ({"itemIdentifier": ""}, {"itemIdentifier": "9"}, {"wrong": "2"}, "2"):
        failure = read_answer(records, {"batchItemFailures": [item]}, True)
        assert failure is not None
        assert failure.first_failed == 0


def test_rules_read_minus_one_as_without_limit():
    rules = DeliveryRules.of_mapping(
        {"MaximumRetryAttempts": -1, "MaximumRecordAgeInSeconds": "-1", "BisectBatchOnFunctionError": "true"}
    )

    assert rules == DeliveryRules(None, None, True)


def test_rules_read_zero_retries():
    assert DeliveryRules.of_mapping({"MaximumRetryAttempts": 0}).max_retries == 0
