"""What the local SageMaker and the local cloud around it agree on: values, callables, error classes.

The service knows no emulator, and the engine knows no training job: both import this module only.
Invariant for clean-up: the service starts its children in a process group of their own
(`subprocess.Popen(..., process_group=0)`) but never in a new session. Whatever is still alive in the
engine's session after `shutdown` is killed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypedDict

SAGEMAKER_PRINCIPAL = "sagemaker.amazonaws.com"

Headers = Mapping[str, str]
Query = Mapping[str, list[str]]
Answer = tuple[int, dict[str, str], bytes]

_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/")


class AwsError(Exception):
    """An error as AWS tells it: `code` is the error's name on the wire, `status` its HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True)
class Caller:
    """Who sent a request, by access key; empty when the request is not signed."""

    access_key_id: str

    @staticmethod
    def of_request(headers: Headers, query: Query) -> Caller:
        """Reads the key from the signature's header (lower-case name), or from a presigned query."""
        in_header = _CREDENTIAL.search(headers.get("authorization", ""))
        if in_header:
            return Caller(in_header.group(1))
        return Caller(query.get("X-Amz-Credential", [""])[0].split("/", 1)[0])


class Authorize(Protocol):
    """Raises `AwsError` unless the caller may do `action` on `resource_arn`.

    `context` holds the action's condition keys. For `iam:PassRole` on a role's ARN it is
    `{"iam:PassedToService": SAGEMAKER_PRINCIPAL}`. Quick; must be called in the task of the request.
    A Step Functions task is judged by its state machine's role: the implementation sees to it.
    """

    def __call__(
        self, caller: Caller, action: str, resource_arn: str, context: Mapping[str, str]
    ) -> None: ...


# Role ARN → AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN for a child's environment.
# Raises `AwsError` when there is no such role, or when the role does not trust SageMaker.
CredentialsForRole = Callable[[str], dict[str, str]]

# One EventBridge entry as PutEvents has it: Source, DetailType, Detail (a JSON string), Resources.
# May be called from any thread.
PublishEvent = Callable[[dict[str, object]], None]


class Provisioner(TypedDict, total=False):
    """What CloudFormation calls with a resource's properties resolved: on a worker thread, so it may wait.

    create: (logical id, properties, stack name) → (physical id, attributes for Fn::GetAtt)
    update: (physical id, old properties, new properties, stack name) → the same
    delete: (physical id, properties)
    An exception fails the resource with its text, and rolls the stack back.
    """

    create: Callable[[str, dict[str, object], str], tuple[str, dict[str, object]]]
    update: Callable[[str, dict[str, object], dict[str, object], str], tuple[str, dict[str, object]]]
    delete: Callable[[str, dict[str, object]], None]


class LocalService(Protocol):
    """What the engine needs of a service that it serves beside the emulator's own."""

    async def handle(self, method: str, path: str, headers: Headers, body: bytes, query: Query) -> Answer: ...

    def provisioners(self) -> Mapping[str, Provisioner]: ...

    def training_process_ids(self, training_job_name: str) -> list[int]:
        """Processes of a running training job, one per host; empty when none runs. For fault tests."""

    def endpoint_process_ids(self, endpoint_name: str) -> list[int]:
        """Server processes of an endpoint; empty while it sleeps. For fault tests."""

    def shutdown(self) -> None:
        """Ends every child process. Called once, from any thread; returns within five seconds."""
