"""What the environment may set, read once at the start. A value that makes no sense ends the process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """Each field is the environment variable of its alias."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    port: Annotated[int, Field(ge=1, le=65535)] = Field(8080, alias="SAGEMAKER_BIND_TO_PORT")
    # Loopback unless told otherwise, so that a laptop opens nothing; the Dockerfile tells otherwise.
    host: str = Field("127.0.0.1", alias="SERVE_HOST")
    model_cache_size: Annotated[int, Field(ge=1, le=64)] = Field(8, alias="MODEL_CACHE_SIZE")
    model_recheck_seconds: Annotated[float, Field(ge=0)] = Field(60, alias="MODEL_RECHECK_SECONDS")
    model_threads: Annotated[int, Field(ge=1, le=16)] = Field(1, alias="MODEL_THREADS")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", alias="LOG_LEVEL")


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings in an environment. Raises `ValueError` naming the variable that is wrong."""
    return Settings.model_validate(dict(environment))
