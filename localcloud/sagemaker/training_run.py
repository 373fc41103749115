"""One training job from its data to its model: a thread that starts the containers and watches them.

Everything in S3 is read and written under the job's role. A job ends in exactly one of Completed, Failed,
Stopped; its processes never outlive that.
"""

from __future__ import annotations

import logging
import signal
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from pathlib import Path

from localcloud.sagemaker import archive, channels
from localcloud.sagemaker.channels import ChannelError
from localcloud.sagemaker.checkpoints import CheckpointMirror
from localcloud.sagemaker.clients import ClientFactory
from localcloud.sagemaker.documents import TRAINING_JOB, Place
from localcloud.sagemaker.logs import LineReader, LogStream
from localcloud.sagemaker.metrics import MetricScanner
from localcloud.sagemaker.object_store import ObjectStore, ObjectStoreError
from localcloud.sagemaker.processes import TRAINING, ChildProcess, ChildProcesses, Command
from localcloud.sagemaker.timing import Timing
from localcloud.sagemaker.training_folders import (
    FAILURE_CHARACTERS,
    HostFolders,
    base_environment,
    role_environment,
    training_environment,
)
from localcloud.sagemaker.training_plan import TrainingPlan
from localcloud.sagemaker.training_record import STOPPING, TrainingRecords

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
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
        self._metrics = MetricScanner(plan.metric_definitions)
        self._mirrors: list[CheckpointMirror] = []
        self._children: list[ChildProcess] = []
        self._outlets = [self._open_outlet(host) for host in self._hosts]
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
                self._around.records.enter(self._plan.name, "Stopping", TrainingJobStatus=STOPPING)
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
        for reader, stream in self._outlets:
            self._read(reader.read(), stream)
        if moment >= self._next_send:
            self._send_logs()
            self._next_send = time.monotonic() + self._around.timing.log
        if moment >= self._next_copy:
            self._copy_checkpoints()
            self._next_copy = time.monotonic() + self._around.timing.checkpoint

    def _read(self, lines: list[str], stream: LogStream) -> None:
        stream.add(lines)
        # A list: every line is scanned, also after one that told something.
        if any([self._metrics.scan(line) for line in lines]):  # noqa: C419
            self._around.records.set_metrics(self._plan.name, self._metrics.latest())

    def _send_logs(self) -> None:
        for _, stream in self._outlets:
            stream.send()

    def _copy_checkpoints(self) -> None:
        try:
            for mirror in self._mirrors:
                mirror.copy_changed()
        except ObjectStoreError as error:
            raise JobFailedError(f"ClientError: Artifact upload failed: {error}") from error

    def _finish(self) -> None:
        """What the containers left goes to S3; the job's last status follows."""
        for reader, stream in self._outlets:
            self._read(reader.read_rest(), stream)
        self._send_logs()
        failure = self._find_failure()
        if failure:
            self._copy_checkpoints()
            self._upload_output()
            raise JobFailedError(failure)
        self._around.records.enter(self._plan.name, "Uploading")
        self._copy_checkpoints()
        self._upload_output()
        uri = self._upload_model()
        artifacts = {"ModelArtifacts": {"S3ModelArtifacts": uri}} if uri else {}
        if self._ending is None:
            self._around.records.end(self._plan.name, "Completed", "Completed", **artifacts)
        else:
            self._around.records.end(self._plan.name, "Stopped", self._ending.value, **artifacts)

    def _find_failure(self) -> str:
        """Empty unless a host failed by itself: how a stopped one ends says nothing."""
        if self._ending not in (None, Ending.HOST_FAILED):
            return ""
        told = [(host, child.exit_code()) for host, child in zip(self._hosts, self._children, strict=True)]
        failed = [(host, code) for host, code in told if code]
        # Those that were ended because another one failed have nothing to tell.
        own = [(host, code) for host, code in failed if code != -signal.SIGTERM] or failed
        return explain_failure(own[0][0].failure(), own[0][1] or 0) if own else ""

    def _upload_output(self) -> None:
        self._upload([host.output_data for host in self._hosts], "output.tar.gz", even_empty=False)

    def _upload_model(self) -> str | None:
        """Where the model lies; none when a stopped job left none."""
        is_whole = self._ending is None
        return self._upload([host.model for host in self._hosts], "model.tar.gz", even_empty=is_whole)

    def _upload(self, folders: list[Path], name: str, *, even_empty: bool) -> str | None:
        target = self._plan.artifact_folder.below(name)
        existing = [folder for folder in folders if folder.is_dir()]
        with tempfile.TemporaryDirectory(dir=self._around.root) as temporary:
            packed = Path(temporary) / name
            if not archive.pack(existing, packed) and not even_empty:
                return None
            try:
                self._store.upload(packed, target)
            except ObjectStoreError as error:
                raise JobFailedError(f"ClientError: Artifact upload failed: {error}") from error
        return str(target)

    def _open_outlet(self, host: HostFolders) -> tuple[LineReader, LogStream]:
        stream = f"{self._plan.name}/{host.host}-{int(time.time())}"
        clients, credentials = self._around.clients, self._credentials
        return LineReader(host.log), LogStream(lambda: clients.make("logs", credentials), LOG_GROUP, stream)


def explain_failure(failure: str, exit_code: int) -> str:
    """`AlgorithmError: …, exit code: 1`. A signal is told as a shell does: 128 and its number."""
    if exit_code >= 0:
        told, shown = failure, exit_code
    else:
        number = -exit_code
        ended = f"The container was ended by signal {number} ({_signal_name(number)})"
        told, shown = failure or f"{ended} and left no failure file", 128 + number
    suffix = f", exit code: {shown}"
    prefix = "AlgorithmError: "
    return prefix + told[: FAILURE_CHARACTERS - len(prefix) - len(suffix)].strip() + suffix


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "unknown"
