"""Being ended: signals become one clean-up, and `down` ends the recorded process and no other."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import psutil
import pytest

WAITING = """
import sys, time
from pathlib import Path
from cli.local import describe_ready
from cli.session import LocalUser
from cli.signals import interruptible

folder = Path(sys.argv[1])
try:
    with interruptible(lambda sentence: print(sentence, flush=True)):
        try:
            if (folder / "deployment.json").exists():
                describe_ready(folder, LocalUser(email="demo@example.com", password="x"))
            print("ready", flush=True)
            while True:
                time.sleep(60)
        finally:
            print("cleaning", flush=True)
            if sys.stdin.readline() == "":
                print("nobody at the other end", flush=True)
            print("clean", flush=True)
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.fixture
def waiting(state_folder):
    """A process that waits as `continuo up` does; its clean-up waits for a line."""
    process = subprocess.Popen(
        [sys.executable, "-c", WAITING, str(state_folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    yield process
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_ends_it_once_and_a_second_one_does_not_cut_the_clean_up(waiting, number):
    lines = iter(waiting.stdout.readline, "")
    assert next(lines) == "ready\n"

    os.kill(waiting.pid, number)
    assert next(lines) == f"Stopping ({number.name}) …\n"
    assert next(lines) == "cleaning\n"
    os.kill(waiting.pid, signal.SIGINT)
    assert next(lines) == "Already stopping, a moment please.\n"
    waiting.stdin.write("go on\n")
    waiting.stdin.flush()

    assert list(lines) == ["clean\n"]
    assert waiting.wait() == 130


def test_down_ends_the_process_that_runs_the_local_cloud(local_cloud, waiting, continuo):
    assert waiting.stdout.readline() == "ready\n"
    document = json.loads(local_cloud.read_text())
    local_cloud.write_text(json.dumps(document | {"pid": waiting.pid}))
    waiting.stdin.write("go on\n")
    waiting.stdin.flush()

    ran = continuo("down")

    assert ran.code == 0
    assert f"process {waiting.pid}" in ran.out
    assert not psutil.pid_exists(waiting.pid)


def test_description_with_the_password_is_for_its_owner_alone(local_cloud, waiting):
    assert waiting.stdout.readline() == "ready\n"

    assert local_cloud.stat().st_mode & 0o777 == 0o600
    assert json.loads(local_cloud.read_text())["outputs"]  # the local cloud's own lines stay


def test_later_process_of_the_same_id_is_left_alone(local_cloud, waiting, continuo):
    assert waiting.stdout.readline() == "ready\n"
    document = json.loads(local_cloud.read_text())
    later = document["processStartedAt"] - 60
    local_cloud.write_text(json.dumps(document | {"pid": waiting.pid, "processStartedAt": later}))

    ran = continuo("down")

    assert ran.code == 1
    assert waiting.poll() is None
