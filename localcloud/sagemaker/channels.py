"""A training job's input channels: which objects of S3 a host gets, and under which file names.

`S3Prefix`: everything whose key begins so. `ManifestFile`: the objects that a JSON list names.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from localcloud.sagemaker.object_store import ObjectName, ObjectStore

S3_PREFIX = "S3Prefix"
MANIFEST_FILE = "ManifestFile"


class ChannelError(Exception):
    """The channel's data cannot be had; the text says which and why."""


@dataclass(frozen=True)
class Channel:
    """One channel of `InputDataConfig`."""

    name: str
    data_type: str  # S3_PREFIX or MANIFEST_FILE
    source: ObjectName
    is_sharded: bool  # each host gets every n-th object instead of all


@dataclass(frozen=True)
class ChannelFile:
    """An object, and its path in the channel's folder."""

    source: ObjectName
    path: PurePosixPath


def find_files(channel: Channel, store: ObjectStore) -> list[ChannelFile]:
    """What the channel holds. Raises `ChannelError` or `ObjectStoreError`."""
    found = _FINDERS[channel.data_type](channel.source, store)
    if not found:
        raise ChannelError(
            f'No S3 objects found under S3 URL "{channel.source}" given in channel "{channel.name}".'
        )
    return found


def share_of(channel: Channel, files: list[ChannelFile], host: int, n_hosts: int) -> list[ChannelFile]:
    """The part of host number `host`, counted from 0."""
    return files[host::n_hosts] if channel.is_sharded else files


def download(files: list[ChannelFile], store: ObjectStore, folder: Path, go_on: Callable[[], bool]) -> None:
    """Ends early, between two files, when `go_on` says no."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        if not go_on():
            return
        store.download(file.source, folder / file.path)


def _find_by_prefix(prefix: ObjectName, store: ObjectStore) -> list[ChannelFile]:
    return [ChannelFile(name, _path_below(prefix.key, name.key)) for name in store.list(prefix)]


def _path_below(prefix: str, key: str) -> PurePosixPath:
    """`data/train` gives `a.csv` for `data/train/a.csv`, and `train.csv` for `data/train.csv`."""
    if key.startswith(f"{prefix.rstrip('/')}/") and prefix:
        relative = key[len(prefix.rstrip("/")) + 1 :]
    else:
        relative = key[prefix.rfind("/") + 1 :]
    return to_safe_path(relative)


def _find_by_manifest(source: ObjectName, store: ObjectStore) -> list[ChannelFile]:
    try:
        entries = json.loads(store.read(source))
        prefix, keys = entries[0]["prefix"], entries[1:]
        if not isinstance(prefix, str) or not all(isinstance(key, str) for key in keys):
            raise TypeError("a prefix and keys are texts")
        base = ObjectName.of_uri(prefix)
    except (ValueError, LookupError, TypeError) as error:
        raise ChannelError(f"The manifest {source} is not a list of a prefix and keys: {error}") from error
    return [ChannelFile(ObjectName(base.bucket, base.key + key), to_safe_path(key)) for key in keys]


def to_safe_path(relative: str) -> PurePosixPath:
    path = PurePosixPath(relative)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise ChannelError(f"{relative!r} is no path inside a channel.")
    return path


_FINDERS: dict[str, Callable[[ObjectName, ObjectStore], list[ChannelFile]]] = {
    S3_PREFIX: _find_by_prefix,
    MANIFEST_FILE: _find_by_manifest,
}
