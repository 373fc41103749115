"""The local cloud as `up`, `down` and `demo` use it: started, deployed to, filled, and ended.

Owns the demo user and what `deployment.json` says beyond the local cloud's own lines.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
from pathlib import Path

import psutil

from cli.cognito import SignedInUser
from cli.errors import CliError, NotRunningError
from cli.phases import Phases
from cli.session import (
    DESCRIPTION_FILE,
    PROJECT_ROOT,
    LocalDeployment,
    LocalUser,
    read_local_deployment,
    sign_in_locally,
)
from corpus.build import build
from corpus.publish import publish
from localcloud.cloud import LocalCloud
from localcloud.deployment import Deployment

CORPUS_CACHE = PROJECT_ROOT / ".cache" / "corpus"
DEMO_EMAIL = "demo@example.com"
DOWN_SECONDS = 60.0
SAME_PROCESS_SECONDS = 1.0


def build_corpus(phases: Phases) -> None:
    with phases.phase("corpus", "Dataset and melodies: Bach's chorales from music21"):
        build(CORPUS_CACHE, phases.note)


def deploy(cloud: LocalCloud, phases: Phases) -> Deployment:
    with phases.phase("deploy", "Deploying the stack with the CDK command line"):
        return cloud.deploy()


def publish_corpus(cloud: LocalCloud, deployment: Deployment, phases: Phases) -> None:
    with phases.phase("publish", "Publishing datasets and melodies"):
        publish(
            cloud.session(),
            deployment.table_name,
            deployment.library_bucket,
            CORPUS_CACHE,
            cloud.endpoint_url,
        )


def make_demo_user(cloud: LocalCloud, deployment: Deployment) -> LocalUser:
    """A Cognito user with a fresh password."""
    user = LocalUser(email=DEMO_EMAIL, password=f"Aa1-{secrets.token_urlsafe(18)}")
    cloud.create_user(deployment, user.email, user.password)
    return user


def describe_ready(folder: Path, user: LocalUser) -> LocalDeployment:
    """Adds to `deployment.json` how the demo user signs in and which process this is; it is for us alone."""
    path = folder / DESCRIPTION_FILE
    description = json.loads(path.read_text())
    description |= {"user": user.model_dump(), "processStartedAt": psutil.Process().create_time()}
    draft = path.with_suffix(".draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(json.dumps(description, indent=2) + "\n")
    draft.replace(path)
    return LocalDeployment.model_validate(description)


def sign_in(local: LocalDeployment, user: LocalUser) -> SignedInUser:
    """The demo user, signed in once already, so that a refusal shows here."""
    person = sign_in_locally(local, user)
    person.token()
    return person


def stop_running(folder: Path) -> int:
    """Ends the local cloud of the folder, as Ctrl-C would, and waits: the id of the process that ended.

    Raises `NotRunningError` when the recorded process is gone or is another one by now, and `CliError` when
    it does not end.
    """
    local = read_local_deployment(folder)
    if local is None:
        raise NotRunningError(
            f"No local cloud runs in {folder}.", hint="One that is starting ends with Ctrl-C."
        )
    process = _same_process(local)
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(DOWN_SECONDS)
    except psutil.TimeoutExpired as error:
        raise CliError(f"Process {local.pid} has not ended after {DOWN_SECONDS:.0f} s.") from error
    return local.pid


def _same_process(local: LocalDeployment) -> psutil.Process:
    try:
        process = psutil.Process(local.pid)
        started_at = local.process_started_at
        if started_at is not None and abs(process.create_time() - started_at) < SAME_PROCESS_SECONDS:
            return process
    except psutil.Error:
        pass
    raise NotRunningError(
        f"Process {local.pid}, which ran a local cloud, is gone or is another one now.",
        hint="The next `continuo up` clears what it left.",
    )
