"""Checkpoints: a folder that is copied to S3 while a job runs, and back before it starts.

Whole files, whenever size or time of change differ. A file removed from the folder stays in S3, as on AWS.
"""

from __future__ import annotations

from pathlib import Path

from localcloud.sagemaker.channels import to_safe_path
from localcloud.sagemaker.object_store import ObjectName, ObjectStore

_Stamp = tuple[int, int]  # bytes and nanoseconds


class CheckpointMirror:
    """One host's checkpoint folder and its place in S3."""

    def __init__(self, folder: Path, target: ObjectName, store: ObjectStore) -> None:
        self._folder = folder
        self._target = target
        self._store = store
        self._copied: dict[Path, _Stamp] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def restore(self) -> None:
        """What an earlier job left in S3 lies in the folder afterwards."""
        root = self._target.below("")
        for name in self._store.list(root):
            path = self._folder / to_safe_path(name.key[len(root.key) :])
            self._store.download(name, path)
            self._copied[path] = _stamp(path)

    def copy_changed(self) -> None:
        """Uploads every file that is new or has changed since the last copy."""
        for path in sorted(self._folder.rglob("*")):
            if path.is_symlink() or not path.is_file():
                continue
            try:
                self._copy(path)
            except FileNotFoundError:  # a temporary file that was renamed since it was seen
                self._copied.pop(path, None)

    def _copy(self, path: Path) -> None:
        stamp = _stamp(path)
        if self._copied.get(path) == stamp:
            return
        self._store.upload(path, self._target.below(path.relative_to(self._folder).as_posix()))
        self._copied[path] = stamp


def _stamp(path: Path) -> _Stamp:
    status = path.stat()
    return status.st_size, status.st_mtime_ns
