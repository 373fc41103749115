"""SageMaker's folders, and what it tells a training through files.

Everything lies under one root, `/opt/ml` in a container. Hyperparameters arrive as strings.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from contract.hyperparameters import UnetGanHyperparameters, decode_from_sagemaker
from contract.metrics import METRICS_FILE, SAMPLES_FOLDER
from contract.object_keys import TRAINING_CHANNEL
from training_container.checkpoint import CHECKPOINT_FILE
from training_container.errors import InvalidJob


@dataclass(frozen=True, slots=True)
class Layout:
    """The root folder and the places below it."""

    root: Path

    @property
    def hyperparameters_file(self) -> Path:
        return self.root / "input" / "config" / "hyperparameters.json"

    @property
    def resources_file(self) -> Path:
        return self.root / "input" / "config" / "resourceconfig.json"

    @property
    def dataset(self) -> Path:
        return self.root / "input" / "data" / TRAINING_CHANNEL

    @property
    def model(self) -> Path:
        return self.root / "model"

    @property
    def checkpoint_file(self) -> Path:
        return self.root / "checkpoints" / CHECKPOINT_FILE

    @property
    def metrics_file(self) -> Path:
        return self.root / "checkpoints" / METRICS_FILE

    @property
    def samples(self) -> Path:
        return self.root / "checkpoints" / SAMPLES_FOLDER


class Resources(BaseModel):
    """`resourceconfig.json`: this host's name among all of the job's; more is written there than is read."""

    current_host: str = "algo-1"
    hosts: list[str] = ["algo-1"]

    def is_first_host(self) -> bool:
        return self.current_host == min(self.hosts)


def read_resources(layout: Layout) -> Resources:
    """One host where the file is absent."""
    if not layout.resources_file.is_file():
        return Resources()
    return Resources.model_validate_json(layout.resources_file.read_bytes())


def read_hyperparameters(layout: Layout) -> UnetGanHyperparameters:
    """The job's hyperparameters, all defaults where the file is absent. Raises `InvalidJob`."""
    given: dict[str, str] = {}
    if layout.hyperparameters_file.is_file():
        given = json.loads(layout.hyperparameters_file.read_bytes())
    try:
        _technique, values = decode_from_sagemaker(given)
    except ValidationError as error:
        raise InvalidJob(f"Hyperparameters cannot be used: {_to_sentence(error)}.") from error
    except ValueError as error:
        raise InvalidJob(f"Hyperparameters cannot be used: {error}.") from error
    return values


def _to_sentence(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, fault['loc']))} = {fault['input']!r}: {fault['msg']}" for fault in error.errors()
    )
