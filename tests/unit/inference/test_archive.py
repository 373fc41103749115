"""What is read from a model archive, and every archive that is refused."""

from __future__ import annotations

import gzip
import io
import tarfile

import pytest

from contract.manifest import GRAPH_FILE, MANIFEST_FILE
from inference_container.archive import MAX_FILE_BYTES, MAX_UNPACKED_BYTES, read_archive
from inference_container.errors import CorruptModel
from tests.unit.inference.builders import pack, pack_members, regular

BOTH = {GRAPH_FILE: b"graph", MANIFEST_FILE: b"{}"}


def member(name, kind, content=b"", linkname=""):
    made = regular(name, content)
    made.type = kind
    made.linkname = linkname
    return made


def with_both(*extra):
    return pack_members([*[(regular(name, content), content) for name, content in BOTH.items()], *extra])


def test_reads_the_two_files():
    files = read_archive(pack(BOTH))

    assert (files.graph, files.manifest) == (b"graph", b"{}")


def test_reads_an_archive_made_of_a_folder():
    folder = member(".", tarfile.DIRTYPE)

    files = read_archive(pack_members([(folder, b""), *[(regular(f"./{n}", c), c) for n, c in BOTH.items()]]))

    assert files.graph == b"graph"


@pytest.mark.parametrize(
    "name",
    [
        "../model.onnx",
        "/model.onnx",
        "a/model.onnx",
        "./../manifest.json",
        "model.pkl",
        "model.onnx/",
        "n" * 300,
    ],
)
def test_any_other_name_is_refused(name):
    archive = with_both((regular(name, b"x"), b"x"))

    with pytest.raises(CorruptModel, match="does not belong there"):
        read_archive(archive)


@pytest.mark.parametrize(
    ("kind", "linkname"),
    [
        (tarfile.SYMTYPE, "/etc/passwd"),
        (tarfile.LNKTYPE, "manifest.json"),
        (tarfile.DIRTYPE, ""),
        (tarfile.FIFOTYPE, ""),
        (tarfile.CHRTYPE, ""),
    ],
)
def test_what_is_no_regular_file_is_refused(kind, linkname):
    archive = pack_members([(member(GRAPH_FILE, kind, linkname=linkname), b"")])

    with pytest.raises(CorruptModel, match=r"model\.onnx in the model archive is not a regular file"):
        read_archive(archive)


def test_sparse_file_is_refused_though_it_is_small_on_the_wire():
    sparse = regular(GRAPH_FILE)
    sparse.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": GRAPH_FILE,
        "GNU.sparse.realsize": str(2**40),
    }
    block = b"1\n0\n0\n".ljust(512, b"\0")
    sparse.size = len(block)

    with pytest.raises(CorruptModel, match="not a regular file"):
        read_archive(pack_members([(sparse, block)]))


def test_second_file_of_the_same_name_is_refused():
    archive = with_both((regular(GRAPH_FILE, b"other"), b"other"))

    with pytest.raises(CorruptModel, match=r"'model\.onnx', which does not belong there"):
        read_archive(archive)


@pytest.mark.parametrize("name", [GRAPH_FILE, MANIFEST_FILE])
def test_archive_without_one_of_them_is_refused(name):
    archive = pack({other: content for other, content in BOTH.items() if other != name})

    with pytest.raises(CorruptModel, match=f"lacks {name}"):
        read_archive(archive)


@pytest.mark.parametrize("name", [GRAPH_FILE, MANIFEST_FILE])
def test_file_larger_than_its_limit_is_refused_by_its_header(name):
    announced = regular(name)
    announced.size = MAX_FILE_BYTES[name] + 1
    buffer = io.BytesIO(announced.tobuf())  # no content follows: it need not be read to be refused

    with pytest.raises(CorruptModel, match="is larger than"):
        read_archive(gzip.compress(buffer.getvalue()))


def test_header_bomb_ends_at_the_limit():
    """A small gzip whose extended header announces and yields more than everything may unpack to."""
    header = tarfile.TarInfo("././@PaxHeader")
    header.type = tarfile.XHDTYPE
    header.size = 4 * MAX_UNPACKED_BYTES
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=1) as bomb:
        bomb.write(header.tobuf())
        zeros = bytes(1024 * 1024)
        for _ in range(1 + MAX_UNPACKED_BYTES // len(zeros)):
            bomb.write(zeros)

    assert len(buffer.getvalue()) < 1024 * 1024
    with pytest.raises(CorruptModel, match="unpacks to more than"):
        read_archive(buffer.getvalue())


@pytest.mark.parametrize(
    "archive",
    [
        b"",
        b"no archive at all",
        gzip.compress(b"no tar"),
        pack(BOTH)[:60],
        pack(BOTH)[:-12],
        gzip.compress(gzip.decompress(pack(BOTH))[:700]),
    ],
    ids=["empty", "text", "gzip of text", "cut in the first header", "cut at the end", "tar cut in a file"],
)
def test_broken_archive_is_refused(archive):
    with pytest.raises(CorruptModel):
        read_archive(archive)
