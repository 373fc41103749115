"""How long a process takes to import what it starts with: a share of every cold start.

With bytecode, as the bundle and the images carry it: the first, uncounted run writes what is missing.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time

HANDLERS = ("api", "start_training", "record_progress", "register_model", "compose")
MODULES = [f"lambdas.handlers.{name}" for name in HANDLERS] + ["inference_container.server"]
RUNS = 10


def measure_imports() -> dict[str, float]:
    """Median milliseconds per module over fresh processes, a bare interpreter's time taken off."""
    bare = _median_ms("pass")
    return {module: round(_median_ms(f"import {module}") - bare, 1) for module in MODULES}


def _median_ms(statement: str) -> float:
    _time_ms(statement)
    return statistics.median(_time_ms(statement) for _ in range(RUNS))


def _time_ms(statement: str) -> float:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True, env=environment)
    return (time.perf_counter() - began) * 1000
