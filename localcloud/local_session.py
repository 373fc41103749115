"""boto3 for the local cloud: a session whose clients cannot reach a real account by mistake."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config

from localcloud.environment import LAUNCHER_HEADER, REGION


class LocalSession(boto3.Session):
    """A session whose clients talk to the local cloud without being told."""

    def __init__(self, endpoint_url: str, access_key_id: str, secret: str) -> None:
        super().__init__(access_key_id, secret, region_name=REGION)
        self._endpoint_url = endpoint_url

    def client(self, service_name: str, *arguments: Any, **settings: Any) -> Any:  # boto3's own signature
        return super().client(service_name, *arguments, **self._local(settings))  # type: ignore[call-overload]

    def resource(self, service_name: str, *arguments: Any, **settings: Any) -> Any:
        return super().resource(service_name, *arguments, **self._local(settings))  # type: ignore[call-overload]

    def _local(self, settings: dict[str, Any]) -> dict[str, Any]:
        signed = Config(signature_version="s3v4", s3={"addressing_style": "path"})
        return {"endpoint_url": self._endpoint_url, "config": signed} | settings


def sign_as_launcher(client: Any, secret: str) -> None:
    """Lets a client of the root user through the gate."""
    client.meta.events.register(
        "before-sign", lambda request, **_: request.headers.add_header(LAUNCHER_HEADER, secret)
    )
