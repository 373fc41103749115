"""Where model archives come from: S3, behind a protocol that a fake can satisfy.

`boto3` is imported and its client made on the first fetch, so that the server answers `/ping` before that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple, Protocol

from contract.object_keys import ObjectLocation
from inference_container.errors import (
    ContainerError,
    CorruptModel,
    ModelForbidden,
    ModelNotFound,
    ModelUnavailable,
)

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import GetObjectRequestTypeDef

_ABSENT = frozenset({"NoSuchKey", "NoSuchBucket", "404", "NotFound"})
_NO_NAME = frozenset({"InvalidBucketName", "KeyTooLongError", "InvalidURI"})
_FORBIDDEN = frozenset({"AccessDenied", "403", "Forbidden", "InvalidAccessKeyId", "SignatureDoesNotMatch"})
_UNCHANGED = frozenset({"304", "NotModified"})
_CHUNK_BYTES = 1024 * 1024


class FetchedObject(NamedTuple):
    """An object's bytes, and the ETag that names this version of it."""

    etag: str
    body: bytes


class ObjectStore(Protocol):
    def fetch(self, location: ObjectLocation, known_etag: str | None, max_bytes: int) -> FetchedObject | None:
        """The object, or none when its ETag is still the known one.

        Raises `ModelNotFound`, `ModelForbidden`, `ModelUnavailable`, and `CorruptModel` beyond `max_bytes`.
        """


class S3ObjectStore:
    """The store that S3 is. A client may be shared between threads."""

    def __init__(self, client: Callable[[], S3Client]) -> None:
        self._client = client

    def fetch(self, location: ObjectLocation, known_etag: str | None, max_bytes: int) -> FetchedObject | None:
        from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

        wanted: GetObjectRequestTypeDef = {"Bucket": location.bucket, "Key": location.key}
        if known_etag is not None:
            wanted["IfNoneMatch"] = known_etag
        try:
            answer = self._client().get_object(**wanted)
            body = _read_within(answer["Body"].iter_chunks(_CHUNK_BYTES), answer["ContentLength"], max_bytes)
        except ClientError as error:
            if _code(error) in _UNCHANGED:
                return None
            raise _fault(error, location) from error
        except ParamValidationError as error:
            raise ModelNotFound(f"{location.to_uri()} is no legal name of an object") from error
        except BotoCoreError as error:
            raise ModelUnavailable(
                f"S3 did not deliver {location.to_uri()}: {type(error).__name__}"
            ) from error
        return FetchedObject(answer["ETag"], body)


def _read_within(chunks: Iterator[bytes], announced_bytes: int, max_bytes: int) -> bytes:
    if announced_bytes > max_bytes:
        raise CorruptModel(f"the model archive is larger than {max_bytes} bytes")
    return b"".join(chunks)


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")


def _fault(error: ClientError, location: ObjectLocation) -> ContainerError:
    code, uri = _code(error), location.to_uri()
    if code in _ABSENT:
        return ModelNotFound(f"there is no model at {uri}")
    if code in _NO_NAME:
        return ModelNotFound(f"{uri} is no legal name of an object")
    if code in _FORBIDDEN:
        return ModelForbidden(f"the endpoint's role may not do s3:GetObject on {uri} ({code})")
    return ModelUnavailable(f"S3 did not deliver {uri}: {code}")


class LazyS3Client:
    """The process's S3 client, made on the first call; the environment says where and as whom.

    Times are cut so that a fetch with its retries ends well within the 60 seconds of an invocation.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._client: S3Client | None = None

    def __call__(self) -> S3Client:
        with self._lock:
            if self._client is None:
                self._client = self._make()
            return self._client

    def _make(self) -> S3Client:
        import boto3
        from botocore.config import Config

        config = Config(
            connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3}
        )
        client: S3Client = boto3.client("s3", config=config)
        return client
