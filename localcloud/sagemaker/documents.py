"""JSON as the wire has it, the moments in it, and the ARNs that name things in it.

A `Document` is only passed on after `protocol` has validated it against the service model; that is why its
fields are read without further checks.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]

TRAINING_JOB = "training-job"
MODEL = "model"
ENDPOINT_CONFIG = "endpoint-config"
ENDPOINT = "endpoint"


@dataclass(frozen=True)
class Place:
    """The account and region that everything lies in."""

    account: str
    region: str

    def arn(self, kind: str, name: str) -> str:
        """SageMaker writes names in lower case in its ARNs."""
        return f"arn:aws:sagemaker:{self.region}:{self.account}:{kind}/{name.lower()}"

    def log_group_arn(self, group: str) -> str:
        return f"arn:aws:logs:{self.region}:{self.account}:log-group:{group}"


def now() -> float:
    """Epoch seconds to the millisecond, as AWS gives them."""
    return round(time.time(), 3)


def without_nulls(value: object) -> Any:
    """The same JSON without members that are null: AWS takes them for absent."""
    if isinstance(value, dict):
        return {key: without_nulls(member) for key, member in value.items() if member is not None}
    if isinstance(value, list):
        return [without_nulls(member) for member in value if member is not None]
    return value
