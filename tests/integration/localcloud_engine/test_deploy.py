"""The real CDK command line deploys to the local cloud, and a failure says why."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from localcloud.cloud import start_local_cloud
from localcloud.errors import DeployFailedError

ROOT = Path(__file__).parents[3]

# Writes a cloud assembly by hand: quicker than the construct library, and the command cannot tell.
APP = """
import json, os
from pathlib import Path
out = Path(os.environ["CDK_OUTDIR"])
out.mkdir(exist_ok=True)
stack = {"type": "aws:cloudformation:stack", "environment": "aws://000000000000/us-east-1",
    "properties": {"templateFile": "small.template.json"}}
(out / "manifest.json").write_text(json.dumps({"version": "48.0.0", "artifacts": {"small": stack}}))
(out / "small.template.json").write_text(Path("template.json").read_text())
"""
QUEUE = {
    "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
    "Outputs": {"QueueUrl": {"Value": {"Ref": "Queue"}}},
}


@pytest.fixture(scope="module")
def progress():
    return []


@pytest.fixture(scope="module")
def own_cloud(tmp_path_factory, progress):
    with start_local_cloud(tmp_path_factory.mktemp("deploying"), on_progress=progress.append) as running:
        yield running


@pytest.fixture
def project(tmp_path):
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "cdk.json").write_text(json.dumps({"app": f"{sys.executable} app.py"}))
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    return tmp_path


def test_stack_is_deployed_and_its_progress_is_told(own_cloud, project, progress):
    (project / "template.json").write_text(json.dumps(QUEUE))

    outputs = own_cloud.deploy_project(project, {})

    found = own_cloud.session().client("sqs").list_queues()["QueueUrls"]
    assert found == [outputs["QueueUrl"]]
    assert any("AWS::SQS::Queue" in line and "CREATE_COMPLETE" in line for line in progress)


def test_failed_deploy_tells_what_the_command_said(own_cloud, project):
    (project / "template.json").write_text(json.dumps({"Resources": {"X": {"Type": "AWS::No::Such"}}}))

    with pytest.raises(DeployFailedError, match="AWS::No::Such"):
        own_cloud.deploy_project(project, {})
