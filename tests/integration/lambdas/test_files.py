"""What lies in S3, read and written as the domain expects; where there is a fake, both are held to it."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
import urllib.parse

import pytest

from contract import object_keys
from contract.manifest import GRAPH_FILE, MANIFEST_FILE
from lambdas.adapters.s3_files import (
    Bucket,
    S3Catalogs,
    S3MidiFiles,
    S3ModelArchives,
    S3ProgressFiles,
    S3TrainingInputs,
)
from lambdas.domain.errors import CorruptArtifact, NotFound
from lambdas.domain.library import MetricValue
from tests.integration.lambdas.conftest import ARTIFACTS, LIBRARY
from tests.unit.lambdas.builders import (
    JOB_ID,
    TRAINING_JOB_NAME,
    make_composition,
    make_job,
    make_pieces,
)
from tests.unit.lambdas.fakes import FakeCatalogs, FakeMidiFiles

GRAPH = b"onnx" * 100_000


@pytest.fixture
def library(s3):
    return Bucket(lambda: s3, LIBRARY)


@pytest.fixture
def artifacts(s3):
    return Bucket(lambda: s3, ARTIFACTS)


@pytest.fixture(params=["fake", "s3"])
def midi_files(request):
    if request.param == "fake":
        return FakeMidiFiles()
    return S3MidiFiles(request.getfixturevalue("artifacts"))


def test_midi_comes_back_as_it_was_put(midi_files):
    midi_files.put(make_composition(), b"MThd\x00\xff")

    assert midi_files.get(make_composition()) == b"MThd\x00\xff"


def test_midi_put_again_replaces_the_first(midi_files):
    midi_files.put(make_composition(), b"first")
    midi_files.put(make_composition(), b"second")

    assert midi_files.get(make_composition()) == b"second"


def test_missing_midi_is_not_found(midi_files):
    midi_files.put(make_composition(), b"mine")

    with pytest.raises(NotFound):
        midi_files.get(make_composition(owner="u-2"))


def catalog_line(piece):
    return json.dumps(
        {
            "pieceId": piece.piece_id,
            "file": piece.file,
            "title": piece.piece_id,
            "tracks": ["Soprano"],
            "steps": 64,
            "melodyGroup": piece.piece_id,
            "source": "music21",
            "licence": "public domain",
            "tags": dict(piece.tags),
        }
    )


@pytest.fixture(params=["fake", "s3"])
def catalogs(request):
    """The catalog of `bach`, and no other."""
    if request.param == "fake":
        return FakeCatalogs(bach=make_pieces())
    bucket = request.getfixturevalue("library")
    lines = "\n".join(map(catalog_line, make_pieces())) + "\n"
    bucket.write(object_keys.catalog_key("bach"), lines.encode(), "application/jsonl")
    return S3Catalogs(bucket)


def test_catalog_gives_every_piece_in_order(catalogs):
    assert catalogs.read("bach") == make_pieces()


def test_missing_catalog_is_not_found(catalogs):
    with pytest.raises(NotFound, match="brahms"):
        catalogs.read("brahms")


def test_catalog_of_a_longer_name_is_not_mistaken(library):
    library.write(object_keys.catalog_key("bach") + ".bak", b"", "text/plain")

    with pytest.raises(NotFound):
        S3Catalogs(library).read("bach")


def test_torn_catalog_is_corrupt(library):
    library.write(object_keys.catalog_key("bach"), b'{"pieceId": "bwv', "application/jsonl")

    with pytest.raises(CorruptArtifact, match="bach") as caught:
        S3Catalogs(library).read("bach")

    assert caught.value.code == "corrupt-catalog"


def test_input_manifest_names_the_catalog_and_the_chosen_pieces(artifacts):
    S3TrainingInputs(artifacts, LIBRARY).write(make_job(), make_pieces()[:2])

    manifest = json.loads(artifacts.read(f"manifests/{JOB_ID}.json"))
    assert manifest == [
        {"prefix": f"s3://{LIBRARY}/datasets/bach/"},
        "catalog.jsonl",
        "pieces/bwv1.mid",
        "pieces/bwv2.mid",
    ]


def metrics_line(seq, **changes):
    line = {
        "seq": seq,
        "kind": "epoch",
        "epoch": seq,
        "epochs": 6,
        "elapsedSeconds": 1.5,
        "secondsLeft": 41.5,
        "values": [{"name": "generator_loss", "value": 1.25}],
    }
    return json.dumps(line | changes)


def write_metrics(bucket, text):
    bucket.write(object_keys.metrics_key(JOB_ID), text.encode(), "application/jsonl")


def test_training_that_has_written_nothing_has_no_metrics(artifacts):
    assert S3ProgressFiles(artifacts).metrics(JOB_ID) == ()


def test_metrics_are_read_in_order_with_the_reference_marked(artifacts):
    reference = metrics_line(0, kind="reference", values=[{"name": "a", "value": 1, "track": "Alto"}])
    write_metrics(artifacts, f"{reference}\n{metrics_line(1)}\n")

    first, second = S3ProgressFiles(artifacts).metrics(JOB_ID)

    assert (first.is_reference, first.values) == (True, (MetricValue("a", 1.0, "Alto"),))
    assert (second.seq, second.epoch, second.epochs, second.seconds_left) == (1, 1, 6, 41.5)


@pytest.mark.parametrize("torn", ['{"seq": 2, "ep', "{", '{"seq": 2, "values": [{"name": "\u00e9'])
def test_torn_last_line_is_left_for_next_time(artifacts, torn):
    write_metrics(artifacts, metrics_line(1) + "\n" + torn)

    assert [record.seq for record in S3ProgressFiles(artifacts).metrics(JOB_ID)] == [1]


def test_torn_line_in_the_middle_is_corrupt(artifacts):
    write_metrics(artifacts, "{\n" + metrics_line(1) + "\n")

    with pytest.raises(CorruptArtifact, match=JOB_ID):
        S3ProgressFiles(artifacts).metrics(JOB_ID)


def test_samples_are_presigned_by_epoch_and_strangers_are_passed_over(artifacts):
    for name in ("epoch-00002.mid", "epoch-00001.mid", "notes.txt"):
        artifacts.write(object_keys.samples_prefix(JOB_ID) + name, b"MThd", "audio/midi")

    links = S3ProgressFiles(artifacts).samples(JOB_ID)

    assert [link.epoch for link in links] == [1, 2]
    url = urllib.parse.urlsplit(links[0].url)
    assert url.path.endswith(f"progress/{JOB_ID}/samples/epoch-00001.mid")


def make_manifest(**changes):
    manifest = {
        "formatVersion": 1,
        "technique": "unet-gan",
        "steps": 32,
        "stepsPerBeat": 4,
        "lowestPitch": 36,
        "pitches": 48,
        "noiseChannels": 32,
        "noiseSteps": 2,
        "melody": {"name": "Soprano", "program": 52},
        "accompaniment": [{"name": "Alto", "program": 52}, {"name": "Bass", "program": 52}],
        "graphSha256": hashlib.sha256(GRAPH).hexdigest(),
        "trainedEpochs": 6,
        "hyperparameters": {"epochs": 6, "learningRate": 0.0005},
        "evaluation": [{"name": "semitone_clash", "value": 0.0625}],
        "reference": [{"name": "semitone_clash", "value": 0.05}],
    }
    return json.dumps(manifest | changes).encode()


def make_archive(**files):
    """A gzipped tar of `{name: bytes}`; dots in names are written as `__`."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name.replace("__", "."))
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def read_card(bucket, archive):
    bucket.write(object_keys.model_archive_key(JOB_ID, TRAINING_JOB_NAME), archive, "application/gzip")
    return S3ModelArchives(bucket).read_card(JOB_ID, TRAINING_JOB_NAME)


