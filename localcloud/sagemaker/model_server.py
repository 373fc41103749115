"""One model server: a container's `serve` process on a port of the loopback interface.

It is started, asked `/ping` until it is well, asked `/invocations`, and ended. Who decides when is not here.
"""

from __future__ import annotations

import http.client
import itertools
import socket
import tarfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from localcloud.sagemaker import archive
from localcloud.sagemaker.clients import ClientFactory
from localcloud.sagemaker.documents import Place
from localcloud.sagemaker.logs import LineReader, LogStream
from localcloud.sagemaker.models import VariantSpec
from localcloud.sagemaker.object_store import ObjectStore, ObjectStoreError
from localcloud.sagemaker.ports import AwsError, CredentialsForRole
from localcloud.sagemaker.processes import ENDPOINTS, ChildProcess, ChildProcesses, Command
from localcloud.sagemaker.timing import Timing
from localcloud.sagemaker.training_folders import base_environment, role_environment

LOG_GROUP = "/aws/sagemaker/Endpoints"
_HOST = "127.0.0.1"
_PING_SECONDS = 2.0
_CHUNK_BYTES = 64 * 1024
_numbers = itertools.count(1)


class StartFailedError(Exception):
    """The server did not come up; the text is a failure reason."""


class ServerGoneError(Exception):
    """The server is not there, or went away while it answered."""


class InvocationTimeoutError(Exception):
    """No whole answer within the time."""


@dataclass(frozen=True)
class ContainerAnswer:
    """What `/invocations` answered; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class ServingSurroundings:
    """What every server needs of the service."""

    root: Path
    place: Place
    clients: ClientFactory
    processes: ChildProcesses
    credentials_for_role: CredentialsForRole
    timing: Timing


class ModelServer:
    """A server that runs; after `end` it does not."""

    def __init__(self, endpoint_name: str, spec: VariantSpec, around: ServingSurroundings) -> None:
        """Starts the process. Raises `StartFailedError`."""
        self._endpoint_name = endpoint_name
        self._spec = spec
        self._around = around
        self._port = _free_port()
        number = next(_numbers)
        folder = around.root / endpoint_name / str(number)
        log = folder.with_suffix(".log")
        try:
            credentials = around.credentials_for_role(spec.role_arn)
            self._fetch_model(folder / "model", credentials)
            self._child = self._start(folder, log, credentials)
        except (AwsError, ObjectStoreError, tarfile.TarError, OSError) as error:
            raise StartFailedError(f"The model server could not be started: {error}") from error
        self._reader = LineReader(log)
        self._logs = LogStream(
            lambda: around.clients.make("logs", credentials),
            f"{LOG_GROUP}/{endpoint_name}",
            f"{spec.name}/local-{number}-{int(time.time())}",
        )

    def is_alive(self) -> bool:
        return self._child.exit_code() is None

    def wait_until_healthy(self) -> None:
        """Raises `StartFailedError` when it ends, or does not answer `/ping` with 200 in time."""
        limit = self._spec.startup_seconds or self._around.timing.startup
        deadline = time.monotonic() + limit
        while not self._is_healthy():
            code = self._child.exit_code()
            if code is not None:
                raise self._unhealthy(f"It ended with exit code {code}.")
            if time.monotonic() > deadline:
                raise self._unhealthy(f"It had {limit:g} seconds.")
            time.sleep(min(0.05, self._around.timing.poll))

    def invoke(self, headers: Mapping[str, str], body: bytes) -> ContainerAnswer:
        """Raises `ServerGoneError`, `InvocationTimeoutError`."""
        deadline = time.monotonic() + self._around.timing.invocation
        connection = http.client.HTTPConnection(_HOST, self._port, timeout=self._around.timing.invocation)
        try:
            connection.request("POST", "/invocations", body=body, headers=dict(headers))
            response = connection.getresponse()
            content = _read_until(response, connection, deadline)
        except TimeoutError as error:
            raise InvocationTimeoutError from error
        except (OSError, http.client.HTTPException) as error:
            raise ServerGoneError(f"{type(error).__name__}: {error}") from error
        finally:
            connection.close()
        found = {name.lower(): value for name, value in response.getheaders()}
        return ContainerAnswer(response.status, found, content)

    def send_logs(self) -> None:
        self._logs.add(self._reader.read())
        self._logs.send()

    def end(self, grace_seconds: float) -> None:
        """SIGTERM, so that it can finish what it answers; SIGKILL after the grace."""
        self._child.end(grace_seconds)
        self._around.processes.forget(ENDPOINTS, self._endpoint_name, self._child)

    def send_last_logs(self) -> None:
        self._logs.add(self._reader.read_rest())
        self._logs.send()

    def _fetch_model(self, folder: Path, credentials: Mapping[str, str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        if self._spec.model_data is None:
            return
        store = ObjectStore(self._around.clients.make("s3", credentials), self._spec.role_arn)
        archived = folder.with_name("model.tar.gz")
        store.download(self._spec.model_data, archived)
        archive.unpack(archived, folder)

    def _start(self, folder: Path, log: Path, credentials: Mapping[str, str]) -> ChildProcess:
        environment = base_environment(folder, self._around.place.region)
        environment["SAGEMAKER_BIND_TO_PORT"] = str(self._port)
        if not self._spec.is_isolated:
            environment |= role_environment(credentials, self._around.clients.endpoint_url)
        environment |= self._spec.environment
        command = Command([*self._spec.command, "serve"], environment, folder, log)
        return self._around.processes.start(ENDPOINTS, self._endpoint_name, command)

    def _is_healthy(self) -> bool:
        connection = http.client.HTTPConnection(_HOST, self._port, timeout=_PING_SECONDS)
        try:
            connection.request("GET", "/ping")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _unhealthy(self, how: str) -> StartFailedError:
        said = "".join(f" Its last words: {line}" for line in self._reader.read_rest()[-1:])
        return StartFailedError(
            f"The primary container for production variant {self._spec.name} did not pass the ping health "
            f"check. {how}{said} Please check CloudWatch logs for this endpoint."
        )


def _read_until(
    response: http.client.HTTPResponse, connection: http.client.HTTPConnection, deadline: float
) -> bytes:
    content = bytearray()
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if connection.sock is not None:  # closed by an answer without a body
            connection.sock.settimeout(left)
        chunk = response.read1(_CHUNK_BYTES)
        if not chunk:
            return bytes(content)
        content += chunk


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])
