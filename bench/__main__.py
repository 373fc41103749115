"""`make bench`: every figure is measured in this run, printed, and written to bench/report.json.

Latencies are medians and 95th percentiles over many calls, in milliseconds.
"""

from __future__ import annotations

import json
import os
import platform
import tempfile
from pathlib import Path

from bench.imports import measure_imports
from bench.serving import measure_serving
from bench.training import measure_training
from corpus.build import build

REPORT = Path(__file__).parent / "report.json"
CACHE = Path(__file__).parents[1] / ".cache" / "corpus"


def main() -> None:
    build(CACHE, say)
    with tempfile.TemporaryDirectory(prefix="continuo-bench-") as folder:
        say("Training for two epochs over the whole Bach dataset")
        speed, quality, model = measure_training(CACHE / "datasets" / "bach", Path(folder), say)
        say("Composing through a server process")
        inference = measure_serving(model)
    say("Importing what starts cold")
    report = {
        "machine": {"cpus": os.cpu_count(), "platform": platform.platform()},
        "speed": speed,
        "quality": {"two_epochs": quality},
        "inference": inference,
        "import_ms": measure_imports(),
    }
    REPORT.write_text(json.dumps(report, indent=2) + "\n")
    say(json.dumps(report, indent=2))
    say(f"Written to {REPORT}")


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  # what a person who runs it reads


if __name__ == "__main__":
    main()
