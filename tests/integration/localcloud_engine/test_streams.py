"""Stream records reach functions with AWS's rules: retries, bisecting, giving up, no waiting for others."""

from __future__ import annotations

import json

READING = [
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
]

# Notes every attempt in a table; fails on a batch that holds the key "poison", sleeps on "slow".
NOTES = """
import os, time, boto3
db = boto3.client("dynamodb")
def handle(event, context):
    keys = [r["dynamodb"]["Keys"]["pk"]["S"] for r in event["Records"]]
    for key in keys:
        db.update_item(TableName=os.environ["NOTES"], Key={"pk": {"S": key}},
            UpdateExpression="ADD attempts :one", ExpressionAttributeValues={":one": {"N": "1"}})
        if key == "slow":
            time.sleep(15)
    if os.environ["REPORTS"]:
        return {"batchItemFailures": [{"itemIdentifier": r["dynamodb"]["SequenceNumber"]}
            for r in event["Records"] if r["dynamodb"]["Keys"]["pk"]["S"] == "poison"]}
    if "poison" in keys:
        raise ValueError("poison")
"""


class Stream:
    """A table whose stream goes to a noting function; the notes are in a second table."""

    def __init__(self, aws, name, **mapping):
        self.aws, self.name = aws, name
        self.arn = aws.make_table(name)
        aws.make_table(f"{name}-notes")
        self.queue_url, self.queue_arn = aws.make_queue(name)
        aws.make_function(
            name,
            NOTES,
            allowed=[
                (READING, self.arn),
                ("dynamodb:UpdateItem", "*"),
                ("sqs:SendMessage", self.queue_arn),
            ],
            environment={
                "NOTES": f"{name}-notes",
                "REPORTS": "yes" if "FunctionResponseTypes" in mapping else "",
            },
        )
        self.mapping = aws.functions.create_event_source_mapping(
            EventSourceArn=self.arn,
            FunctionName=name,
            StartingPosition="TRIM_HORIZON",
            DestinationConfig={"OnFailure": {"Destination": self.queue_arn}},
            **mapping,
        )["UUID"]

    def put(self, *keys):
        self.aws.put(self.name, *keys)

    def attempts(self):
        items = self.aws.dynamodb.scan(TableName=f"{self.name}-notes", ConsistentRead=True)["Items"]
        return {item["pk"]["S"]: int(item["attempts"]["N"]) for item in items}

    def failure(self):
        """The failure record, once there is one."""
        answer = self.aws.queues.receive_message(QueueUrl=self.queue_url, WaitTimeSeconds=20)
        return json.loads(answer["Messages"][0]["Body"])


def test_poison_record_is_given_up_and_those_behind_it_arrive(aws, wait_for):
    stream = Stream(aws, "stream-poison", BatchSize=1, MaximumRetryAttempts=2)

    stream.put("poison", "behind")
    attempts = wait_for(stream.attempts, lambda seen: "behind" in seen)
    failure = stream.failure()

    assert attempts == {"poison": 3, "behind": 1}
    assert failure["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert failure["DDBStreamBatchInfo"]["batchSize"] == 1
    assert failure["DDBStreamBatchInfo"]["streamArn"] == stream.arn


def test_bisecting_gives_up_only_the_poison_record(aws, wait_for):
    stream = Stream(
        aws,
        "stream-bisect",
        BatchSize=10,
        MaximumRetryAttempts=0,
        BisectBatchOnFunctionError=True,
        Enabled=False,
    )
    stream.put("a", "poison", "b", "c")
    aws.functions.update_event_source_mapping(UUID=stream.mapping, Enabled=True)

    failure = stream.failure()
    attempts = wait_for(stream.attempts, lambda seen: set(seen) == {"a", "poison", "b", "c"})

    assert failure["DDBStreamBatchInfo"]["batchSize"] == 1
    assert attempts["a"] >= 1


def test_reported_failures_spare_the_records_before_them(aws, wait_for):
    stream = Stream(
        aws,
        "stream-partial",
        BatchSize=10,
        MaximumRetryAttempts=1,
        BisectBatchOnFunctionError=True,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        Enabled=False,
    )
    stream.put("a", "poison", "b")
    aws.functions.update_event_source_mapping(UUID=stream.mapping, Enabled=True)

    failure = stream.failure()
    attempts = wait_for(stream.attempts, lambda seen: seen.get("b", 0) >= 2)

    assert failure["DDBStreamBatchInfo"]["batchSize"] == 1
    assert attempts["a"] == 1


def test_slow_function_does_not_keep_another_waiting(aws, wait_for):
    slow = Stream(aws, "stream-slow", BatchSize=1)
    quick = Stream(aws, "stream-quick", BatchSize=1)

    slow.put("slow", "after")
    wait_for(slow.attempts, lambda seen: "slow" in seen)
    quick.put("quick")
    wait_for(quick.attempts, lambda seen: "quick" in seen)

    assert slow.attempts() == {"slow": 1}
    assert quick.attempts() == {"quick": 1}


def test_filtered_records_do_not_reach_the_function(aws, wait_for):
    pattern = json.dumps({"eventName": ["INSERT"], "dynamodb": {"Keys": {"pk": {"S": ["wanted"]}}}})
    stream = Stream(aws, "stream-filter", FilterCriteria={"Filters": [{"Pattern": pattern}]})

    stream.put("other", "wanted", "wanted")
    attempts = wait_for(stream.attempts, lambda seen: "wanted" in seen)

    assert attempts == {"wanted": 1}


def test_role_that_may_not_read_the_stream_gets_nothing_until_it_may(aws, wait_for):
    stream = Stream(aws, "stream-closed")
    aws.allow("stream-closed-role", [("dynamodb:UpdateItem", "*")])
    mapping = lambda: aws.functions.get_event_source_mapping(UUID=stream.mapping)  # noqa: E731

    stream.put("a")
    refused = wait_for(mapping, lambda seen: seen["LastProcessingResult"].startswith("PROBLEM"))
    before = stream.attempts()
    aws.allow("stream-closed-role", [(READING, stream.arn), ("dynamodb:UpdateItem", "*")])
    after = wait_for(stream.attempts, bool)

    assert "dynamodb:GetRecords" in refused["LastProcessingResult"]
    assert (before, after) == ({}, {"a": 1})
