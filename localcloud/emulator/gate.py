"""Who may knock: what the emulator would let in although nobody signed for it.

The emulator never checks the signature of a root key, and takes a request without a key for root's where
it knows no action. A web page open in the same machine's browser could use either to run code. So root is
for the launcher only, and a change without a signature only where the service has its own check.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from ministack.core.iam_evaluator import is_root_access_key
from ministack.core.router import extract_access_key_id

from localcloud.environment import LAUNCHER_HEADER

_READING = ("GET", "HEAD", "OPTIONS")
_OWN_CHECK_TARGETS = ("AWSCognitoIdentityProviderService.",)
_OWN_CHECK_PATHS = (
    "/_aws/execute-api/",  # the API's authorizer
    "/restapis/",
    "/oauth2/",  # Cognito's hosted pages
    "/login",
    "/_ministack/cfn-response/",  # a random token in the path
)
_NEVER = ("/_ministack/reset", "/_ministack/config")


def find_refusal(
    method: str, path: str, headers: Mapping[str, str], query: Mapping[str, list[str]], secret: str
) -> tuple[str, str] | None:
    """The error's code and message, or None when the request may go on to the emulator."""
    if path.startswith(_NEVER):
        return "AccessDeniedException", "This switch is not for use on this local cloud."
    key = extract_access_key_id(dict(headers), dict(query))
    if key and is_root_access_key(key):
        if hmac.compare_digest(headers.get(LAUNCHER_HEADER, ""), secret):
            return None
        return "InvalidClientTokenId", "The root user of this local cloud is not for use."
    if key or method in _READING or path.startswith(_OWN_CHECK_PATHS):
        return None
    if headers.get("x-amz-target", "").startswith(_OWN_CHECK_TARGETS):
        return None
    return "MissingAuthenticationToken", "Request is missing Authentication Token"
