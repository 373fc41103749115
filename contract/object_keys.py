"""Where objects lie in S3. Two buckets: the library (datasets, written by the operator) and the
artifacts (what people and jobs make). Roles are cut along these prefixes."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

from contract.dataset import CATALOG_FILE
from contract.manifest import ARCHIVE_FILE
from contract.metrics import METRICS_FILE, SAMPLES_FOLDER

# Library bucket
DATASETS = "datasets/"
# Artifacts bucket
MANIFESTS = "manifests/"
MODELS = "models/"
PROGRESS = "progress/"
COMPOSITIONS = "compositions/"

TRAINING_CHANNEL = "dataset"


class ObjectLocation(NamedTuple):
    """A bucket and a key."""

    bucket: str
    key: str

    def to_uri(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


def from_uri(uri: str) -> ObjectLocation:
    """The inverse of `ObjectLocation.to_uri`. Raises `ValueError` on anything but an s3 URI with a key."""
    parts = urlsplit(uri)
    if parts.scheme != "s3" or not parts.netloc or len(parts.path) < 2:
        raise ValueError(f"not an S3 object URI: {uri!r}")
    return ObjectLocation(parts.netloc, parts.path[1:])


def dataset_prefix(dataset_id: str) -> str:
    return f"{DATASETS}{dataset_id}/"


def catalog_key(dataset_id: str) -> str:
    return f"{dataset_prefix(dataset_id)}{CATALOG_FILE}"


def input_manifest_key(job_id: str) -> str:
    """The SageMaker manifest file that lists the pieces a job trains on."""
    return f"{MANIFESTS}{job_id}.json"


def model_output_prefix(job_id: str) -> str:
    """What a job gets as `OutputDataConfig.S3OutputPath`; SageMaker adds `<job name>/output/model.tar.gz`."""
    return f"{MODELS}{job_id}"


def model_archive_key(job_id: str, training_job_name: str) -> str:
    return f"{model_output_prefix(job_id)}/{training_job_name}/output/{ARCHIVE_FILE}"


def progress_prefix(job_id: str) -> str:
    """Where SageMaker copies the job's checkpoint folder to."""
    return f"{PROGRESS}{job_id}"


def metrics_key(job_id: str) -> str:
    return f"{progress_prefix(job_id)}/{METRICS_FILE}"


def samples_prefix(job_id: str) -> str:
    return f"{progress_prefix(job_id)}/{SAMPLES_FOLDER}/"


def composition_key(owner: str, composition_id: str) -> str:
    return f"{COMPOSITIONS}{owner}/{composition_id}.mid"
