"""`report.json`: what the demo did, how long it took, and how good the result is."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from cli.phases import PhaseTime
from contract.base import WireModel
from contract.composition import Composition
from contract.metrics import MetricValue
from contract.training import TrainingJob

REPORTED_PACKAGES = ("continuo", "ministack", "torch", "onnxruntime", "music21", "boto3")


class ResultMeasures(WireModel):
    """Measures of the composition, beside the training set's own where there are any."""

    composition: list[MetricValue]
    training_set: list[MetricValue]


class Report(WireModel):
    """The whole of `report.json`. Job and composition are as the API returned them.

    `accompaniment` names the voices that play under the melody, which came back untouched: without that
    there is no report.
    """

    total_seconds: float
    phases: list[PhaseTime]
    job: TrainingJob
    composition: Composition
    accompaniment: list[str]
    measures: ResultMeasures
    versions: dict[str, str]


def read_versions(project: Path, packages: Iterable[str] = REPORTED_PACKAGES) -> dict[str, str]:
    """Versions of what did the work; what is not installed is left out."""
    found = {"python": platform.python_version(), "system": f"{platform.system()} {platform.machine()}"}
    found["cpus"] = str(os.cpu_count())
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    cdk = project / "node_modules" / "aws-cdk" / "package.json"
    if cdk.is_file():
        found["aws-cdk"] = str(json.loads(cdk.read_text())["version"])
    return found
