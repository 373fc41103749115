"""`token`: an ID token for curl, for scripts, and for CONTINUO_TOKEN."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from cli.cognito import UserPool
from cli.errors import CliError, NotRunningError
from cli.output import print_json_document
from cli.session import read_local_deployment, sign_in_locally, state_dir


def token(
    email: Annotated[str | None, typer.Option(help="Who signs in; the local demo user without it.")] = None,
    client_id: Annotated[
        str | None, typer.Option(help="The stack's output UserPoolClientId; local without it.")
    ] = None,
    region: Annotated[str, typer.Option(envvar="AWS_REGION", help="The stack's region.")] = "us-east-1",
    as_json: Annotated[bool, typer.Option("--json", help='As {"token": …}.')] = False,
) -> None:
    """Sign in and print an ID token.

    On AWS: export CONTINUO_TOKEN=$(continuo token --client-id ID --region REGION --email YOU). The password
    is asked for, or read from CONTINUO_PASSWORD. A temporary password is replaced on the way.
    """
    value = _sign_in_locally() if client_id is None and email is None else _sign_in(email, client_id, region)
    if as_json:
        print_json_document({"token": value})
    else:
        print(value)


def _sign_in_locally() -> str:
    local = read_local_deployment(state_dir())
    if local is None or local.user is None:
        raise NotRunningError("No local cloud is ready on this machine.")
    return sign_in_locally(local, local.user).token()


def _sign_in(email: str | None, client_id: str | None, region: str) -> str:
    if email is None:
        raise CliError("--email is needed to sign in with --client-id.")
    password = os.environ.get("CONTINUO_PASSWORD") or _ask("Password")
    return _pool(client_id, region).sign_in(email, password, lambda: _ask("New password", confirm=True))


def _pool(client_id: str | None, region: str) -> UserPool:
    if client_id is not None:
        return UserPool.on_aws(region, client_id)
    local = read_local_deployment(state_dir())
    if local is None:
        raise NotRunningError("No local cloud runs on this machine.")
    return UserPool(local.endpoint_url, local.user_pool_client_id)


def _ask(what: str, confirm: bool = False) -> str:
    return str(typer.prompt(what, hide_input=True, confirmation_prompt=confirm, err=True))
