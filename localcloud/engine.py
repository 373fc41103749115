"""The engine: one process that is the local AWS. `python -m localcloud.engine --state FOLDER --socket FD`.

It serves the emulator with our SageMaker beside it, until SIGTERM or until its standard input ends, which
is how it notices that its launcher is gone. It expects the environment that `localcloud.environment` makes,
a session of its own, and an open listening socket.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from localcloud.emulator import functions, permissions, server, services, state_machines, streams
from localcloud.emulator.surface import validate_surface
from localcloud.environment import ACCOUNT, LAUNCHER_SECRET, REGION, endpoint_url
from localcloud.processes import kill_session, session_members
from localcloud.sagemaker.ports import LocalService
from localcloud.sagemaker.service import SageMakerService

IMAGES = {
    "continuo-training:local": [sys.executable, "-m", "training_container"],
    "continuo-inference:local": [sys.executable, "-m", "inference_container"],
}
SHUTDOWN_SECONDS = 8.0

_log = logging.getLogger("continuo.engine")


def main() -> None:
    parser = argparse.ArgumentParser(prog="localcloud.engine")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--socket", type=int, required=True)
    options = parser.parse_args()
    secret = os.environ.pop(LAUNCHER_SECRET)  # functions inherit the environment
    validate_surface()
    functions.install(options.state / "lambda-runtime")
    streams.install()
    state_machines.install()
    sagemaker = make_sagemaker(options.state)
    services.register("sagemaker", "SageMaker", sagemaker)
    asyncio.run(serve(sagemaker, options.socket, secret))


def make_sagemaker(state: Path) -> LocalService:
    """Our SageMaker on the emulator's permissions and events."""
    return SageMakerService(
        root=state / "sagemaker",
        images=IMAGES,
        endpoint_url=endpoint_url(int(os.environ["GATEWAY_PORT"])),
        authorize=permissions.authorize,
        credentials_for_role=permissions.credentials_for_training_role,
        publish_event=lambda entry: services.publish_event(entry, ACCOUNT, REGION),
        account=ACCOUNT,
        region=REGION,
    )


async def serve(sagemaker: LocalService, socket_fd: int, secret: str) -> None:
    """Serves until told to stop; SageMaker's children end while the rest still answers them."""
    stopping, closing = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    _call_at_end_of_input(lambda: loop.call_soon_threadsafe(stopping.set))
    looks: dict[str, server.Look] = {
        "ready": lambda _: {"pid": os.getpid()},
        "training-processes": sagemaker.training_process_ids,
        "endpoint-processes": sagemaker.endpoint_process_ids,
    }
    serving = asyncio.create_task(server.serve_until(closing, socket_fd, looks, secret))
    told = asyncio.create_task(stopping.wait())
    await asyncio.wait([serving, told], return_when=asyncio.FIRST_COMPLETED)
    _end_hard_after(SHUTDOWN_SECONDS)
    await asyncio.to_thread(sagemaker.shutdown)
    closing.set()
    await serving
    functions.stop_workers()
    _end()


def _call_at_end_of_input(call: Callable[[], object]) -> None:
    def watch() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        call()

    threading.Thread(target=watch, daemon=True, name="launcher-watch").start()


def _end_hard_after(seconds: float) -> None:
    timer = threading.Timer(seconds, _end)
    timer.daemon = True
    timer.start()


def _end() -> None:
    """Kills what is left of the session and leaves without waiting for threads."""
    left = session_members(os.getsid(0))
    if left:
        _log.warning("still running at the end, killed: %s", left)
    kill_session(os.getsid(0))
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
