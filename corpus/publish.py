"""Publishes a built corpus into a deployment: pieces and catalog to its library bucket, rows to its table.

`python -m corpus.publish --table NAME --bucket NAME`. It can be run again at any time: objects and rows that
are already there as they should be are left alone. Pieces go first, then the catalog that names them, then
the row that offers the dataset, so nobody is shown what is not there yet.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from contract.base import to_timestamp
from contract.dataset import CATALOG_FILE, Dataset
from contract.melody import MelodyList
from contract.object_keys import DATASETS, catalog_key, dataset_prefix
from contract.table import PARTITION_KEY, SHARED_OWNER, SORT_KEY, DatasetItem, MelodyItem
from corpus.bach import DATASET_FILE, PIECES_FOLDER
from corpus.build import DATASETS_FOLDER, DEFAULT_CACHE, MELODIES_FILE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_s3.client import S3Client

PARALLEL_UPLOADS = 16
_CONTENT_TYPES = {".mid": "audio/midi", ".jsonl": "application/jsonl", ".json": "application/json"}
_MOMENTS = ("createdAt", "updatedAt", "version")


@dataclass(frozen=True, slots=True)
class Published:
    """What a call changed; objects and rows that were already right are not counted."""

    objects_uploaded: int
    rows_written: int


def publish(
    session: boto3.Session,
    table_name: str,
    library_bucket: str,
    cache_folder: Path = DEFAULT_CACHE,
    endpoint_url: str | None = None,
    on_progress: Callable[[str], None] = lambda line: None,
) -> Published:
    """Brings bucket and table up to the corpus in `cache_folder`. Raises `FileNotFoundError` without one."""
    s3 = session.client("s3", endpoint_url=endpoint_url, config=Config(max_pool_connections=PARALLEL_UPLOADS))
    table = session.resource("dynamodb", endpoint_url=endpoint_url).Table(table_name)
    folders = sorted(path.parent for path in (cache_folder / DATASETS_FOLDER).glob(f"*/{DATASET_FILE}"))
    melodies = (cache_folder / MELODIES_FILE).read_text(encoding="utf-8")
    uploaded = sum(_upload_dataset(s3, library_bucket, folder, on_progress) for folder in folders)
    written = sum(_write_row(table, _dataset_row(folder)) for folder in folders)
    written += sum(_write_row(table, row) for row in _melody_rows(melodies))
    on_progress(f"Published {uploaded} objects and {written} rows that were not there yet")
    return Published(uploaded, written)


def _upload_dataset(s3: S3Client, bucket: str, folder: Path, on_progress: Callable[[str], None]) -> int:
    present = dict(_listed(s3, bucket, f"{DATASETS}{folder.name}/"))
    pieces = {f"{dataset_prefix(folder.name)}{PIECES_FOLDER}/{path.name}": path for path in _pieces(folder)}
    on_progress(f"Dataset {folder.name}: {len(pieces)} pieces")
    with ThreadPoolExecutor(PARALLEL_UPLOADS) as pool:
        uploaded = sum(pool.map(lambda key: _upload(s3, bucket, key, pieces[key], present), pieces))
    return uploaded + _upload(s3, bucket, catalog_key(folder.name), folder / CATALOG_FILE, present)


def _pieces(folder: Path) -> list[Path]:
    return sorted((folder / PIECES_FOLDER).glob("*.mid"))


def _listed(s3: S3Client, bucket: str, prefix: str) -> Iterable[tuple[str, str]]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for entry in page.get("Contents", []):
            yield entry["Key"], entry["ETag"].strip('"')


def _upload(s3: S3Client, bucket: str, key: str, path: Path, present: dict[str, str]) -> bool:
    """Whether it was uploaded. An ETag is the MD5, unless a KMS key encrypts: then it goes up again."""
    data = path.read_bytes()
    if present.get(key) == hashlib.md5(data, usedforsecurity=False).hexdigest():
        return False
    s3.put_object(Bucket=bucket, Key=key, Body=data, ContentType=_CONTENT_TYPES[path.suffix])
    return True


def _dataset_row(folder: Path) -> DatasetItem:
    dataset = Dataset.model_validate_json((folder / DATASET_FILE).read_text(encoding="utf-8"))
    now = to_timestamp(datetime.now(UTC))
    return DatasetItem(
        owner=SHARED_OWNER, created_at=now, updated_at=now, **dataset.model_dump(exclude={"shared"})
    )


def _melody_rows(text: str) -> list[MelodyItem]:
    now = to_timestamp(datetime.now(UTC))
    return [
        MelodyItem(
            owner=SHARED_OWNER,
            created_at=now,
            updated_at=now,
            melody_id=sample.melody_id,
            title=sample.title,
            source=sample.source,
            key=sample.key,
            melody=sample.melody,
        )
        for sample in MelodyList.model_validate_json(text).items
    ]


def _write_row(table: Table, row: DatasetItem | MelodyItem) -> bool:
    """Whether it was written. A changed row keeps when it was created and counts its version on."""
    item = json.loads(json.dumps(row.to_item()), parse_float=Decimal)
    keys = {name: item[name] for name in (PARTITION_KEY, SORT_KEY)}
    present = table.get_item(Key=keys, ConsistentRead=True).get("Item")
    if present is not None:
        if _content(present) == _content(item):
            return False
        item["createdAt"], item["version"] = present["createdAt"], int(str(present["version"])) + 1
    table.put_item(Item=item)
    return True


def _content(item: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in item.items() if name not in _MOMENTS}


def _print_line(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Publish the corpus into a deployment.")
    parser.add_argument("--table", required=True, help="the stack's output TableName")
    parser.add_argument("--bucket", required=True, help="the stack's output LibraryBucketName")
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE, help="what corpus.build made")
    options = parser.parse_args()
    publish(boto3.Session(), options.table, options.bucket, options.cache, on_progress=_print_line)
