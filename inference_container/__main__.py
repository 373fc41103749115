"""The entry point that SageMaker calls with the argument `serve`."""

from __future__ import annotations

import argparse
import os
import sys

from inference_container.serve import serve


def run(arguments: list[str]) -> int:
    """Serves until the process is told to stop; the result is the exit code."""
    parser = argparse.ArgumentParser(prog="inference_container")
    parser.add_argument("command", choices=["serve"], help="answer /ping and /invocations")
    parser.parse_args(arguments)
    return serve(os.environ)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
