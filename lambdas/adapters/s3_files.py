"""What lies in S3: catalogs, input manifests, training progress, model archives, compositions.

An object that may be missing is looked for with `ListObjectsV2` under its exact key first: without an
unconditional `s3:ListBucket`, `GetObject` on a missing key answers 403, the same as for a missing permission.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from contract import object_keys
from contract.dataset import CATALOG_FILE, read_catalog
from contract.inference import MIDI
from contract.metrics import MetricsLine, epoch_of_sample_file, read_metrics_lines
from lambdas.adapters.aws_errors import aws_call
from lambdas.adapters.melodies import decode_values
from lambdas.adapters.model_archive import read_card
from lambdas.domain.compositions import Composition
from lambdas.domain.errors import CorruptArtifact, NotFound
from lambdas.domain.library import ModelCard, Piece
from lambdas.domain.ports import SampleLink
from lambdas.domain.training_jobs import TrainingJob
from lambdas.domain.training_reports import MetricsRecord

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import PaginatorConfigTypeDef

SAMPLE_LINK_SECONDS = 900


@dataclass(frozen=True)
class Bucket:
    """One bucket, as far as we use it."""

    client: Callable[[], S3Client]
    name: str

    def read(self, key: str) -> bytes:
        """An object that is there."""
        with aws_call("s3:GetObject"):
            return self.client().get_object(Bucket=self.name, Key=key)["Body"].read()

    def has(self, key: str) -> bool:
        return key in self.keys(key, at_most=1)

    def keys(self, prefix: str, at_most: int = 10_000) -> list[str]:
        """The keys under a prefix, in order."""
        found: list[str] = []
        pages = self.client().get_paginator("list_objects_v2")
        options: PaginatorConfigTypeDef = {"MaxItems": at_most, "PageSize": min(at_most, 1000)}
        with aws_call("s3:ListBucket"):
            for page in pages.paginate(Bucket=self.name, Prefix=prefix, PaginationConfig=options):
                found += [entry["Key"] for entry in page.get("Contents", [])]
        return found

    def write(self, key: str, body: bytes, content_type: str) -> None:
        with aws_call("s3:PutObject"):
            self.client().put_object(Bucket=self.name, Key=key, Body=body, ContentType=content_type)

    def presign(self, key: str, expires_in_seconds: int) -> str:
        return self.client().generate_presigned_url(
            "get_object", Params={"Bucket": self.name, "Key": key}, ExpiresIn=expires_in_seconds
        )


@dataclass(frozen=True)
class S3Catalogs:
    """The datasets' catalogs in the library bucket."""

    bucket: Bucket

    def read(self, dataset_id: str) -> tuple[Piece, ...]:
        key = object_keys.catalog_key(dataset_id)
        if not self.bucket.has(key):
            raise NotFound("no-catalog", f"the dataset {dataset_id!r} has no catalog in the library")
        try:
            pieces = read_catalog(self.bucket.read(key).decode().splitlines())
        except ValueError as error:
            raise CorruptArtifact(
                "corrupt-catalog", f"the catalog of {dataset_id!r} is unreadable"
            ) from error
        return tuple(Piece(piece.piece_id, piece.file, piece.tags) for piece in pieces)


@dataclass(frozen=True)
class S3TrainingInputs:
    """SageMaker manifest files in the artifacts bucket, pointing into the library bucket."""

    artifacts: Bucket
    library_name: str

    def write(self, job: TrainingJob, pieces: tuple[Piece, ...]) -> None:
        location = object_keys.ObjectLocation(self.library_name, object_keys.dataset_prefix(job.dataset))
        manifest: list[object] = [{"prefix": location.to_uri()}, CATALOG_FILE]
        manifest += [piece.file for piece in pieces]
        key = object_keys.input_manifest_key(job.job_id)
        self.artifacts.write(key, json.dumps(manifest).encode(), "application/json")


@dataclass(frozen=True)
class S3ProgressFiles:
    """What SageMaker copies from a job's checkpoint folder."""

    bucket: Bucket

    def metrics(self, job_id: str) -> tuple[MetricsRecord, ...]:
        key = object_keys.metrics_key(job_id)
        if not self.bucket.has(key):
            return ()
        lines = self.bucket.read(key).decode(errors="replace").splitlines()
        try:
            return tuple(map(_decode_line, read_metrics_lines(lines)))
        except ValidationError as error:
            raise CorruptArtifact("corrupt-metrics", f"the metrics of {job_id} are unreadable") from error

    def samples(self, job_id: str) -> tuple[SampleLink, ...]:
        return tuple(self._links(self.bucket.keys(object_keys.samples_prefix(job_id))))

    def _links(self, keys: list[str]) -> Iterator[SampleLink]:
        for key in keys:
            try:
                epoch = epoch_of_sample_file(key.rsplit("/", 1)[-1])
            except ValueError:
                continue  # a file that SageMaker or a person put there
            yield SampleLink(epoch, self.bucket.presign(key, SAMPLE_LINK_SECONDS), SAMPLE_LINK_SECONDS)


def _decode_line(line: MetricsLine) -> MetricsRecord:
    return MetricsRecord(
        seq=line.seq,
        epoch=line.epoch,
        epochs=line.epochs,
        values=decode_values(line.values),
        is_reference=line.kind == "reference",
        seconds_left=line.seconds_left,
    )


@dataclass(frozen=True)
class S3ModelArchives:
    """The `model.tar.gz` files that SageMaker wrote."""

    bucket: Bucket

    def read_card(self, job_id: str, training_job_name: str) -> ModelCard | None:
        key = object_keys.model_archive_key(job_id, training_job_name)
        if not self.bucket.has(key):
            return None
        uri = object_keys.ObjectLocation(self.bucket.name, key).to_uri()
        with aws_call("s3:GetObject"):
            body = self.bucket.client().get_object(Bucket=self.bucket.name, Key=key)["Body"]
            return read_card(body, uri)


@dataclass(frozen=True)
class S3MidiFiles:
    """The finished compositions."""

    bucket: Bucket

    def put(self, composition: Composition, midi: bytes) -> None:
        self.bucket.write(self._key(composition), midi, MIDI)

    def get(self, composition: Composition) -> bytes:
        key = self._key(composition)
        if not self.bucket.has(key):
            raise NotFound("no-midi", f"the MIDI of {composition.composition_id} is gone")
        return self.bucket.read(key)

    def _key(self, composition: Composition) -> str:
        return object_keys.composition_key(composition.owner, composition.composition_id)
