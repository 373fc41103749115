"""Publishing into a library bucket and a table, on moto."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from contract.dataset import read_catalog
from contract.object_keys import catalog_key, dataset_prefix
from contract.table import SHARED_OWNER, DatasetItem, Kind, MelodyItem, owner_key, row_key
from corpus.publish import Published, publish

BUCKET, TABLE = "library", "continuo"
N_OBJECTS, N_ROWS = 366, 18  # pieces and catalog; dataset and melodies


@pytest.fixture
def session() -> Iterator[boto3.Session]:
    with mock_aws():
        session = boto3.Session("AKIAEXAMPLE", "secret", region_name="us-east-1")
        session.client("s3").create_bucket(Bucket=BUCKET)
        session.client("dynamodb").create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
        )
        yield session


def get_row(session: boto3.Session, kind: Kind, row_id: str) -> dict[str, Any]:
    table = session.resource("dynamodb").Table(TABLE)
    return table.get_item(Key={"pk": owner_key(SHARED_OWNER), "sk": row_key(kind, row_id)})["Item"]


def test_objects_and_rows_arrive_as_they_were_built(session: boto3.Session, built_corpus: Path):
    published = publish(session, TABLE, BUCKET, built_corpus)

    s3 = session.client("s3")
    catalog = s3.get_object(Bucket=BUCKET, Key=catalog_key("bach"))["Body"].read()
    pieces = read_catalog(catalog.decode().splitlines())
    piece = s3.get_object(Bucket=BUCKET, Key=dataset_prefix("bach") + pieces[0].file)
    dataset = DatasetItem.from_item(get_row(session, Kind.DATASET, "bach"))
    melody = MelodyItem.from_item(get_row(session, Kind.MELODY, "twinkle"))

    assert published == Published(objects_uploaded=N_OBJECTS, rows_written=N_ROWS)
    assert piece["Body"].read() == (built_corpus / "datasets" / "bach" / pieces[0].file).read_bytes()
    assert piece["ContentType"] == "audio/midi"
    assert (dataset.pieces, dataset.tracks) == (365, ["Soprano", "Alto", "Tenor", "Bass"])
    assert (melody.title, melody.version) == ("Twinkle, Twinkle, Little Star", 1)
    assert [note.pitch for note in melody.melody.notes[:4]] == [67, 67, 74, 74]


def test_publishing_again_changes_nothing(session: boto3.Session, built_corpus: Path):
    publish(session, TABLE, BUCKET, built_corpus)
    before = get_row(session, Kind.DATASET, "bach")

    again = publish(session, TABLE, BUCKET, built_corpus)

    assert again == Published(objects_uploaded=0, rows_written=0)
    assert get_row(session, Kind.DATASET, "bach") == before


def test_what_has_changed_is_brought_up_to_date(session: boto3.Session, built_corpus: Path):
    publish(session, TABLE, BUCKET, built_corpus)
    session.client("s3").put_object(Bucket=BUCKET, Key=catalog_key("bach"), Body=b"outdated")
    row = get_row(session, Kind.MELODY, "twinkle")
    session.resource("dynamodb").Table(TABLE).put_item(Item={**row, "title": "Outdated"})

    again = publish(session, TABLE, BUCKET, built_corpus)

    updated = get_row(session, Kind.MELODY, "twinkle")
    assert again == Published(objects_uploaded=1, rows_written=1)
    assert (updated["title"], updated["version"]) == ("Twinkle, Twinkle, Little Star", 2)
    assert updated["createdAt"] == row["createdAt"]


def test_a_folder_without_a_corpus_is_refused_before_anything_is_written(
    session: boto3.Session, tmp_path: Path
):
    with pytest.raises(FileNotFoundError, match=r"melodies\.json"):
        publish(session, TABLE, BUCKET, tmp_path)

    assert "Contents" not in session.client("s3").list_objects_v2(Bucket=BUCKET)
