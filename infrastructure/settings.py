"""What differs from stage to stage: typed, read from `stages` in `cdk.json`, each value with its meaning.

A value given on the command line (`-c lapLimit=3`) wins over the stage's. An unknown name is refused.
"""

from __future__ import annotations

from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class ContextSource(Protocol):
    """The part of a CDK node that settings are read from."""

    def try_get_context(self, key: str) -> object: ...


class StageSettings(BaseModel):
    """The settings of one stage; the defaults are those of a small deployment on AWS."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True, populate_by_name=True)

    stage: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{1,11}$")]

    # Images. Given: used as they are. None: built from the repository's Dockerfiles on deploy.
    training_image_uri: str | None = None
    inference_image_uri: str | None = None

    # Lambda. `host` bundles for the machine that runs CDK, which is the local cloud's runtime too.
    lambda_platform: Literal["host", "x86_64", "arm64"] = "arm64"
    python_version: Literal["host", "3.11", "3.12"] = "3.11"
    log_level: Literal["DEBUG", "INFO", "WARNING"] = "INFO"
    log_retention_days: int = 30

    # API
    throttle_requests_per_second: Annotated[int, Field(ge=1)] = 20
    throttle_burst: Annotated[int, Field(ge=1)] = 40

    # Training
    training_instance_type: str = "ml.m5.xlarge"
    training_instance_count: Annotated[int, Field(ge=1, le=8)] = 1
    training_volume_size_gb: Annotated[int, Field(ge=1, le=500)] = 10
    training_max_runtime_seconds: Annotated[int, Field(ge=60, le=28 * 24 * 3600)] = 4 * 3600
    # A lap takes about 16 history events of the 25,000 that an execution may have; retries take some more.
    lap_limit: Annotated[int, Field(ge=2, le=1200)] = 1000

    # Inference. Serverless scales to zero; provisioned answers without a cold start and costs by the hour.
    endpoint_kind: Literal["serverless", "provisioned"] = "serverless"
    serverless_memory_mb: Literal[1024, 2048, 3072, 4096, 5120, 6144] = 3072
    serverless_max_concurrency: Annotated[int, Field(ge=1, le=200)] = 5
    endpoint_instance_type: str = "ml.m5.large"
    endpoint_instance_count: Annotated[int, Field(ge=1)] = 1
    endpoint_max_instance_count: Annotated[int, Field(ge=1)] = 2
    inline_compose_seconds: Annotated[int, Field(ge=1, le=15)] = 8
    compose_lease_seconds: Annotated[int, Field(ge=110)] = 120  # longer than the function's timeout

    # Storage. Kept data outlives the stack; otherwise table and buckets go with it (buckets only when empty).
    keep_data_on_delete: bool = True
    progress_retention_days: Annotated[int, Field(ge=1)] = 90
    manifest_retention_days: Annotated[int, Field(ge=1)] = 30
    access_log_retention_days: Annotated[int, Field(ge=1)] = 90

    @property
    def prefix(self) -> str:
        """What every name that must be known beforehand begins with."""
        return f"continuo-{self.stage}"


def read_settings(context: ContextSource) -> StageSettings:
    """The settings of the stage that `-c stage=` names. Raises `ValueError` when there is none such."""
    stage = context.try_get_context("stage")
    stages = context.try_get_context("stages")
    if not isinstance(stages, dict) or stage not in stages:
        known = ", ".join(sorted(stages)) if isinstance(stages, dict) else "none"
        raise ValueError(f"name a stage with -c stage=<name>; cdk.json has: {known}; given: {stage!r}")
    given = {**stages[stage], **_overrides(context), "stage": stage}
    return StageSettings.model_validate(given)


def _overrides(context: ContextSource) -> dict[str, object]:
    aliases = [field.alias or name for name, field in StageSettings.model_fields.items()]
    values = {alias: context.try_get_context(alias) for alias in aliases}
    return {alias: value for alias, value in values.items() if value is not None}
