"""The local cloud as its users see it: start it, deploy to it, make people, stop it.

Composes the engine, the guard and the CDK command line. Invariant: from `start_local_cloud` on, whatever
way this process ends, nothing that it started outlives it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType

from contract.table import EXPIRES_AT
from localcloud.cdk import CdkCommandLine
from localcloud.deployment import Deployment, write_description
from localcloud.engine_process import PROJECT_ROOT, EngineProcess, Guard
from localcloud.environment import REGION, ROOT_KEY_ID, client_environment
from localcloud.local_session import LocalSession, sign_as_launcher
from localcloud.state_folder import StateFolder

ADMIN_NAME = "continuo-admin"
ADMIN_POLICY = "arn:aws:iam::aws:policy/AdministratorAccess"
STAGE = "local"


class LocalCloud:
    """A running local cloud. A context manager; `stop` may be called again."""

    def __init__(
        self, folder: StateFolder, engine: EngineProcess, guard: Guard, on_progress: Callable[[str], None]
    ) -> None:
        self._folder = folder
        self._engine = engine
        self._guard = guard
        self._on_progress = on_progress
        self._is_bootstrapped = False
        self._stopping = threading.Lock()
        self._is_stopped = False
        self._admin_key, self._admin_secret = self._create_admin()

    def __enter__(self) -> LocalCloud:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def endpoint_url(self) -> str:
        return self._engine.endpoint_url

    @property
    def engine_pid(self) -> int:
        return self._engine.pid

    @property
    def log_path(self) -> Path:
        return self._engine.log_path

    @property
    def environment(self) -> dict[str, str]:
        """The AWS variables of the admin user, for a child process."""
        return client_environment(
            port=self._engine.port,
            access_key_id=self._admin_key,
            secret=self._admin_secret,
            empty_folder=self._folder.run,
        )

    def session(self) -> LocalSession:
        """A boto3 session of the admin user."""
        return LocalSession(self.endpoint_url, self._admin_key, self._admin_secret)

    def deploy(self, context: Mapping[str, str] | None = None) -> Deployment:
        """Deploys the project's stack at stage local, and describes it in `deployment.json`."""
        outputs = self.deploy_project(PROJECT_ROOT, {"stage": STAGE, **(context or {})})
        deployment = Deployment.of_outputs(outputs, self.endpoint_url, REGION)
        self.session().client("dynamodb").update_time_to_live(  # CloudFormation here drops the setting
            TableName=deployment.table_name,
            TimeToLiveSpecification={"Enabled": True, "AttributeName": EXPIRES_AT},
        )
        write_description(self._folder.description, deployment, self.endpoint_url, os.getpid())
        return deployment

    def deploy_project(self, project: Path, context: Mapping[str, str]) -> dict[str, str]:
        """Deploys any CDK project: the outputs of its stacks. Raises `DeployFailedError`."""
        cdk = CdkCommandLine(
            project,
            self.environment,
            cdk_home=self._folder.run / "cdk",
            cdk_out=self._folder.cdk_out,
            guard=self._guard,
            on_progress=self._on_progress,
        )
        if not self._is_bootstrapped:
            cdk.bootstrap()
            self._is_bootstrapped = True
        return cdk.deploy(context)

    def create_user(self, deployment: Deployment, email: str, password: str) -> None:
        """A confirmed person with a permanent password."""
        identity = self.session().client("cognito-idp")
        identity.admin_create_user(
            UserPoolId=deployment.user_pool_id,
            Username=email,
            UserAttributes=[{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}],
            MessageAction="SUPPRESS",
        )
        identity.admin_set_user_password(
            UserPoolId=deployment.user_pool_id, Username=email, Password=password, Permanent=True
        )

    def sign_in(self, deployment: Deployment, email: str, password: str) -> str:
        """The person's ID token."""
        answer = (
            self.session()
            .client("cognito-idp")
            .initiate_auth(
                ClientId=deployment.user_pool_client_id,
                AuthFlow="USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": email, "PASSWORD": password},
            )
        )
        return str(answer["AuthenticationResult"]["IdToken"])

    def training_process_ids(self, training_job_name: str) -> list[int]:
        """Processes of a running training job, one per host."""
        return self._process_ids("training-processes", training_job_name)

    def endpoint_process_ids(self, endpoint_name: str) -> list[int]:
        """Server processes of an endpoint; none while it sleeps."""
        return self._process_ids("endpoint-processes", endpoint_name)

    def stop(self) -> None:
        """Ends every process of the local cloud and frees its port. Ctrl-C does not cut it short."""
        with self._stopping, _without_interrupts():
            if not self._is_stopped:
                self._is_stopped = True
                _end(self._engine, self._guard, self._folder)

    def _process_ids(self, kind: str, name: str) -> list[int]:
        found = self._engine.look(f"{kind}/{name}")
        return [int(pid) for pid in found] if isinstance(found, list) else []

    def _create_admin(self) -> tuple[str, str]:
        """Root cannot assume the deploy roles, as on AWS: everything else is done by this user."""
        root = LocalSession(self.endpoint_url, ROOT_KEY_ID, "unchecked").client("iam")
        sign_as_launcher(root, self._engine.launcher_secret)
        root.create_user(UserName=ADMIN_NAME)
        root.attach_user_policy(UserName=ADMIN_NAME, PolicyArn=ADMIN_POLICY)
        key = root.create_access_key(UserName=ADMIN_NAME)["AccessKey"]
        return str(key["AccessKeyId"]), str(key["SecretAccessKey"])


def start_local_cloud(
    state_dir: Path,
    *,
    port: int | None = None,
    on_progress: Callable[[str], None] = lambda _: None,
) -> LocalCloud:
    """Starts a local cloud on 127.0.0.1; without a port, on a free one. It starts empty.

    Raises `LocalCloudError`: the folder or the port is in use, or the engine did not start.
    """
    folder = StateFolder(state_dir, on_progress)
    on_progress("Starting the local cloud")
    guard = Guard(folder.run, folder.description)
    engine = None
    try:
        engine = EngineProcess(folder.run, folder.log, port, guard)
        engine.wait_until_ready()
        cloud = LocalCloud(folder, engine, guard, on_progress)
    except BaseException:  # whatever it is, Ctrl-C too, nothing may stay behind
        with _without_interrupts():
            _end(engine, guard, folder)
        raise
    on_progress(f"The local cloud answers at {cloud.endpoint_url}")
    return cloud


def _end(engine: EngineProcess | None, guard: Guard, folder: StateFolder) -> None:
    try:
        if engine is not None:
            engine.stop()
    finally:
        guard.close()
        folder.clear()
        folder.release()


@contextlib.contextmanager
def _without_interrupts() -> Iterator[None]:
    """Lets a clean-up finish: Ctrl-C is ignored meanwhile. Only the main thread may set that."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
