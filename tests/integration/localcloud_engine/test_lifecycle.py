"""However a local cloud ends, it leaves no process, no taken port and no description behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from localcloud.cloud import start_local_cloud
from localcloud.engine_process import EngineProcess, Guard, open_listener
from localcloud.errors import AlreadyRunningError, EngineFailedError, PortTakenError
from localcloud.processes import session_members

ROOT = Path(__file__).parents[3]

# Starts a local cloud with a busy function, tells where it is, and then does what is asked.
LAUNCHER = """
import io, json, signal, sys, time, zipfile
from pathlib import Path
from localcloud.cloud import start_local_cloud
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run in the background
state, project = map(Path, sys.argv[1:3])
with start_local_cloud(state) as cloud:
    session = cloud.session()
    trust = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"Service": "lambda.amazonaws.com"}}]}
    role = session.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(trust))
    bundle = io.BytesIO()
    with zipfile.ZipFile(bundle, "w") as archive:
        archive.writestr("index.py", "import time\\ndef handle(e, c):\\n    time.sleep(600)")
    functions = session.client("lambda")
    functions.create_function(FunctionName="busy", Runtime="python3.11", Handler="index.handle", Timeout=900,
        Role=role["Role"]["Arn"], Code={"ZipFile": bundle.getvalue()})
    functions.invoke(FunctionName="busy", InvocationType="Event")
    (state / "deployment.json").write_text("{}")
    port = int(cloud.endpoint_url.rsplit(":", 1)[1])
    print(json.dumps({"engine": cloud.engine_pid, "port": port}), flush=True)
    if project.name:
        cloud.deploy_project(project, {})
    time.sleep(600)
"""

ENDLESS_APP = """
import os, time
with open("part", "w") as told:
    told.write(str(os.getsid(0)))
os.rename("part", "started")
time.sleep(600)
"""


class Launcher:
    def __init__(self, state, project=Path()):
        self.state = state
        self.process = subprocess.Popen(
            [sys.executable, "-c", LAUNCHER, str(state), str(project)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            start_new_session=True,  # Ctrl-C of the test run stays away
        )
        assert self.process.stdout is not None
        told = json.loads(self.process.stdout.readline())
        self.engine, self.port = told["engine"], told["port"]

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def is_gone(self):
        return not session_members(self.engine) and is_free(self.port) and self.is_clean()

    def is_clean(self):
        return not (self.state / "run").exists() and not (self.state / "deployment.json").exists()


@pytest.fixture
def launch(tmp_path):
    launchers = []

    def start(*arguments):
        launchers.append(Launcher(tmp_path / "state", *arguments))
        return launchers[-1]

    yield start
    for launcher in launchers:
        launcher.close()


@pytest.fixture
def endless_project(tmp_path):
    """A CDK project whose app never ends."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "app.py").write_text(ENDLESS_APP)
    (project / "cdk.json").write_text(json.dumps({"app": f"{sys.executable} app.py"}))
    (project / "node_modules").symlink_to(ROOT / "node_modules")
    return project


def is_free(port):
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True


def command_session(project):
    """The session of the CDK command, once its app runs."""
    return int((project / "started").read_text())


def test_stopped_cloud_leaves_nothing(tmp_path):
    cloud = start_local_cloud(tmp_path)
    port, engine = int(cloud.endpoint_url.rsplit(":", 1)[1]), cloud.engine_pid
    answered = cloud.session().client("sts").get_caller_identity()["Arn"]

    cloud.stop()
    cloud.stop()

    assert answered.endswith(":user/continuo-admin")
    assert session_members(engine) == []
    assert is_free(port)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["engine.log", "lock"]


def test_killed_launcher_takes_everything_with_it(launch, wait_for):
    launcher = launch()

    launcher.process.kill()

    assert wait_for(launcher.is_gone, bool)


def test_interrupted_deploy_ends_cleanly(launch, wait_for, endless_project):
    launcher = launch(endless_project)
    wait_for((endless_project / "started").exists, bool)

    command = command_session(endless_project)
    before = session_members(command)

    launcher.process.send_signal(signal.SIGINT)
    launcher.process.wait(30)

    assert len(before) >= 2
    assert session_members(command) == []
    assert launcher.is_gone()
    assert "KeyboardInterrupt" in launcher.process.stderr.read()


def test_launcher_killed_while_deploying_takes_the_command_with_it(launch, wait_for, endless_project):
    launcher = launch(endless_project)
    wait_for((endless_project / "started").exists, bool)
    command = command_session(endless_project)
    before = session_members(command)

    launcher.process.kill()

    assert len(before) >= 2
    assert wait_for(lambda: launcher.is_gone() and not session_members(command), bool)


def test_terminated_engine_ends_its_functions(launch, wait_for):
    launcher = launch()

    os.kill(launcher.engine, signal.SIGTERM)

    assert wait_for(lambda: session_members(launcher.engine), lambda members: not members) == []


def test_second_cloud_in_the_same_folder_is_refused(tmp_path):
    with start_local_cloud(tmp_path), pytest.raises(AlreadyRunningError, match="already runs in"):
        start_local_cloud(tmp_path)


def test_leftovers_are_removed_with_a_message(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "old").touch()
    (tmp_path / "deployment.json").write_text("{}")
    messages: list[str] = []

    with start_local_cloud(tmp_path, on_progress=messages.append):
        left = (tmp_path / "run" / "old").exists(), (tmp_path / "deployment.json").exists()

    assert left == (False, False)
    assert "did not end" in messages[0]


def test_taken_port_is_refused_and_nothing_stays(tmp_path):
    with open_listener(None) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTakenError, match=str(port)):
            start_local_cloud(tmp_path, port=port)

    assert not (tmp_path / "run").exists()
    with start_local_cloud(tmp_path, port=port) as cloud:
        assert cloud.endpoint_url.endswith(f":{port}")


def test_engine_that_does_not_start_shows_its_log(tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    (run / "lambda-runtime").write_text("a file where a folder is wanted")
    guard = Guard(run)
    engine = EngineProcess(run, tmp_path / "engine.log", None, guard)

    with pytest.raises(EngineFailedError, match="FileExistsError"):
        engine.wait_until_ready()

    engine.stop()
    guard.close()
    assert not run.exists()


def test_guard_ends_what_it_watches_when_its_input_ends(tmp_path):
    kept = tmp_path / "kept"
    guard = Guard(tmp_path / "gone", kept)
    kept.touch()
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    watched, forgotten = (
        subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
        for code in (stubborn, "import time; time.sleep(600)")
    )
    guard.watch(watched.pid)
    guard.watch(forgotten.pid)
    guard.forget(forgotten.pid)

    guard.close()

    assert watched.wait(10) < 0
    assert forgotten.poll() is None
    assert not kept.exists()
    forgotten.kill()
    forgotten.wait()
