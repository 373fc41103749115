"""Small parts: archives, metrics, log lines, records, failure reasons, CloudFormation's values."""

from __future__ import annotations

import json
import tarfile

import pytest

from localcloud.sagemaker.archive import pack, unpack
from localcloud.sagemaker.failure_reasons import explain_failure
from localcloud.sagemaker.listing import Listing
from localcloud.sagemaker.logs import LineReader
from localcloud.sagemaker.metrics import MetricScanner
from localcloud.sagemaker.object_store import ObjectName
from localcloud.sagemaker.ports import AwsError
from localcloud.sagemaker.protocol import Protocol
from localcloud.sagemaker.provisioners import fresh_name, to_request
from localcloud.sagemaker.store import RecordStore


def make_folder(path, **files):
    for name, text in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)
    return path


def test_same_files_give_the_same_archive(tmp_path):
    first = make_folder(tmp_path / "1", **{"b": "2", "a/c": "1"})
    second = make_folder(tmp_path / "2", **{"a/c": "1", "b": "2"})
    (second / "b").chmod(0o600)

    counts = [pack([first], tmp_path / "1.tar.gz"), pack([second], tmp_path / "2.tar.gz")]

    assert counts == [2, 2]
    assert (tmp_path / "1.tar.gz").read_bytes() == (tmp_path / "2.tar.gz").read_bytes()


def test_archive_comes_back_as_the_same_files(tmp_path):
    pack([make_folder(tmp_path / "in", **{"a/b": "text"})], tmp_path / "x.tar.gz")

    unpack(tmp_path / "x.tar.gz", tmp_path / "out")

    assert (tmp_path / "out/a/b").read_text() == "text"


def test_first_hosts_file_wins(tmp_path):
    hosts = [make_folder(tmp_path / "1", a="first"), make_folder(tmp_path / "2", a="second", b="own")]

    count = pack(hosts, tmp_path / "x.tar.gz")
    unpack(tmp_path / "x.tar.gz", tmp_path / "out")

    assert count == 2
    assert (tmp_path / "out/a").read_text() == "first"


def test_archive_that_leaves_its_folder_is_refused(tmp_path):
    with tarfile.open(tmp_path / "x.tar.gz", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("../escaped"))

    with pytest.raises(tarfile.TarError):
        unpack(tmp_path / "x.tar.gz", tmp_path / "out")

    assert not (tmp_path / "escaped").exists()


def test_metric_keeps_its_latest_number():
    metrics = MetricScanner([("loss", "loss=([-+0-9.eE]+)"), ("other", "other=([0-9]+)")])

    told = [metrics.scan(line) for line in ("loss=1.5", "nothing", "loss=-2e-1 x", "loss=--", "other=none")]

    assert told == [True, False, True, False, False]
    assert [(metric["MetricName"], metric["Value"]) for metric in metrics.latest()] == [("loss", -0.2)]


def test_line_is_read_once_it_has_an_end(tmp_path):
    path = tmp_path / "log"
    reader = LineReader(path)

    before = reader.read()
    path.write_bytes(b"one\ntw")
    first = reader.read()
    with path.open("ab") as file:
        file.write(b"o\r\n\xffrest")
    second, rest, nothing = reader.read(), reader.read_rest(), reader.read_rest()

    assert (before, first, second, rest, nothing) == ([], ["one"], ["two"], ["\ufffdrest"], [])


def test_records_are_found_again_in_any_case(tmp_path):
    store = RecordStore(tmp_path)
    store.add("Job", {"n": 1, "gone": 1})
    store.update("job", {"n": 2, "gone": None})

    again = RecordStore(tmp_path)

    assert again.find("JOB") == {"n": 2}
    assert again.add("jOb", {}) is False
    assert again.delete("job") is True
    assert RecordStore(tmp_path).all() == []


def test_record_given_out_is_a_copy(tmp_path):
    store = RecordStore(tmp_path)
    store.add("job", {"steps": [1]})

    given_out = store.find("job")
    assert given_out is not None
    given_out["steps"].append(2)

    assert store.find("job") == {"steps": [1]}


@pytest.mark.parametrize(
    ("failure", "exit_code", "reason"),
    [
        ("No notes.\n", 2, "AlgorithmError: No notes., exit code: 2"),
        ("", 1, "AlgorithmError: , exit code: 1"),
        (
            "",
            -9,
            "AlgorithmError: The container was ended by signal 9 (SIGKILL) and left no failure file, "
            "exit code: 137",
        ),
        ("Out of memory", -9, "AlgorithmError: Out of memory, exit code: 137"),
    ],
)
def test_failure_reason_as_aws_spells_it(failure, exit_code, reason):
    assert explain_failure(failure, exit_code) == reason


def test_failure_reason_has_at_most_1024_characters():
    assert len(explain_failure("x" * 5000, 1)) == 1024


@pytest.mark.parametrize(
    ("uri", "relative", "expected"),
    [
        ("s3://b/models", "job", "s3://b/models/job"),
        ("s3://b/models/", "job", "s3://b/models/job"),
        ("s3://b", "job", "s3://b/job"),
        ("s3://b/models", "", "s3://b/models/"),
    ],
)
def test_object_below_a_folder(uri, relative, expected):
    assert str(ObjectName.of_uri(uri).below(relative)) == expected


LISTING = Listing("Jobs", "Name", ("Name",), "Status")


def make_records(*names):
    return [{"Name": name, "CreationTime": 5.0, "Status": "Done"} for name in names]


def test_next_page_neither_repeats_nor_skips_when_records_come_and_go():
    page = LISTING.answer(make_records("a", "b", "c", "d"), {"MaxResults": 2})

    rest = LISTING.answer(make_records("aa", "b", "c", "d"), {"NextToken": page["NextToken"]})

    assert [entry["Name"] for entry in page["Jobs"] + rest["Jobs"]] == ["a", "b", "c", "d"]
    assert "NextToken" not in rest


@pytest.mark.parametrize("token", ["nonsense", "W10=", "eA=="])
def test_foreign_token_is_refused(token):
    with pytest.raises(AwsError, match="NextToken"):
        LISTING.answer(make_records("a"), {"NextToken": token})


def test_text_becomes_what_the_service_model_wants():
    properties = {
        "EndpointConfigName": 5,
        "EnableNetworkIsolation": "true",
        "ProductionVariants": [{"InitialVariantWeight": "0.5", "InitialInstanceCount": "2"}],
        "Strange": {"kept": "1"},
    }

    request = to_request(Protocol(), "CreateEndpointConfig", properties)

    assert json.dumps(request, sort_keys=True) == json.dumps(
        {
            "EndpointConfigName": "5",
            "EnableNetworkIsolation": True,
            "ProductionVariants": [{"InitialVariantWeight": 0.5, "InitialInstanceCount": 2}],
            "Strange": {"kept": "1"},
        },
        sort_keys=True,
    )


def test_fresh_names_differ_and_fit():
    names = {fresh_name("continuo-local", "InferenceEndpointConfig" * 4) for _ in range(3)}

    assert len(names) == 3
    assert all(len(name) <= 63 for name in names)
