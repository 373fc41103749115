"""`model.tar.gz` to the bytes of its two files, in memory: nothing of it is ever written to a disk.

Archives are treated as if a stranger had made them. Only regular files named `model.onnx` and
`manifest.json` are read, each once, each within a limit; whatever else lies within is refused. Every byte
that decompression yields is counted, headers and padding too, so a bomb ends at the limit.
"""

from __future__ import annotations

import tarfile
import zlib
from gzip import BadGzipFile, GzipFile
from io import BytesIO
from typing import NamedTuple

from contract.manifest import GRAPH_FILE, MANIFEST_FILE
from inference_container.errors import CorruptModel

MAX_ARCHIVE_BYTES = 64 * 1024 * 1024
MAX_FILE_BYTES = {GRAPH_FILE: 64 * 1024 * 1024, MANIFEST_FILE: 1024 * 1024}
MAX_UNPACKED_BYTES = sum(MAX_FILE_BYTES.values()) + 64 * 1024  # the rest is headers and padding

_NOT_AN_ARCHIVE = (tarfile.TarError, BadGzipFile, zlib.error, EOFError)


class ModelFiles(NamedTuple):
    """The two files of a model, as bytes."""

    graph: bytes
    manifest: bytes


def read_archive(archive: bytes) -> ModelFiles:
    """The graph and the manifest. Raises `CorruptModel` on anything but an archive of exactly these two."""
    try:
        with tarfile.open(fileobj=_CountedUnzip(archive), mode="r|") as tar:
            files = _read_members(tar)
    except _NOT_AN_ARCHIVE as error:
        raise CorruptModel(f"the model is not a tar.gz archive: {error}") from error
    missing = MAX_FILE_BYTES.keys() - files.keys()
    if missing:
        raise CorruptModel(f"the model archive lacks {' and '.join(sorted(missing))}")
    return ModelFiles(files[GRAPH_FILE], files[MANIFEST_FILE])


def _read_members(tar: tarfile.TarFile) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for member in tar:
        # `tar -C folder .` writes the folder itself, and "./" before every name.
        if member.isdir() and member.name == ".":
            continue
        name = member.name.removeprefix("./")
        if name not in MAX_FILE_BYTES or name in files:
            raise CorruptModel(f"the model archive holds {_shown(member.name)}, which does not belong there")
        if not member.isreg() or member.issparse():
            raise CorruptModel(f"{name} in the model archive is not a regular file")
        if member.size > MAX_FILE_BYTES[name]:
            raise CorruptModel(f"{name} in the model archive is larger than {MAX_FILE_BYTES[name]} bytes")
        content = tar.extractfile(member)
        assert content is not None  # it is a regular file
        files[name] = content.read()  # raises where the archive is cut short
    return files


def _shown(name: str) -> str:
    return repr(name if len(name) <= 80 else name[:80] + "…")


class _CountedUnzip(GzipFile):
    """A stream of the unpacked bytes that refuses to yield more than `MAX_UNPACKED_BYTES`."""

    def __init__(self, archive: bytes) -> None:
        super().__init__(fileobj=BytesIO(archive), mode="rb")
        self._left = MAX_UNPACKED_BYTES

    def read(self, size: int | None = -1) -> bytes:
        most = self._left + 1
        data = super().read(most if size is None or size < 0 else min(size, most))
        self._left -= len(data)
        if self._left < 0:
            raise CorruptModel(f"the model archive unpacks to more than {MAX_UNPACKED_BYTES} bytes")
        return data
