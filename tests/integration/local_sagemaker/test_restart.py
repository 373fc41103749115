"""What the service leaves behind: no process, whole records, and a clear word on what was interrupted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import psutil
import pytest

from localcloud.sagemaker.processes import TRAINING, ChildProcesses, Command

SLEEPS = "(root / 'running').touch(); time.sleep(600)"
INTERRUPTED = "InternalServerError: the local cloud stopped while the job ran"


def is_running(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_shutdown_ends_every_process_and_says_why_the_job_failed(local):
    local.make_endpoint("serving", local.server_image())
    local.train("running", local.image("sleeps", SLEEPS))
    local.wait(local.file("running", "running").exists)
    pids = local.service.training_process_ids("running") + local.service.endpoint_process_ids("serving")

    local.stop()

    assert len(pids) == 2
    assert not any(map(is_running, pids))
    record = json.loads((local.folder / "sagemaker/records/training-jobs/running.json").read_text())
    assert (record["TrainingJobStatus"], record["FailureReason"]) == ("Failed", INTERRUPTED)


def test_records_survive_a_restart_and_endpoints_serve_again(local):
    local.train("done", local.image("ok", "print('fine')"))
    done = local.wait_for_end("done")
    local.make_endpoint("provisioned", local.server_image())
    local.make_endpoint("serverless", local.server_image(), max_concurrency=1, Environment={"A": "b"})
    local.stop()

    local.start()

    assert local.describe("done")["ModelArtifacts"] == done["ModelArtifacts"]
    assert local.invoke("serverless")["environment"]["A"] == "b"
    local.wait(lambda: local.service.endpoint_process_ids("provisioned"))
    assert local.sagemaker.describe_endpoint(EndpointName="provisioned")["EndpointStatus"] == "InService"


def test_job_of_a_killed_engine_is_failed_at_the_next_start(unstarted):
    folder = unstarted.folder / "sagemaker/records/training-jobs"
    folder.mkdir(parents=True)
    step = {"Status": "Training", "StartTime": 1.0, "StatusMessage": "Training"}
    record = {
        "TrainingJobName": "cut",
        "TrainingJobArn": "arn:cut",
        "TrainingJobStatus": "InProgress",
        "SecondaryStatus": "Training",
        "CreationTime": 1.0,
        "LastModifiedTime": 1.0,
        "SecondaryStatusTransitions": [step],
    }
    (folder / "cut.json").write_text(json.dumps(record))

    unstarted.start()
    job = unstarted.describe("cut")

    assert (job["TrainingJobStatus"], job["FailureReason"]) == ("Failed", INTERRUPTED)
    assert [s["Status"] for s in job["SecondaryStatusTransitions"]] == ["Training", "Failed"]


def sleeper():
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], process_group=0)


def write_registry(path, *processes):
    starts = {str(pid): started for pid, started in processes}
    registry = {"training": {"job": [pid for pid, _ in processes]}, "endpoints": {}, "startTimes": starts}
    path.write_text(json.dumps(registry))


def test_next_start_ends_what_a_killed_engine_left_but_no_one_else(tmp_path):
    left, other = sleeper(), sleeper()
    try:
        registry = tmp_path / "processes.json"
        started = psutil.Process(left.pid).create_time()
        write_registry(registry, (left.pid, started), (other.pid, started - 3600), (2**22 - 1, started))

        processes = ChildProcesses(registry)

        assert processes.leftovers == [left.pid]
        assert left.wait(10) == -signal.SIGKILL
        assert other.poll() is None
        assert json.loads(registry.read_text())["training"] == {}
        processes.shutdown(1)
    finally:
        for process in (left, other):
            process.kill()
            process.wait()


def test_registry_tells_who_runs(tmp_path):
    registry = tmp_path / "processes.json"
    processes = ChildProcesses(registry)
    arguments = [sys.executable, "-c", "import time; time.sleep(600)"]

    child = processes.start(TRAINING, "job", Command(arguments, dict(os.environ), tmp_path, tmp_path / "log"))
    running = json.loads(registry.read_text())
    ids = processes.ids(TRAINING, "job")
    processes.shutdown(1)

    assert running["training"] == {"job": [child.pid]}
    assert ids == [child.pid]
    assert processes.ids(TRAINING, "job") == []
    assert os.getpgid(0) != child.pid
    assert child.exit_code() == -signal.SIGTERM


STARTS_A_CHILD = """
import os, sys, time
from pathlib import Path
from localcloud.sagemaker.processes import TRAINING, ChildProcesses, Command
folder = Path(sys.argv[1])
code = "import os, time; open('child', 'w').write(str(os.getpid())); os.rename('child', 'started'); "
command = [sys.executable, "-c", code + "time.sleep(600)"]
processes = ChildProcesses(folder / "processes.json")
processes.start(TRAINING, "job", Command(command, dict(os.environ), folder, folder / "log"))
time.sleep(600)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the engine's guard does it")
def test_kernel_ends_the_children_of_a_killed_engine(tmp_path, local):
    engine = subprocess.Popen([sys.executable, "-c", STARTS_A_CHILD, str(tmp_path)])
    started = tmp_path / "started"
    local.wait(started.exists)
    pid = int(started.read_text())

    engine.kill()
    engine.wait()

    assert local.wait(lambda: not is_running(pid))
