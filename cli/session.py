"""Which deployment, and who asks: from options and environment to a client that is signed in.

A token in CONTINUO_TOKEN goes before everything; without one, the demo user of the local cloud signs in.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from cli.client import ApiClient, TokenSource
from cli.cognito import SignedInUser, UserPool
from cli.errors import NotRunningError, NotSignedInError

PROJECT_ROOT = Path(__file__).resolve().parents[1]
TOKEN_VARIABLE = "CONTINUO_TOKEN"  # noqa: S105 — a name, not a secret
STATE_DIR_VARIABLE = "CONTINUO_STATE_DIR"
DESCRIPTION_FILE = "deployment.json"


class LocalUser(BaseModel):
    """The demo user's way in."""

    email: str
    password: str


class LocalDeployment(BaseModel):
    """`deployment.json`: the running local cloud. `user` is there once `continuo up` is ready."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore")

    endpoint_url: str
    api_url: str
    region: str
    user_pool_id: str
    user_pool_client_id: str
    pid: int
    process_started_at: float | None = None  # epoch seconds; tells the process from a later one of that id
    user: LocalUser | None = None


@dataclass(frozen=True)
class GivenToken:
    """A token from outside; it cannot be renewed."""

    value: str

    def token(self) -> str:
        return self.value

    def renew(self) -> bool:
        return False


def state_dir(environment: Mapping[str, str] = os.environ) -> Path:
    """The local cloud's folder: CONTINUO_STATE_DIR, or `.local` in the project."""
    given = environment.get(STATE_DIR_VARIABLE)
    return Path(given) if given else PROJECT_ROOT / ".local"


def read_local_deployment(folder: Path) -> LocalDeployment | None:
    """The local cloud that runs in the folder; none when there is no readable description."""
    try:
        return LocalDeployment.model_validate_json((folder / DESCRIPTION_FILE).read_bytes())
    except (OSError, ValidationError):
        return None


def connect(endpoint: str | None, environment: Mapping[str, str] = os.environ) -> ApiClient:
    """A client for the deployment at `endpoint`, or for the local cloud without one.

    Raises `NotRunningError` without either, and `NotSignedInError` when nobody can be signed in.
    """
    local = read_local_deployment(state_dir(environment))
    if endpoint is None:
        if local is None:
            raise NotRunningError("No local cloud runs on this machine.")
        endpoint = local.api_url
    return ApiClient(endpoint, _tokens(endpoint, local, environment))


def sign_in_locally(local: LocalDeployment, user: LocalUser) -> SignedInUser:
    pool = UserPool(local.endpoint_url, local.user_pool_client_id)
    return SignedInUser(pool, user.email, user.password)


def _tokens(endpoint: str, local: LocalDeployment | None, environment: Mapping[str, str]) -> TokenSource:
    given = environment.get(TOKEN_VARIABLE, "").strip()
    if given:
        return GivenToken(given)
    if local is not None and endpoint.rstrip("/") == local.api_url.rstrip("/"):
        if local.user is None:
            raise NotRunningError(
                "The local cloud is still starting.",
                hint="`continuo up` says when it is ready.",
            )
        return sign_in_locally(local, local.user)
    raise NotSignedInError(f"No token for {endpoint}.")
