"""Signing in at Cognito over plain HTTPS: an e-mail and a password become an ID token.

The three calls used here are unsigned, so no AWS credentials and no AWS library are needed.
"""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cli.errors import NotReachableError, NotSignedInError

RENEW_BEFORE_SECONDS = 60.0
_TARGET = "AWSCognitoIdentityProviderService"


class _Tokens(BaseModel):
    id_token: str = Field(alias="IdToken")


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore")

    tokens: _Tokens | None = Field(None, alias="AuthenticationResult")
    challenge: str | None = Field(None, alias="ChallengeName")
    session: str | None = Field(None, alias="Session")


class _Refusal(BaseModel):
    message: str = "no reason given"


@dataclass(frozen=True)
class UserPool:
    """A Cognito user pool's client, and where Cognito answers."""

    endpoint_url: str
    client_id: str

    @staticmethod
    def on_aws(region: str, client_id: str) -> UserPool:
        return UserPool(f"https://cognito-idp.{region}.amazonaws.com", client_id)

    def sign_in(self, email: str, password: str, new_password: Callable[[], str] | None = None) -> str:
        """The person's ID token.

        `new_password` is asked when an administrator's temporary password must be replaced.
        Raises `NotSignedInError`, or `NotReachableError`.
        """
        answer = self._call(
            "InitiateAuth",
            {
                "AuthFlow": "USER_PASSWORD_AUTH",
                "AuthParameters": {"USERNAME": email, "PASSWORD": password},
            },
        )
        if answer.challenge == "NEW_PASSWORD_REQUIRED" and new_password is not None:
            answer = self._call(
                "RespondToAuthChallenge",
                {
                    "ChallengeName": answer.challenge,
                    "Session": answer.session,
                    "ChallengeResponses": {"USERNAME": email, "NEW_PASSWORD": new_password()},
                },
            )
        if answer.tokens is None:
            raise NotSignedInError(
                f"Cognito asks for {answer.challenge or 'more'}, which is not supported here."
            )
        return answer.tokens.id_token

    def _call(self, operation: str, body: Mapping[str, object]) -> _Answer:
        try:
            answer = httpx.post(
                f"{self.endpoint_url}/",
                headers={
                    "X-Amz-Target": f"{_TARGET}.{operation}",
                    "Content-Type": "application/x-amz-json-1.1",
                },
                content=json.dumps({"ClientId": self.client_id, **body}),
                timeout=30,
            )
        except httpx.TransportError as error:
            raise NotReachableError(self.endpoint_url, str(error) or type(error).__name__) from error
        try:
            if answer.is_error:
                raise NotSignedInError(
                    f"Cognito refused: {_Refusal.model_validate_json(answer.content).message}"
                )
            return _Answer.model_validate_json(answer.content)
        except ValidationError as error:
            raise NotSignedInError(f"{self.endpoint_url} does not answer as Cognito does.") from error


@dataclass
class SignedInUser:
    """A token source that signs in when it must: at first, and before the token has expired."""

    pool: UserPool
    email: str
    password: str = field(repr=False)
    now: Callable[[], float] = time.time
    _token: str | None = field(default=None, init=False, repr=False)

    def token(self) -> str:
        if self._token is None or expires_at(self._token) - RENEW_BEFORE_SECONDS < self.now():
            self._token = self.pool.sign_in(self.email, self.password)
        return self._token

    def renew(self) -> bool:
        self._token = None
        return True


def expires_at(token: str) -> float:
    """When a JWT ends, in epoch seconds; never, when it does not say. The signature is not checked."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return float(claims["exp"])
    except (IndexError, KeyError, TypeError, ValueError, binascii.Error):
        return float("inf")
