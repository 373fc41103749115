"""What `up` and `demo` do alike: build the corpus, deploy, publish, and make a user."""

from __future__ import annotations

import secrets
from pathlib import Path

from cli.cdk_lines import brief
from cli.phases import Phases
from cli.session import PROJECT_ROOT, LocalUser
from corpus.build import build
from corpus.publish import publish
from localcloud.cloud import LocalCloud, start_local_cloud
from localcloud.deployment import Deployment

CORPUS_CACHE = PROJECT_ROOT / ".cache" / "corpus"
DEMO_EMAIL = "demo@example.com"


def build_corpus(phases: Phases) -> None:
    with phases.phase("corpus", "Dataset and melodies: Bach's chorales from music21"):
        build(CORPUS_CACHE, phases.note)


def start(folder: Path, phases: Phases, port: int | None = None) -> LocalCloud:
    """A local cloud in the folder, on a free port without `port`. The caller's `with` ends it."""

    def tell(line: str) -> None:
        shown = brief(line)
        if shown is not None:
            phases.note(shown)

    with phases.phase("start", "Starting the local cloud"):
        return start_local_cloud(folder, port=port, on_progress=tell)


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
            phases.note,
        )


def make_demo_user(cloud: LocalCloud, deployment: Deployment) -> LocalUser:
    """A Cognito user with a fresh password."""
    user = LocalUser(email=DEMO_EMAIL, password=f"Aa1-{secrets.token_urlsafe(18)}")
    cloud.create_user(deployment, user.email, user.password)
    return user
