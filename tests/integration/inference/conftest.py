"""A free port, and S3 as a server of its own for the real process."""

from __future__ import annotations

import socket

import pytest


@pytest.fixture
def unused_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
