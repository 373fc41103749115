"""Rows in the DynamoDB table. Every write is conditional: on a free id, or on the version that was read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic

from botocore.exceptions import ClientError

from contract.table import PARTITION_KEY, SORT_KEY, owner_key, row_key
from lambdas.adapters.aws_errors import aws_call, error_code
from lambdas.adapters.dynamo_values import decode_item, encode_item
from lambdas.adapters.library_rows import MODELS
from lambdas.adapters.row_codecs import RowCodec
from lambdas.adapters.training_job_rows import TRAINING_JOBS
from lambdas.domain.changing import ROW_CHANGED
from lambdas.domain.errors import Conflict, NotFound, Unavailable
from lambdas.domain.library import TrainedModel
from lambdas.domain.rows import Page, PageRequest, R, Row
from lambdas.domain.training_jobs import TrainingJob

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

CONDITION_FAILED = "ConditionalCheckFailedException"
TRANSACTION_CANCELED = "TransactionCanceledException"
SCAN_LIMIT = 100  # items per query when a filter may drop most of them


@dataclass(frozen=True)
class DynamoRows(Generic[R]):
    """The rows of one kind."""

    client: Callable[[], DynamoDBClient]
    table_name: str
    codec: RowCodec[R]

    def add(self, row: R) -> None:
        try:
            with aws_call("dynamodb:PutItem"):
                self.client().put_item(
                    TableName=self.table_name,
                    Item=self._encode(row),
                    ConditionExpression="attribute_not_exists(#key)",
                    ExpressionAttributeNames={"#key": PARTITION_KEY},
                )
        except ClientError as error:
            raise _conflict(error, "id-taken", f"{row.row_id} exists already") from error

    def get(self, owner: str, row_id: str) -> R:
        with aws_call("dynamodb:GetItem"):
            answer = self.client().get_item(
                TableName=self.table_name, Key=self._key(owner, row_id), ConsistentRead=True
            )
        if "Item" not in answer:
            raise NotFound("not-found", f"there is no {self.codec.kind} {row_id!r}")
        return self._decode(answer["Item"])

    def save(self, row: R) -> R:
        saved = replace(row, version=row.version + 1)
        try:
            with aws_call("dynamodb:PutItem"):
                self.client().put_item(
                    TableName=self.table_name, Item=self._encode(saved), **is_unchanged(row)
                )
        except ClientError as error:
            raise _conflict(error, ROW_CHANGED, f"{row.row_id} was changed meanwhile") from error
        return saved

    def remove(self, row: R) -> None:
        try:
            with aws_call("dynamodb:DeleteItem"):
                self.client().delete_item(
                    TableName=self.table_name, Key=self._key(row.owner, row.row_id), **is_unchanged(row)
                )
        except ClientError as error:
            raise _conflict(error, ROW_CHANGED, f"{row.row_id} was changed meanwhile") from error

    def list(self, owner: str, request: PageRequest) -> Page[R]:
        found: list[R] = []
        for row in self._query(owner, request):
            if len(found) == request.size:
                return Page(tuple(found), found[-1].row_id)
            found.append(row)
        return Page(tuple(found))

    def _query(self, owner: str, request: PageRequest) -> Iterator[R]:
        """The owner's rows in order. One more than a page is read, to know whether there is more."""
        query: dict[str, Any] = {
            "TableName": self.table_name,
            "KeyConditionExpression": "#pk = :pk AND begins_with(#sk, :prefix)",
            "ExpressionAttributeNames": {"#pk": PARTITION_KEY, "#sk": SORT_KEY},
            "ExpressionAttributeValues": {
                ":pk": {"S": owner_key(owner)},
                ":prefix": {"S": row_key(self.codec.kind, "")},
            },
            "ScanIndexForward": not request.newest_first,
            "ConsistentRead": True,
            "Limit": request.size + 1,
        }
        if request.after is not None:
            query["ExclusiveStartKey"] = self._key(owner, request.after)
        if request.status is not None:
            query["FilterExpression"] = "#status = :status"
            query["ExpressionAttributeNames"]["#status"] = "status"
            query["ExpressionAttributeValues"][":status"] = {"S": request.status}
            query["Limit"] = SCAN_LIMIT
        while True:
            with aws_call("dynamodb:Query"):
                answer = self.client().query(**query)
            yield from map(self._decode, answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _key(self, owner: str, row_id: str) -> dict[str, Any]:
        return {PARTITION_KEY: {"S": owner_key(owner)}, SORT_KEY: {"S": row_key(self.codec.kind, row_id)}}

    def _encode(self, row: R) -> dict[str, Any]:
        return encode_item(self.codec.encode(row).to_item())

    def _decode(self, attributes: dict[str, Any]) -> R:
        return self.codec.decode(decode_item(attributes))


@dataclass(frozen=True)
class DynamoRegistry:
    """Model and job in one transaction. The model's id follows from the job's: a repeat writes it again."""

    client: Callable[[], DynamoDBClient]
    table_name: str

    def register(self, model: TrainedModel, job: TrainingJob) -> None:
        saved = replace(job, version=job.version + 1)
        model_put: dict[str, Any] = {
            "TableName": self.table_name,
            "Item": encode_item(MODELS.encode(model).to_item()),
        }
        job_put: dict[str, Any] = {
            "TableName": self.table_name,
            "Item": encode_item(TRAINING_JOBS.encode(saved).to_item()),
            **is_unchanged(job),
        }
        try:
            with aws_call("dynamodb:PutItem"):
                self.client().transact_write_items(
                    TransactItems=[{"Put": model_put}, {"Put": job_put}]  # type: ignore[typeddict-item] # built above
                )
        except ClientError as error:
            raise _canceled(error, job) from error


def is_unchanged(row: Row) -> dict[str, Any]:
    """The condition that nobody saved or removed the row since it was read."""
    return {
        "ConditionExpression": "#version = :version",
        "ExpressionAttributeNames": {"#version": "version"},
        "ExpressionAttributeValues": {":version": {"N": str(row.version)}},
    }


def _conflict(error: ClientError, code: str, message: str) -> Exception:
    return Conflict(code, message) if error_code(error) == CONDITION_FAILED else error


def _canceled(error: ClientError, job: TrainingJob) -> Exception:
    if error_code(error) != TRANSACTION_CANCELED:
        return error
    reasons = error.response.get("CancellationReasons", [])
    codes = {reason.get("Code") for reason in reasons if isinstance(reason, dict)}
    if "ConditionalCheckFailed" in codes:
        return Conflict(ROW_CHANGED, f"{job.job_id} was changed meanwhile")
    if codes & {"TransactionConflict", "ProvisionedThroughputExceeded", "ThrottlingError"}:
        return Unavailable("transaction-canceled", f"the transaction was canceled: {sorted(map(str, codes))}")
    return error
