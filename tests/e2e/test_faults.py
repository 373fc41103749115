"""Things that go wrong in mid-run: each ends in the row, with a reason a person can act on."""

from __future__ import annotations

import json
import os
import signal

from tests.e2e.people import LONG, SMALL


def training_job_name(job):
    return f"continuo-local-{job['jobId']}"


def is_training(job):
    return job["secondaryStatus"] == "Training" and job.get("progress", {}).get("epoch", 0) >= 1


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


def policies_of(iam, role_name):
    return {
        name: iam.get_role_policy(RoleName=role_name, PolicyName=name)["PolicyDocument"]
        for name in iam.list_role_policies(RoleName=role_name)["PolicyNames"]
    }


def role_that_holds(iam, part):
    roles = iam.get_paginator("list_roles").paginate().build_full_result()["Roles"]
    (name,) = [role["RoleName"] for role in roles if part in role["RoleName"]]
    return name


def test_permission_taken_from_the_training_role_is_named_in_the_failure(anna, cloud):
    """The training container's role loses its policies: its first call to S3 is refused, by name."""
    iam = cloud.session().client("iam", endpoint_url=cloud.endpoint_url)
    role = role_that_holds(iam, "TrainingRole")
    kept = policies_of(iam, role)
    for name in kept:
        iam.delete_role_policy(RoleName=role, PolicyName=name)
    try:
        ended = anna.wait_for_end(anna.train(SMALL))
    finally:
        for name, document in kept.items():
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))

    assert kept
    assert ended["status"] == "FAILED"
    assert "s3:" in ended["failure"]["message"]
