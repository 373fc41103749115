"""Tags of everything that has an ARN: `AddTags`, `ListTags`, `DeleteTags`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from localcloud.sagemaker.access import Access
from localcloud.sagemaker.documents import Document
from localcloud.sagemaker.protocol import invalid, not_found
from localcloud.sagemaker.store import RecordStore

MAX_TAGS = 50


class TagStore:
    """Tags by ARN."""

    def __init__(self, store: RecordStore) -> None:
        self._store = store

    def get(self, arn: str) -> list[Document]:
        record = self._store.find(_key(arn))
        return record["Tags"] if record else []

    def set(self, arn: str, tags: list[Document]) -> None:
        if tags:
            self._store.put(_key(arn), {"ResourceArn": arn, "Tags": tags})
        else:
            self._store.delete(_key(arn))


class TagOperations:
    """`exists` tells whether something has the ARN."""

    def __init__(self, tags: TagStore, exists: Callable[[str], bool]) -> None:
        self._tags = tags
        self._exists = exists

    def add(self, access: Access, request: Document) -> Document:
        arn = self._checked(access, "AddTags", request)
        values = {tag["Key"]: tag["Value"] for tag in [*self._tags.get(arn), *request["Tags"]]}
        if len(values) > MAX_TAGS:
            raise invalid(f"A resource has at most {MAX_TAGS} tags.")
        tags: list[Document] = [{"Key": key, "Value": value} for key, value in values.items()]
        self._tags.set(arn, tags)
        return {"Tags": tags}

    def list(self, access: Access, request: Document) -> Document:
        return {"Tags": self._tags.get(self._checked(access, "ListTags", request))}

    def delete(self, access: Access, request: Document) -> Document:
        arn = self._checked(access, "DeleteTags", request)
        self._tags.set(arn, [tag for tag in self._tags.get(arn) if tag["Key"] not in request["TagKeys"]])
        return {}

    def _checked(self, access: Access, action: str, request: Document) -> str:
        arn: str = request["ResourceArn"].lower()
        access.check(action, arn)
        if not self._exists(arn):
            raise not_found()
        return arn


def _key(arn: str) -> str:
    """ARNs hold characters that file names do not."""
    return hashlib.sha256(arn.encode()).hexdigest()
