"""The checks that every synthesis is held to, and that they bite."""

from __future__ import annotations

import json

import cfnlint.api
import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_sqs as sqs
from cfnlint.config import ManualArgs

from infrastructure.checks import acknowledge, add_checks

# CDK writes dependencies that references imply already.
REDUNDANT_DEPENDENCY = "W3005"


@pytest.mark.parametrize("stage", ["local", "dev", "prod"])
@pytest.mark.parametrize("endpoint_kind", ["serverless", "provisioned"])
def test_template_passes_cfn_lint(synthesize, stage, endpoint_kind):
    template = synthesize(stage, trainingImageUri="t", inferenceImageUri="i", endpointKind=endpoint_kind)

    findings = cfnlint.api.lint(
        json.dumps(template),
        config=ManualArgs(regions=["us-east-1"], ignore_checks=[REDUNDANT_DEPENDENCY]),
    )

    assert [str(finding) for finding in findings] == []


def test_finding_that_nobody_acknowledged_stops_synthesis(tmp_path):
    app = App(outdir=str(tmp_path))
    stack = Stack(app, "stack")
    sqs.Queue(stack, "Queue")
    add_checks(stack)

    with pytest.raises(RuntimeError, match="AwsSolutions-SQS4"):
        app.synth()


def test_acknowledged_finding_does_not(tmp_path):
    app = App(outdir=str(tmp_path))
    stack = Stack(app, "stack")
    queue = sqs.Queue(stack, "Queue")
    acknowledge(queue, {"AwsSolutions-SQS3": "a test", "AwsSolutions-SQS4": "a test"})
    add_checks(stack)

    assert app.synth().get_stack_by_name("stack").template["Resources"]
