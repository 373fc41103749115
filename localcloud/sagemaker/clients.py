"""boto3 clients of the local cloud that act under a job's own role, never under this process's rights."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config

_CONFIG = Config(
    connect_timeout=5,
    read_timeout=60,
    retries={"mode": "standard", "total_max_attempts": 4},
    s3={"addressing_style": "path"},
    signature_version="v4",
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)


class ClientFactory:
    """Makes clients; the session behind it, and the service models it has read, are shared."""

    def __init__(self, endpoint_url: str, region: str) -> None:
        self.endpoint_url = endpoint_url
        self.region = region
        self._lock = threading.Lock()  # a boto3 session makes one client at a time
        self._session: boto3.Session | None = None

    def make(self, service: str, credentials: Mapping[str, str]) -> Any:
        """A client of the service; `credentials` are the variables of `ports.CredentialsForRole`."""
        with self._lock:
            self._session = self._session or boto3.Session()
            return self._session.client(  # type: ignore[call-overload]  # the service's name is a variable
                service,
                endpoint_url=self.endpoint_url,
                region_name=self.region,
                config=_CONFIG.merge(Config(signature_version="s3v4")) if service == "s3" else _CONFIG,
                aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
                aws_session_token=credentials.get("AWS_SESSION_TOKEN"),
            )
