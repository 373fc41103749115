"""Which objects a channel holds, and under which names."""

from __future__ import annotations

import json

import pytest

from localcloud.sagemaker.channels import Channel, ChannelError, find_files, share_of
from localcloud.sagemaker.object_store import ObjectName, ObjectStore


class FakeStore(ObjectStore):
    def __init__(self, **objects):
        self.objects = objects

    def list(self, prefix):
        return [ObjectName(prefix.bucket, key) for key in sorted(self.objects) if key.startswith(prefix.key)]

    def read(self, name):
        return self.objects[name.key]


def make_channel(uri, data_type="S3Prefix", is_sharded=False):
    return Channel("dataset", data_type, ObjectName.of_uri(uri), is_sharded)


def paths(uri, *keys):
    return [str(file.path) for file in find_files(make_channel(uri), FakeStore(**dict.fromkeys(keys, b"")))]


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("s3://b/data/train", ["a.csv", "x/b.csv", "train.csv"]),
        ("s3://b/data/train/", ["a.csv", "x/b.csv"]),
        ("s3://b/data/train.csv", ["train.csv"]),
        ("s3://b/", ["data/train/a.csv", "data/train/x/b.csv", "data/train.csv"]),
    ],
)
def test_prefix_gives_paths_below_it(uri, expected):
    found = paths(uri, "data/train/a.csv", "data/train/x/b.csv", "data/train.csv")

    assert sorted(found) == sorted(expected)


def test_prefix_without_objects_is_an_error_that_names_it():
    with pytest.raises(ChannelError, match='No S3 objects found under S3 URL "s3://b/none"'):
        find_files(make_channel("s3://b/none"), FakeStore())


def manifest(document):
    store = FakeStore(m=document if isinstance(document, bytes) else json.dumps(document).encode())
    return find_files(make_channel("s3://b/m", "ManifestFile"), store)


def test_manifest_gives_its_keys_as_paths():
    files = manifest([{"prefix": "s3://library/bach/"}, "catalog.jsonl", "pieces/1.mid"])

    assert [(str(file.source), str(file.path)) for file in files] == [
        ("s3://library/bach/catalog.jsonl", "catalog.jsonl"),
        ("s3://library/bach/pieces/1.mid", "pieces/1.mid"),
    ]


@pytest.mark.parametrize(
    "document",
    [
        b"no json",
        [],
        {"prefix": "s3://a/"},
        ["a"],
        [{"prefix": "a/"}, "b"],
        [{"prefix": "s3://a/"}, 5],
        [{"prefix": 3}, "a"],
    ],
)
def test_manifest_that_is_none_is_an_error(document):
    with pytest.raises(ChannelError, match="The manifest s3://b/m is not a list of a prefix and keys"):
        manifest(document)


@pytest.mark.parametrize("key", ["../x", "/etc/x", "a/../../x"])
def test_path_that_leaves_the_channel_is_refused(key):
    with pytest.raises(ChannelError, match="is no path inside a channel"):
        manifest([{"prefix": "s3://a/"}, key])


def test_shards_share_all_files_and_none_twice():
    keys = [f"k{number}" for number in range(5)]
    channel = make_channel("s3://b/k", is_sharded=True)
    files = find_files(channel, FakeStore(**dict.fromkeys(keys, b"")))

    shares = [share_of(channel, files, host, 2) for host in range(2)]

    assert [len(share) for share in shares] == [3, 2]
    assert sorted(file.source.key for share in shares for file in share) == keys
