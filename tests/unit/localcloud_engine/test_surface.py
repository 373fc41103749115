"""The canary: fails as soon as an internal of the emulator that is used here has moved."""

from __future__ import annotations

import subprocess
import sys

LOOK = "from localcloud.emulator import surface; print(*surface.find_moved(), sep='\\n')"


def test_every_pinned_internal_is_where_it_was():
    looked = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True)

    assert looked.stdout.strip() == ""


def test_moved_internal_is_named():
    moved = LOOK.replace(
        "print", "surface.SURFACE['ministack.app'] = {'nowhere': None, 'app': ('wrong',)}; print"
    )

    looked = subprocess.run([sys.executable, "-c", moved], capture_output=True, text=True, check=True)

    assert "ministack.app.nowhere is gone" in looked.stdout
    assert "ministack.app.app takes" in looked.stdout
