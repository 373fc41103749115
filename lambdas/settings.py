"""The environment of each function, as a model: what it declares is what the infrastructure must set.

A missing or wrong variable fails at the first call, with every wrong name told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """What every function gets. Field names are the variables' names in lower case."""

    model_config = ConfigDict(alias_generator=str.upper, extra="ignore", frozen=True)

    stage: str
    powertools_service_name: str
    log_level: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Raises `ValueError` when a variable is missing or wrong."""
        return cls.model_validate(dict(environment))

    @classmethod
    def variable_names(cls) -> frozenset[str]:
        """The variables that the function declares."""
        return frozenset(name.upper() for name in cls.model_fields)


class ApiSettings(Settings):
    table_name: str
    artifacts_bucket: str
    endpoint_name: str
    inline_compose_seconds: Annotated[float, Field(gt=0, le=20)]
    compose_lease_seconds: Annotated[int, Field(gt=0)]


class StartTrainingSettings(Settings):
    table_name: str
    library_bucket: str
    artifacts_bucket: str
    state_machine_arn: str
    job_name_prefix: str
    instance_type: str
    instance_count: Annotated[int, Field(ge=1)]
    volume_size_gb: Annotated[int, Field(ge=1)]
    max_runtime_seconds: Annotated[int, Field(ge=1)]


class RecordProgressSettings(Settings):
    table_name: str
    artifacts_bucket: str


class RegisterModelSettings(Settings):
    table_name: str
    artifacts_bucket: str


class ComposeSettings(Settings):
    table_name: str
    artifacts_bucket: str
    endpoint_name: str
    compose_lease_seconds: Annotated[int, Field(gt=0)]


SETTINGS: dict[str, type[Settings]] = {
    "api": ApiSettings,
    "start_training": StartTrainingSettings,
    "record_progress": RecordProgressSettings,
    "register_model": RegisterModelSettings,
    "compose": ComposeSettings,
}
