"""Whether a request may do what it asks: every operation asks here before it does anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from localcloud.sagemaker.documents import Document
from localcloud.sagemaker.ports import SAGEMAKER_PRINCIPAL, Authorize, AwsError, Caller


class Access(Protocol):
    def check(self, action: str, arn: str, context: Mapping[str, str] | None = None) -> None:
        """Raises `AwsError` unless `sagemaker:<action>` on the resource is allowed."""

    def check_pass_role(self, role_arn: str) -> None:
        """Raises `AwsError` unless the role may be handed to SageMaker."""


@dataclass(frozen=True)
class CallerAccess:
    """The rights of whoever signed the request."""

    authorize: Authorize
    caller: Caller

    def check(self, action: str, arn: str, context: Mapping[str, str] | None = None) -> None:
        self.authorize(self.caller, f"sagemaker:{action}", arn, context or {})

    def check_pass_role(self, role_arn: str) -> None:
        context = {"iam:PassedToService": SAGEMAKER_PRINCIPAL}
        self.authorize(self.caller, "iam:PassRole", role_arn, context)


@dataclass(frozen=True)
class RuntimeAccess:
    """The same for the runtime, which speaks REST: a refusal has the status 403."""

    inner: CallerAccess

    def check(self, action: str, arn: str, context: Mapping[str, str] | None = None) -> None:
        try:
            self.inner.check(action, arn, context)
        except AwsError as error:
            raise AwsError(error.code, error.message, 403) from error

    def check_pass_role(self, role_arn: str) -> None:
        self.inner.check_pass_role(role_arn)


class StackAccess:
    """CloudFormation's rights: the emulator has already let the deployer in."""

    def check(self, action: str, arn: str, context: Mapping[str, str] | None = None) -> None:
        return None

    def check_pass_role(self, role_arn: str) -> None:
        return None


def check_creation(access: Access, action: str, arn: str, request: Document) -> None:
    """A creation with tags needs `sagemaker:AddTags` too, as on AWS."""
    access.check(action, arn)
    if request.get("Tags"):
        access.check("AddTags", arn)
