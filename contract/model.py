"""A trained model as the REST API shows it."""

from __future__ import annotations

from contract.base import WireModel
from contract.hyperparameters import Technique
from contract.metrics import MetricValue


class Model(WireModel):
    """A model that can compose: own, or shared with everyone."""

    model_id: str
    name: str
    technique: Technique
    shared: bool = False
    training_job_id: str | None = None
    dataset: str
    trained_epochs: int
    instruments: list[str]
    hyperparameters: dict[str, int | float]
    evaluation: list[MetricValue] = []
    reference: list[MetricValue] = []
    created_at: str
    links: dict[str, str] = {}


class ModelList(WireModel):
    items: list[Model]
    next_page_token: str | None = None
