"""Things that go wrong in mid-run: each ends in the row, with a reason a person can act on."""

from __future__ import annotations

import json
import os
import signal
from contextlib import contextmanager

from tests.e2e.people import LONG, SMALL


def training_job_name(job):
    return f"continuo-local-{job['jobId']}"


def is_training(job):
    return job.get("secondaryStatus") == "Training" and job.get("progress", {}).get("epoch", 0) >= 1


def test_killed_training_process_fails_the_job_with_a_reason(anna, cloud):
    job = anna.train(LONG)
    anna.wait_for_job(job, is_training)

    for pid in cloud.training_process_ids(training_job_name(job)):
        os.kill(pid, signal.SIGKILL)
    ended = anna.wait_for_end(job)

    assert ended["status"] == "FAILED"
    assert ended["failure"]["code"] == "training-failed"
    assert "signal 9" in ended["failure"]["message"] or "137" in ended["failure"]["message"]


def test_stopped_training_leaves_a_model_that_composes(anna):
    job = anna.train(LONG)
    anna.wait_for_job(job, is_training)

    asked = anna.http.post(f"/training-jobs/{job['jobId']}/stop")
    ended = anna.wait_for_end(job)
    composition = anna.wait_for_composition(
        anna.http.post("/compositions", json={"modelId": ended["modelId"], "melodyId": "mary"}).json()
    )

    assert asked.status_code == 202
    assert ended["status"] == "STOPPED"
    assert composition["status"] == "COMPLETED"
    assert anna.http.post(f"/training-jobs/{job['jobId']}/stop").status_code == 409


def test_composition_waits_for_an_endpoint_that_was_killed(anna, trained, cloud, deployment):
    for pid in cloud.endpoint_process_ids(deployment.endpoint_name):
        os.kill(pid, signal.SIGKILL)

    answer = anna.http.post("/compositions", json={"modelId": trained["modelId"], "melodyId": "twinkle"})
    done = anna.wait_for_composition(answer.json())

    assert answer.status_code == 202
    assert answer.json()["status"] == "QUEUED"
    assert done["status"] == "COMPLETED"


def test_filter_that_matches_nothing_together_fails_clearly(anna):
    tags = anna.get("/datasets")["items"][0]["tags"]
    assert "minor" in tags["mode"]

    job = anna.train(SMALL | {"filterTags": {"key": "C major", "mode": "minor"}})
    ended = anna.wait_for_end(job)

    assert ended["status"] == "FAILED"
    assert ended["failure"]["code"] == "no-matching-pieces"
    assert "mode" in ended["failure"]["message"]


@contextmanager
def policies_taken_away(cloud, logical_id_prefix):
    """One role of the stack without its inline policies, as if an operator had removed them."""
    resources = cloud.session().client("cloudformation").describe_stack_resources(StackName="continuo-local")
    (role,) = [
        resource["PhysicalResourceId"]
        for resource in resources["StackResources"]
        if resource["ResourceType"] == "AWS::IAM::Role"
        and resource["LogicalResourceId"].startswith(logical_id_prefix)
    ]
    iam = cloud.session().client("iam")
    kept = {
        name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
    }
    assert kept
    for name in kept:
        iam.delete_role_policy(RoleName=role, PolicyName=name)
    try:
        yield
    finally:
        for name, document in kept.items():
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))


def test_permission_taken_from_the_training_role_is_named_in_the_failure(anna, cloud):
    with policies_taken_away(cloud, "TrainingTrainingRole"):
        ended = anna.wait_for_end(anna.train(SMALL))

    assert ended["status"] == "FAILED"
    assert "s3:" in ended["failure"]["message"]


def test_permission_taken_from_a_lambda_is_named_in_the_failure(anna, cloud):
    """The training ended well, but `register_model` may not read the row: the state machine says so."""
    with policies_taken_away(cloud, "TrainingRegisterModelRole"):
        ended = anna.wait_for_end(anna.train(SMALL))

    assert ended["status"] == "FAILED"
    assert ended["failure"]["code"] == "permission-denied"
    assert "dynamodb:GetItem" in ended["failure"]["message"]
