"""S3 as a job's role may use it. Every fault names the action that failed and the object it was about."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from boto3.exceptions import S3UploadFailedError
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "403", "Forbidden"})
_ONE_THREAD = TransferConfig(use_threads=False)


class ObjectStoreError(Exception):
    """S3 refused or failed."""


@dataclass(frozen=True)
class ObjectName:
    """A bucket and a key, or the beginning of keys."""

    bucket: str
    key: str

    @staticmethod
    def of_uri(uri: str) -> ObjectName:
        """From `s3://bucket/key`. Raises `ValueError`."""
        scheme, _, rest = uri.partition("://")
        bucket, _, key = rest.partition("/")
        if scheme != "s3" or not bucket:
            raise ValueError(f"{uri!r} is no s3:// URI")
        return ObjectName(bucket, key)

    def below(self, relative: str) -> ObjectName:
        """The key as a folder, whether or not it ends in a slash, and something in it."""
        folder = self.key.rstrip("/")
        return ObjectName(self.bucket, f"{folder}/{relative}" if folder else relative)

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


class ObjectStore:
    """Reads and writes objects with one role's client."""

    def __init__(self, client: S3Client, role_arn: str) -> None:
        self._client = client
        self._role_arn = role_arn

    def list(self, prefix: ObjectName) -> list[ObjectName]:
        """Every object whose key begins so, in order; the empty ones that stand for folders left out."""
        pages = self._client.get_paginator("list_objects_v2")
        with self._naming("s3:ListBucket", prefix):
            return [
                ObjectName(prefix.bucket, entry["Key"])
                for page in pages.paginate(Bucket=prefix.bucket, Prefix=prefix.key)
                for entry in page.get("Contents", [])
                if not entry["Key"].endswith("/")
            ]

    def read(self, name: ObjectName) -> bytes:
        with self._naming("s3:GetObject", name):
            return self._client.get_object(Bucket=name.bucket, Key=name.key)["Body"].read()

    def download(self, name: ObjectName, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._naming("s3:GetObject", name):
            body = self._client.get_object(Bucket=name.bucket, Key=name.key)["Body"]
            with path.open("wb") as file:
                shutil.copyfileobj(body, file)

    def upload(self, path: Path, name: ObjectName) -> None:
        """Raises `FileNotFoundError` when the file has gone meanwhile."""
        with self._naming("s3:PutObject", name):
            self._client.upload_file(str(path), name.bucket, name.key, Config=_ONE_THREAD)

    @contextmanager
    def _naming(self, action: str, name: ObjectName) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            raise ObjectStoreError(self._explain(error, action, name)) from error
        except S3UploadFailedError as error:  # it hides the refusal it came from in its context
            cause = error.__context__
            told = self._explain(cause, action, name) if isinstance(cause, ClientError) else str(error)
            raise ObjectStoreError(told) from error
        except BotoCoreError as error:
            raise ObjectStoreError(f"{type(error).__name__} at {action} on {name}: {error}") from error

    def _explain(self, error: ClientError, action: str, name: ObjectName) -> str:
        code = error.response["Error"]["Code"]
        message = error.response["Error"]["Message"]
        if code in _DENIED:
            return (
                f"AccessDenied: {self._role_arn} is not authorized to perform {action} on {name}: {message}"
            )
        return f"{code} at {action} on {name}: {message}"
