"""`InvokeEndpoint`: the REST protocol of `sagemaker-runtime`, its limits and its errors.

A request waits in a thread of its own for the model server, so a slow model holds up nobody else.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from localcloud.sagemaker.access import Access
from localcloud.sagemaker.documents import ENDPOINT, Document, Place
from localcloud.sagemaker.endpoints import Endpoints
from localcloud.sagemaker.model_server import (
    LOG_GROUP,
    ContainerAnswer,
    InvocationTimeoutError,
    ServerGoneError,
    StartFailedError,
)
from localcloud.sagemaker.ports import Answer, AwsError
from localcloud.sagemaker.variants import NoServerError, TooManyRequestsError, Variant

SERVERLESS_BYTES = 4 * 1024 * 1024
PROVISIONED_BYTES = 6 * 1024 * 1024
_PATH = re.compile(r"/endpoints/([^/]+)/invocations")
_ANY_PATH = re.compile(r"/endpoints/[^/]+/(async-invocations|invocations-response-stream)")
_CUSTOM_ATTRIBUTES = "x-amzn-sagemaker-custom-attributes"
_PASSED_ON = ("content-type", "accept", _CUSTOM_ATTRIBUTES, "x-amzn-sagemaker-inference-id")
_REFUSED = (
    "x-amzn-sagemaker-target-model",
    "x-amzn-sagemaker-target-container-hostname",
    "x-amzn-sagemaker-inference-component",
    "x-amzn-sagemaker-enable-explanations",
    "x-amzn-sagemaker-session-id",
)
_TARGET_VARIANT = "x-amzn-sagemaker-target-variant"
_MOST_AT_ONCE = 256  # a serverless endpoint has at most 200
_TIMED_OUT = (
    "Your invocation timed out while waiting for a response from container primary. Review the latency "
    "metrics for each container in Amazon CloudWatch, resolve the issue, and try again."
)

_log = logging.getLogger(__name__)


class ModelError(Exception):
    """The container answered with an error, or could not answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Runtime:
    """The runtime's requests."""

    def __init__(self, endpoints: Endpoints, place: Place) -> None:
        self._endpoints = endpoints
        self._place = place
        self._threads = ThreadPoolExecutor(_MOST_AT_ONCE, thread_name_prefix="invocation")

    def answers(self, method: str, path: str) -> bool:
        return method == "POST" and bool(_PATH.fullmatch(path) or _ANY_PATH.fullmatch(path))

    async def handle(self, access: Access, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """`headers` have names in lower case."""
        name = path.split("/")[2]
        try:
            return await self._invoke(access, path, name, headers, body)
        except AwsError as error:
            _log.info("invocation of %s refused: %s: %s", name, error.code, error.message)
            return _encode_error(error.status, error.code, {"Message": error.message})
        except ModelError as error:
            _log.info("invocation of %s failed: %s", name, error.message)
            return self._encode_model_error(name, error)

    def shutdown(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _invoke(
        self, access: Access, path: str, name: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        access.check("InvokeEndpoint", self._place.arn(ENDPOINT, name))
        if not _PATH.fullmatch(path):
            raise AwsError("UnknownOperationException", f"The local SageMaker does not have {path}.")
        variant = self._endpoints.find_variant(name)
        if variant is None:
            raise _refused(f"Endpoint {name} of account {self._place.account} not found.")
        limit = SERVERLESS_BYTES if variant.spec.is_serverless else PROVISIONED_BYTES
        _validate(variant, headers, body, limit)
        passed_on = {field: headers[field] for field in _PASSED_ON if field in headers}
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(self._threads, self._ask, variant, passed_on, body)
        if len(answer.body) > limit:
            raise ModelError(answer.status, f"The answer has {len(answer.body)} bytes, more than {limit}.")
        return _encode(answer, variant)

    def _ask(self, variant: Variant, headers: Mapping[str, str], body: bytes) -> ContainerAnswer:
        try:
            answer = variant.invoke(headers, body)
        except TooManyRequestsError as error:
            raise AwsError("ThrottlingException", f"Rate exceeded: {error}.") from error
        except NoServerError as error:
            raise AwsError("ServiceUnavailable", str(error), 503) from error
        except (ServerGoneError, StartFailedError) as error:
            raise ModelError(503, str(error)) from error
        except InvocationTimeoutError as error:
            raise ModelError(0, _TIMED_OUT) from error
        if answer.status >= 300:
            raise ModelError(answer.status, answer.body.decode("utf-8", "replace"))
        return answer

    def _encode_model_error(self, name: str, error: ModelError) -> Answer:
        who = "client" if 400 <= error.status < 500 else "server"
        group_arn = self._place.log_group_arn(f"{LOG_GROUP}/{name}")
        return _encode_error(
            424,
            "ModelError",
            {
                "Message": (
                    f'Received {who} error ({error.status}) from primary with message "{error.message}". '
                    f"See {group_arn} for more information."
                ),
                "OriginalStatusCode": error.status,
                "OriginalMessage": error.message,
                "LogStreamArn": group_arn,
            },
        )


def _validate(variant: Variant, headers: Mapping[str, str], body: bytes, limit: int) -> None:
    if len(body) > limit:
        raise _refused(
            "1 validation error detected: Value at 'body' failed to satisfy constraint: Member must have "
            f"length less than or equal to {limit}"
        )
    for field in (field for field in _REFUSED if field in headers):
        raise _refused(f"The local SageMaker does not support the header {field}.")
    if headers.get(_TARGET_VARIANT, variant.spec.name) != variant.spec.name:
        raise _refused(f"The endpoint has no variant {headers[_TARGET_VARIANT]}.")


def _refused(message: str) -> AwsError:
    return AwsError("ValidationError", message)


def _encode(answer: ContainerAnswer, variant: Variant) -> Answer:
    headers = {
        "Content-Type": answer.headers.get("content-type", "application/octet-stream"),
        "x-Amzn-Invoked-Production-Variant": variant.spec.name,
    }
    if _CUSTOM_ATTRIBUTES in answer.headers:
        headers["X-Amzn-SageMaker-Custom-Attributes"] = answer.headers[_CUSTOM_ATTRIBUTES]
    return 200, headers, answer.body


def _encode_error(status: int, code: str, body: Document) -> Answer:
    headers = {
        "Content-Type": "application/json",
        "x-amzn-ErrorType": code,
    }
    return status, headers, json.dumps(body).encode()
