"""The demo as a person runs it: it leaves what it promises; ended in the middle, it leaves nothing."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from music.midi import read_midi

PROJECT = Path(__file__).parents[2]
PATIENCE_SECONDS = 30


@pytest.fixture
def options() -> list[str]:
    """What the demo is started with besides its folders."""
    return []


@pytest.fixture
def demo(tmp_path: Path, options: list[str]) -> Iterator[subprocess.Popen[str]]:
    """The demo as a person starts it, in a state folder of its own."""
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("continuo")), "demo", "--out", str(tmp_path / "out"), *options],
        cwd=PROJECT,
        env=os.environ | {"CONTINUO_STATE_DIR": str(tmp_path / "state")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    yield process
    if process.poll() is None:
        process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def read_until(process, words):
    """Lines up to the one that holds the words. Fails with all of them when it never comes."""
    lines = []
    for line in process.stdout:
        lines.append(line)
        if words in line:
            return lines
    raise AssertionError(f"no line with {words!r} in:\n{''.join(lines)}")


def port_of(lines):
    (port,) = {int(found) for line in lines for found in re.findall(r"http://127\.0\.0\.1:(\d+)", line)}
    return port


def can_be_taken(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def command_of(process):
    try:
        return " ".join(process.cmdline())
    except psutil.Error:  # it ended meanwhile
        return ""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_demo_ended_while_it_trains_leaves_nothing(demo, number, code, tmp_path):
    lines = read_until(demo, "RUNNING  Training")
    family = psutil.Process(demo.pid).children(recursive=True)
    training = [each for each in family if "training_container" in command_of(each)]

    demo.send_signal(number)
    demo.stdout.read()

    _, left = psutil.wait_procs(family, PATIENCE_SECONDS)
    assert training
    assert left == []
    assert demo.wait() == code
    assert can_be_taken(port_of(lines))
    assert not (tmp_path / "state" / "demo" / "run").exists()


@pytest.mark.parametrize("options", [["--epochs", "1"]])
def test_demo_leaves_a_composition_its_pictures_and_a_report(demo, tmp_path):
    said = demo.stdout.read()

    assert demo.wait() == 0, said
    out = tmp_path / "out"
    for picture in ("piano-roll.png", "training-curves.png"):
        assert (out / picture).read_bytes().startswith(b"\x89PNG")
    report = json.loads((out / "report.json").read_text())
    assert report["job"]["status"] == report["composition"]["status"] == "COMPLETED"
    assert {"deploy", "train", "compose"} <= {phase["name"] for phase in report["phases"]}
    tracks = read_midi((out / "composition.mid").read_bytes()).tracks
    assert [track.name for track in tracks[1:]] == report["accompaniment"] == ["Alto", "Tenor", "Bass"]
    assert str(out) in said
    assert can_be_taken(port_of(said.splitlines()))
