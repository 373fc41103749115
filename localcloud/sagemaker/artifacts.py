"""What a job leaves in S3: folders of its hosts, packed."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from localcloud.sagemaker import archive
from localcloud.sagemaker.object_store import ObjectName, ObjectStore


@dataclass(frozen=True)
class Artifacts:
    """The place in S3, and a local folder to pack in."""

    target: ObjectName
    store: ObjectStore
    workplace: Path

    def upload(self, name: str, folders: list[Path], *, even_empty: bool) -> str | None:
        """The URI of the archive; none, and nothing sent, when there are no files to pack.

        Raises `ObjectStoreError`.
        """
        existing = [folder for folder in folders if folder.is_dir()]
        with tempfile.TemporaryDirectory(dir=self.workplace) as temporary:
            packed = Path(temporary) / name
            if not archive.pack(existing, packed) and not even_empty:
                return None
            self.store.upload(packed, self.target.below(name))
        return str(self.target.below(name))
