"""What runs in somebody's account reports to nobody: the model runtime leaves no trace of doing so."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.unit.inference.builders import make_graph

SESSION = """
import sys
import onnxruntime
onnxruntime.InferenceSession(sys.argv[1])
"""


def test_model_runtime_keeps_no_device_id_and_no_events(tmp_path):
    """Releases that report write a device id and a store of events into the home folder."""
    home = tmp_path / "home"
    home.mkdir()
    graph = tmp_path / "model.onnx"
    graph.write_bytes(make_graph())
    environment = {name: value for name, value in os.environ.items() if name != "CI"} | {"HOME": str(home)}
    environment.pop("XDG_CACHE_HOME", None)

    subprocess.run([sys.executable, "-c", SESSION, str(graph)], env=environment, check=True)

    assert list(home.rglob("*")) == []
