"""One training job from its data to its model: a thread that starts the containers and watches them.

Everything in S3 is read and written under the job's role. A job ends in exactly one of Completed, Failed,
Stopped; its processes never outlive that.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from pathlib import Path

from localcloud.sagemaker import channels
from localcloud.sagemaker.artifacts import Artifacts
from localcloud.sagemaker.channels import ChannelError
from localcloud.sagemaker.checkpoints import CheckpointMirror
from localcloud.sagemaker.clients import ClientFactory
from localcloud.sagemaker.documents import TRAINING_JOB, Place
from localcloud.sagemaker.failure_reasons import FAILURE_CHARACTERS, explain_failure
from localcloud.sagemaker.object_store import ObjectStore, ObjectStoreError
from localcloud.sagemaker.processes import TRAINING, ChildProcess, ChildProcesses, Command
from localcloud.sagemaker.timing import Timing
from localcloud.sagemaker.training_folders import (
    HostFolders,
    base_environment,
    role_environment,
    training_environment,
)
from localcloud.sagemaker.training_output import TrainingOutput
from localcloud.sagemaker.training_plan import TrainingPlan
from localcloud.sagemaker.training_record import STOPPING, TrainingRecords

ENGINE_STOPPED = "InternalServerError: the local cloud stopped while the job ran"

_log = logging.getLogger(__name__)


class JobFailedError(Exception):
    """The job ends as Failed; the text is its failure reason."""


class Ending(Enum):
    """Why a job ends before its containers do."""

    STOPPED = "Stopped"
    RUNTIME_EXCEEDED = "MaxRuntimeExceeded"
    HOST_FAILED = "Failed"


@dataclass(frozen=True)
class Surroundings:
    """What every run needs of the service."""

    root: Path
    place: Place
    clients: ClientFactory
    processes: ChildProcesses
    records: TrainingRecords
    timing: Timing


class TrainingRun:
    """A job that is running."""

    def __init__(
        self, plan: TrainingPlan, credentials: Mapping[str, str], surroundings: Surroundings
    ) -> None:
        self._plan = plan
        self._credentials = credentials
        self._around = surroundings
        self._hosts = [
            HostFolders(name, surroundings.root / plan.name / name)
            for name in (f"algo-{number}" for number in range(1, plan.n_hosts + 1))
        ]
        self._mirrors: list[CheckpointMirror] = []
        self._children: list[ChildProcess] = []
        clients = surroundings.clients
        self._output = TrainingOutput(
            plan, self._hosts, surroundings.records, lambda: clients.make("logs", credentials)
        )
        self._ending: Ending | None = None
        self._kill_at = float("inf")
        self._next_copy = self._next_send = 0.0
        self._is_abandoned = False
        self._wake = threading.Event()
        self._stop_asked = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"training {plan.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """As StopTrainingJob asks; returns at once."""
        self._stop_asked.set()
        self._wake.set()

    def abandon(self) -> None:
        """The service shuts down: nothing more is written."""
        self._is_abandoned = True
        self.stop()

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)

    @cached_property
    def _store(self) -> ObjectStore:
        """Made in the job's own thread: a client takes a while."""
        return ObjectStore(self._around.clients.make("s3", self._credentials), self._plan.role_arn)

    def _run(self) -> None:
        try:
            self._train()
        except JobFailedError as error:
            self._fail(str(error))
        except Exception as error:  # noqa: BLE001  # the thread's edge: a job must end, whatever happens
            _log.exception("training job %s", self._plan.name)
            self._fail(f"InternalServerError: {type(error).__name__}: {error}")

    def _fail(self, reason: str) -> None:
        reason = ENGINE_STOPPED if self._is_abandoned else reason[:FAILURE_CHARACTERS]
        self._around.records.end(self._plan.name, "Failed", "Failed", FailureReason=reason)

    def _train(self) -> None:
        deadline = time.monotonic() + self._plan.max_runtime_seconds
        if not self._stop_asked.is_set():
            self._around.records.enter(self._plan.name, "Downloading")
            self._prepare()
        if self._stop_asked.is_set():
            self._ending = Ending.STOPPED
        else:
            self._run_containers(deadline)
        if self._is_abandoned:
            raise JobFailedError(ENGINE_STOPPED)
        self._finish()

    def _run_containers(self, deadline: float) -> None:
        self._around.records.enter(self._plan.name, "Training")
        try:
            for host in self._hosts:
                self._children.append(self._start(host))
            self._watch(deadline)
        finally:
            for child in self._children:
                child.end(0)
                self._around.processes.forget(TRAINING, self._plan.name, child)

    def _prepare(self) -> None:
        """Folders, config, channels and checkpoints of every host."""
        names = [host.host for host in self._hosts]
        try:
            files = {c.name: channels.find_files(c, self._store) for c in self._plan.channels}
            for number, host in enumerate(self._hosts):
                host.prepare()
                host.write_config(self._plan, names)
                for channel in self._plan.channels:
                    share = channels.share_of(channel, files[channel.name], number, len(names))
                    channels.download(
                        share, self._store, host.channel(channel.name), lambda: not self._stop_asked.is_set()
                    )
            self._restore_checkpoints()
        except (ChannelError, ObjectStoreError) as error:
            raise JobFailedError(f"ClientError: Data download failed: {error}") from error

    def _restore_checkpoints(self) -> None:
        if self._plan.checkpoints is None:
            return
        for host in self._hosts:
            folder = host.root / self._plan.checkpoint_path
            mirror = CheckpointMirror(folder, self._plan.checkpoints, self._store)
            mirror.restore()
            self._mirrors.append(mirror)

    def _start(self, host: HostFolders) -> ChildProcess:
        names = [each.host for each in self._hosts]
        arn = self._around.place.arn(TRAINING_JOB, self._plan.name)
        environment = base_environment(host.root, self._around.place.region)
        environment |= training_environment(self._plan, host, names, arn)
        if not self._plan.is_isolated:
            environment |= role_environment(self._credentials, self._around.clients.endpoint_url)
        environment |= self._plan.environment
        command = Command([*self._plan.command, "train"], environment, host.root / "code", host.log)
        try:
            return self._around.processes.start(TRAINING, self._plan.name, command)
        except OSError as error:
            raise JobFailedError(
                f"ClientError: the image {self._plan.image} cannot be run: {error}"
            ) from error

    def _watch(self, deadline: float) -> None:
        """Returns when every host has ended."""
        while any(child.exit_code() is None for child in self._children):
            self._wake.wait(self._around.timing.poll)
            self._wake.clear()
            if self._is_abandoned:
                return
            self._decide_ending(deadline)
            self._tend()

    def _decide_ending(self, deadline: float) -> None:
        codes = [child.exit_code() for child in self._children]
        if self._ending is None:
            if self._stop_asked.is_set():
                self._end_hosts(Ending.STOPPED)
            elif time.monotonic() >= deadline:
                self._around.records.enter(self._plan.name, "Stopping", STOPPING)
                self._end_hosts(Ending.RUNTIME_EXCEEDED)
            elif any(codes):
                self._end_hosts(Ending.HOST_FAILED)
        elif time.monotonic() >= self._kill_at:
            for child in self._children:
                child.kill()

    def _end_hosts(self, ending: Ending) -> None:
        self._ending = ending
        self._kill_at = time.monotonic() + self._around.timing.stop_grace
        for child in self._children:
            if child.exit_code() is None:
                child.terminate()

    def _tend(self) -> None:
        """Logs and metrics as they come; checkpoints and batches of logs now and then."""
        moment = time.monotonic()
        self._output.read()
        if moment >= self._next_send:
            self._output.send()
            self._next_send = time.monotonic() + self._around.timing.log
        if moment >= self._next_copy:
            self._copy_checkpoints()
            self._next_copy = time.monotonic() + self._around.timing.checkpoint

    def _copy_checkpoints(self) -> None:
        try:
            for mirror in self._mirrors:
                mirror.copy_changed()
        except ObjectStoreError as error:
            raise JobFailedError(f"ClientError: Artifact upload failed: {error}") from error

    def _finish(self) -> None:
        """What the containers left goes to S3; the job's last status follows."""
        self._output.read_rest()
        self._output.send()
        failure = self._find_failure()
        if not failure:
            self._around.records.enter(self._plan.name, "Uploading")
        self._copy_checkpoints()
        uri = self._upload(with_model=not failure)
        if failure:
            raise JobFailedError(failure)
        self._end(uri)

    def _end(self, model_uri: str | None) -> None:
        artifacts = {"ModelArtifacts": {"S3ModelArtifacts": model_uri}} if model_uri else {}
        if self._ending is not None:
            self._around.records.end(self._plan.name, "Stopped", self._ending.value, **artifacts)
            return
        self._around.records.end(self._plan.name, "Completed", "Completed", **artifacts)
        for host in self._hosts:
            host.remove()

    def _find_failure(self) -> str:
        """Empty unless a host failed by itself: how a stopped one ends says nothing."""
        if self._ending not in (None, Ending.HOST_FAILED):
            return ""
        told = [(host, child.exit_code()) for host, child in zip(self._hosts, self._children, strict=True)]
        failed = [(host, code) for host, code in told if code]
        # Those that were ended because another one failed have nothing to tell.
        own = [(host, code) for host, code in failed if code != -signal.SIGTERM] or failed
        return explain_failure(own[0][0].failure(), own[0][1] or 0) if own else ""

    def _upload(self, *, with_model: bool) -> str | None:
        """Where the model lies now; none when a stopped job left none."""
        artifacts = Artifacts(self._plan.artifact_folder, self._store, self._around.root)
        try:
            artifacts.upload("output.tar.gz", [host.output_data for host in self._hosts], even_empty=False)
            if not with_model:
                return None
            models = [host.model for host in self._hosts]
            return artifacts.upload("model.tar.gz", models, even_empty=self._ending is None)
        except ObjectStoreError as error:
            raise JobFailedError(f"ClientError: Artifact upload failed: {error}") from error
