"""Who may do what: the emulator's policy evaluation for what it does not check itself.

Invariant: nothing here allows by default. A request without a key, an unknown role and a role that does
not trust the service are refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam, sts

from localcloud.sagemaker.ports import SAGEMAKER_PRINCIPAL, AwsError, Caller


class RoleNotAssumableError(Exception):
    """There is no such role, or it does not trust the service."""


def authorize(caller: Caller, action: str, resource_arn: str, context: Mapping[str, str]) -> None:
    """`localcloud.sagemaker.ports.Authorize` on the emulator's users, roles and policies."""
    if not caller.access_key_id:
        raise AwsError("MissingAuthenticationTokenException", "Missing Authentication Token", 403)
    denied = iam_evaluator.enforce(
        caller.access_key_id, action, "sagemaker", get_region(), resource_arn, dict(context)
    )
    if isinstance(denied, iam_evaluator.AuthError):
        raise AwsError(denied.code, denied.message, 403)
    if denied is not None:
        message = iam_actions.identity_denial_message(
            action, denied.principal_arn, resource_arn, denied.decision == "Deny"
        )
        raise AwsError("AccessDeniedException", message)


def find_denial(access_key_id: str, action: str, resource_arn: str) -> str | None:
    """Why the key's owner may not do this, as AWS words it; None when it may."""
    try:
        authorize(Caller(access_key_id), action, resource_arn, {})
    except AwsError as error:
        return error.message
    return None


def credentials_for_training_role(role_arn: str) -> dict[str, str]:
    """`localcloud.sagemaker.ports.CredentialsForRole`."""
    try:
        return assume_as_service(role_arn, SAGEMAKER_PRINCIPAL, "SageMaker")
    except RoleNotAssumableError:
        raise AwsError(
            "ValidationException",
            f"Could not assume role {role_arn}. Please ensure that the role exists and allows principal "
            f"'{SAGEMAKER_PRINCIPAL}' to assume the role.",
        ) from None


def assume_as_service(role_arn: str, principal: str, session_name: str) -> dict[str, str]:
    """Credentials of the role for an AWS service, as environment variables. The same ones every time.

    Raises `RoleNotAssumableError`.
    """
    account, role_name = _account_and_name(role_arn)
    role = iam._roles.get_scoped(account, None, role_name)
    if role is None or not _trusts(role.get("AssumeRolePolicyDocument") or "{}", principal, account):
        raise RoleNotAssumableError(role_arn)
    digest = hashlib.sha256(f"{principal}:{role_arn}:{role.get('RoleId', '')}".encode()).hexdigest()
    secret = hashlib.sha256(f"secret:{digest}".encode()).hexdigest()
    token = hashlib.sha256(f"token:{digest}".encode()).hexdigest()
    access_key_id = f"ASIA{digest[:16].upper()}"
    session = {
        "Arn": f"arn:aws:sts::{account}:assumed-role/{role_name}/{session_name}",
        "UserId": f"{role_name}:{session_name}",
        "SecretAccessKey": secret,
        "SessionToken": token,
    }
    sts.register_session(access_key_id, session)
    return {
        "AWS_ACCESS_KEY_ID": access_key_id,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_SESSION_TOKEN": token,
    }


def _account_and_name(role_arn: str) -> tuple[str, str]:
    parts = role_arn.split(":", 5)
    if len(parts) < 6 or not parts[5].startswith("role/"):
        raise RoleNotAssumableError(role_arn)
    return parts[4] or get_account_id(), parts[5].rsplit("/", 1)[-1]


def _trusts(trust_policy: Any, principal: str, account: str) -> bool:
    """Whether a trust policy lets the service in; its conditions are evaluated too."""
    document = json.loads(trust_policy) if isinstance(trust_policy, str) else trust_policy
    found = document.get("Statement", [])
    statements: list[dict[str, object]] = found if isinstance(found, list) else [found]
    named = [
        statement
        for statement in statements
        if iam_evaluator._service_principal_matches(statement.get("Principal", {}), principal)
    ]
    # The evaluator knows no service principals: its own service calls come as the account's root.
    caller = f"arn:aws:iam::{account}:root"
    request = iam_evaluator.EvalContext(
        principal_arn=caller,
        principal_type="Root",
        principal_account=account,
        action="sts:AssumeRole",
        resource_arn="*",
        region=get_region(),
        service_context={"aws:sourceaccount": account},
    )
    return bool(iam_evaluator.evaluate_trust_policy({"Statement": named}, caller, request))
