"""Environment variables: what the engine runs with, and what children get that talk to it.

Invariant: nothing of the caller's own AWS settings gets through, so no child ever reaches a real account.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

ACCOUNT = "000000000000"
REGION = "us-east-1"
HOST = "127.0.0.1"
ROOT_KEY_ID = "test"  # the emulator's root user
LAUNCHER_SECRET = "CONTINUO_LAUNCHER_SECRET"  # noqa: S105 — a variable's name
LAUNCHER_HEADER = "x-continuo-launcher"

_FOREIGN = ("AWS_", "CDK_", "LOCALSTACK_", "MINISTACK_", "LAMBDA_", "SFN_", "S3_", "PYTHON")


def endpoint_url(port: int) -> str:
    return f"http://{HOST}:{port}"


def without_foreign(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without settings of AWS, of emulators and of Python's search path."""
    return {name: value for name, value in environment.items() if not name.startswith(_FOREIGN)}


def engine_environment(
    environment: Mapping[str, str], *, port: int, temporary: Path, launcher_secret: str
) -> dict[str, str]:
    """For the engine process. `AUTH` takes the word `true` and nothing else."""
    return without_foreign(environment) | {
        "AUTH": "true",
        "AWS_EC2_METADATA_DISABLED": "true",
        LAUNCHER_SECRET: launcher_secret,
        "GATEWAY_PORT": str(port),
        "BIND_HOST": HOST,
        "MINISTACK_HOST": HOST,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LAMBDA_EXECUTOR": "local",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "LOG_LEVEL": "INFO",
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(temporary),
    }


def client_environment(*, port: int, access_key_id: str, secret: str, empty_folder: Path) -> dict[str, str]:
    """The AWS variables for a process that talks to the local cloud as this user, and to nothing else.

    The shared AWS files are pointed into a folder without any.
    """
    return {
        "AWS_ENDPOINT_URL": endpoint_url(port),
        "AWS_ACCESS_KEY_ID": access_key_id,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": str(empty_folder / "aws-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(empty_folder / "aws-credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
