"""`model.tar.gz` and `output.tar.gz`: the same files give the same bytes, whoever packs them and when."""

from __future__ import annotations

import gzip
import tarfile
from collections.abc import Iterable
from pathlib import Path


def pack(folders: Iterable[Path], target: Path) -> int:
    """The number of files packed. Several hosts' folders become one; the first host's file wins."""
    members: dict[str, Path] = {}
    for folder in folders:
        for path in folder.rglob("*"):
            members.setdefault(path.relative_to(folder).as_posix(), path)
    with (
        target.open("wb") as file,
        gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name in sorted(members):
            _add(archive, members[name], name)
    return sum(path.is_file() for path in members.values())


def unpack(archive: Path, folder: Path) -> None:
    """Files and folders only, and only inside the folder. Raises `tarfile.TarError`."""
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")


def _add(archive: tarfile.TarFile, path: Path, name: str) -> None:
    entry = archive.gettarinfo(path, name)
    entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname = 0, 0, 0, "", ""
    entry.mode = 0o755 if entry.isdir() else 0o644
    if entry.isreg():
        with path.open("rb") as content:
            archive.addfile(entry, content)
    else:
        archive.addfile(entry)
