"""Reads a `model.tar.gz` as a stream: nothing is written to disk, little is kept, everything is bounded.

A whole model is `model.onnx` and a readable `manifest.json` whose checksum fits. An empty archive is what a
training leaves that was stopped before its first model: no model, and no fault.
"""

from __future__ import annotations

import gzip
import hashlib
import tarfile
import zlib
from typing import IO, Protocol, cast

from pydantic import ValidationError

from contract.manifest import GRAPH_FILE, MANIFEST_FILE, ModelManifest
from lambdas.adapters.melodies import decode_values
from lambdas.domain.errors import CorruptArtifact
from lambdas.domain.library import ModelCard

MAX_MEMBERS = 16
MAX_MANIFEST_BYTES = 1024 * 1024
MAX_GRAPH_BYTES = 1024 * 1024 * 1024
MAX_PADDING_BYTES = 1024 * 1024  # after the last file; a tar ends on a block of 10 KB
_CHUNK_BYTES = 1024 * 1024


class Readable(Protocol):
    """A stream of bytes, such as the body of an S3 object."""

    def read(self, size: int = -1, /) -> bytes: ...


def read_card(body: Readable, model_uri: str) -> ModelCard | None:
    """The manifest as a card; none for an empty archive. Raises `CorruptArtifact`."""
    try:
        manifest, graph_sha256 = _scan(body)
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise CorruptArtifact("corrupt-model", f"The model archive cannot be read: {error}") from error
    if manifest is None and graph_sha256 is None:
        return None
    if manifest is None or graph_sha256 is None:
        missing = MANIFEST_FILE if manifest is None else GRAPH_FILE
        raise CorruptArtifact("corrupt-model", f"The model archive has no {missing}.")
    return _to_card(_parse(manifest), graph_sha256, model_uri)


def _scan(body: Readable) -> tuple[bytes | None, str | None]:
    """The manifest's bytes and the graph's checksum, of those that are there."""
    # GzipFile notices a torn stream and a wrong checksum; tarfile's own "r|gz" passes over both.
    with gzip.GzipFile(fileobj=cast("IO[bytes]", body)) as unzipped:
        with tarfile.open(fileobj=unzipped, mode="r|") as archive:
            found = _scan_members(archive)
        if len(unzipped.read(MAX_PADDING_BYTES)) == MAX_PADDING_BYTES:
            raise CorruptArtifact("corrupt-model", "The model archive does not end where it should.")
    return found


def _scan_members(archive: tarfile.TarFile) -> tuple[bytes | None, str | None]:
    manifest, graph_sha256 = None, None
    for count, member in enumerate(archive, start=1):
        if count > MAX_MEMBERS:
            raise CorruptArtifact("corrupt-model", f"The model archive has over {MAX_MEMBERS} files.")
        name = member.name.removeprefix("./")
        if name == MANIFEST_FILE:
            manifest = _open(archive, member, MAX_MANIFEST_BYTES).read()
        elif name == GRAPH_FILE:
            graph_sha256 = _checksum(_open(archive, member, MAX_GRAPH_BYTES))
        elif member.size > MAX_GRAPH_BYTES:
            raise CorruptArtifact("corrupt-model", f"{name!r} in the model archive is too large.")
    return manifest, graph_sha256


def _open(archive: tarfile.TarFile, member: tarfile.TarInfo, at_most: int) -> IO[bytes]:
    stream = archive.extractfile(member) if member.isreg() and member.size <= at_most else None
    if stream is None:
        raise CorruptArtifact("corrupt-model", f"{member.name!r} in the archive is too large, or no file.")
    return stream


def _checksum(stream: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := stream.read(_CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()


def _parse(manifest: bytes) -> ModelManifest:
    try:
        return ModelManifest.model_validate_json(manifest)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the whole file"
        raise CorruptArtifact(
            "corrupt-model", f"The model's {MANIFEST_FILE} is unreadable at {where}: {first['msg']}."
        ) from error


def _to_card(manifest: ModelManifest, graph_sha256: str, model_uri: str) -> ModelCard:
    if manifest.graph_sha256 != graph_sha256:
        raise CorruptArtifact("corrupt-model", f"The model's {GRAPH_FILE} is not the one its manifest names.")
    return ModelCard(
        model_uri=model_uri,
        technique=manifest.technique.value,
        trained_epochs=manifest.trained_epochs,
        instruments=tuple(track.name for track in manifest.accompaniment),
        hyperparameters=manifest.hyperparameters,
        evaluation=decode_values(manifest.evaluation),
        reference=decode_values(manifest.reference),
    )