@pytest.mark.parametrize(
    "files",
    [
        {"manifest__json": make_manifest(), "model__onnx": GRAPH},
        {"model__onnx": GRAPH, "manifest__json": make_manifest()},
    ],
    ids=["manifest first", "graph first"],
)
def test_whole_archive_gives_its_card(artifacts, files):
    card = read_card(artifacts, make_archive(**files))

    assert card.model_uri == f"s3://{ARTIFACTS}/models/{JOB_ID}/{TRAINING_JOB_NAME}/output/model.tar.gz"
    assert card.instruments == ("Alto", "Bass")
    assert (card.trained_epochs, card.technique) == (6, "unet-gan")
    assert card.hyperparameters == {"epochs": 6, "learningRate": 0.0005}
    assert card.evaluation == (MetricValue("semitone_clash", 0.0625),)


def test_names_may_begin_with_a_dot_folder(artifacts):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        folder = tarfile.TarInfo(".")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, content in ((GRAPH_FILE, GRAPH), (MANIFEST_FILE, make_manifest())):
            member = tarfile.TarInfo(f"./{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))

    assert read_card(artifacts, buffer.getvalue()).trained_epochs == 6


def test_missing_archive_is_no_model(artifacts):
    assert S3ModelArchives(artifacts).read_card(JOB_ID, TRAINING_JOB_NAME) is None


def test_empty_archive_is_no_model(artifacts):
    assert read_card(artifacts, make_archive()) is None


WHOLE = make_archive(manifest__json=make_manifest(), model__onnx=GRAPH)


@pytest.mark.parametrize(
    ("archive", "reason"),
    [
        (b"", "cannot be read"),
        (b"no archive at all", "cannot be read"),
        (WHOLE[: len(WHOLE) // 2], "cannot be read"),
        (WHOLE[:-8] + bytes(8), "cannot be read"),
        (gzip.compress(gzip.decompress(WHOLE) + bytes(2_000_000)), "does not end where it should"),
        (make_archive(model__onnx=GRAPH), "has no manifest.json"),
        (make_archive(manifest__json=make_manifest()), "has no model.onnx"),
        (make_archive(manifest__json=b"{", model__onnx=GRAPH), "unreadable at the whole file"),
        (
            make_archive(manifest__json=make_manifest(steps=0), model__onnx=GRAPH),
            "unreadable at steps",
        ),
        (
            make_archive(manifest__json=make_manifest(), model__onnx=b"other"),
            "not the one its manifest names",
        ),
        (make_archive(manifest__json=b" " * 1_100_000, model__onnx=GRAPH), "too large"),
        (make_archive(**{f"file{number}": b"" for number in range(20)}), "over 16 files"),
    ],
    ids=[
        "nothing",
        "no gzip",
        "cut",
        "wrong checksum",
        "long tail",
        "no manifest",
        "no graph",
        "no JSON",
        "wrong value",
        "other graph",
        "huge manifest",
        "many files",
    ],
)
def test_archive_without_a_whole_model_is_corrupt(artifacts, archive, reason):
    with pytest.raises(CorruptArtifact, match=reason) as caught:
        read_card(artifacts, archive)

    assert caught.value.code == "corrupt-model"


def test_link_in_place_of_the_manifest_is_corrupt(artifacts):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        member = tarfile.TarInfo(MANIFEST_FILE)
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(member)

    with pytest.raises(CorruptArtifact, match="no file"):
        read_card(artifacts, buffer.getvalue())
