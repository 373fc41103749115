"""Training jobs from request to result, by boto3."""

from __future__ import annotations

import json
import os
import signal

import psutil
import pytest
from botocore.exceptions import ClientError

from localcloud.sagemaker.timing import Timing

ROLE = "arn:aws:iam::000000000000:role/training"
ARN = "arn:aws:sagemaker:us-east-1:000000000000:training-job"
SAVES_A_MODEL = """
(root / "model/weights").write_text(json.dumps(config["hyperparameters"]))
"""
RUNS_UNTIL_TERM = """
def end(*_):
    (root / "model/weights").write_text("so far")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
(root / "running").touch()
while True:
    time.sleep(0.05)
"""


def channel(name, uri, data_type="S3Prefix", **fields):
    source = {"S3DataType": data_type, "S3Uri": uri, **fields}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}


def refusal(call, **request):
    with pytest.raises(ClientError) as refused:
        call(**request)
    return refused.value.response["Error"]


def test_completed_job_leaves_model_output_logs_and_events(local):
    image = local.image(
        "ok",
        """
        print("epoch=1 loss=0.5", flush=True)
        print("epoch=2 loss=0.25 clash=1e-2", flush=True)
        print("no loss here")
        (root / "model/weights").write_text(json.dumps(config["hyperparameters"]))
        (root / "output/data/report.txt").write_text("fine")
        """,
    )
    definitions = [
        {"Name": "loss", "Regex": "loss=([-+0-9.eE]+)"},
        {"Name": "clash", "Regex": "clash=([-+0-9.eE]+)"},
        {"Name": "never", "Regex": "never=([0-9]+)"},
    ]
    specification = {
        "TrainingImage": image,
        "TrainingInputMode": "File",
        "MetricDefinitions": definitions,
    }

    local.train("ok", image, HyperParameters={"epochs": "2"}, AlgorithmSpecification=specification)
    job = local.wait_for_end("ok")

    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Completed", "Completed"), job
    assert job["TrainingJobArn"] == f"{ARN}/ok"
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == "s3://artifacts/models/ok/output/model.tar.gz"
    assert local.archive("models/ok/output/model.tar.gz") == {"weights": b'{"epochs": "2"}'}
    assert local.archive("models/ok/output/output.tar.gz") == {"report.txt": b"fine"}
    assert [(m["MetricName"], round(m["Value"], 4)) for m in job["FinalMetricDataList"]] == [
        ("loss", 0.25),
        ("clash", 0.01),
    ]
    steps = [step["Status"] for step in job["SecondaryStatusTransitions"]]
    assert steps == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert all("EndTime" in step for step in job["SecondaryStatusTransitions"])
    assert job["CreationTime"] <= job["TrainingStartTime"] <= job["TrainingEndTime"]
    assert job["BillableTimeInSeconds"] == job["TrainingTimeInSeconds"] >= 1
    assert job["EnableNetworkIsolation"] is False
    group, prefix = "/aws/sagemaker/TrainingJobs", "ok/algo-1-"
    (stream,) = local.logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=prefix)["logStreams"]
    events = local.logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])["events"]
    assert [event["message"] for event in events][-1] == "no loss here"
    assert [json.loads(e["Detail"])["SecondaryStatus"] for e in local.events] == steps
    assert local.events[-1]["DetailType"] == "SageMaker Training Job State Change"
    assert local.events[-1]["Source"] == "aws.sagemaker"
    assert local.events[-1]["Resources"] == [f"{ARN}/ok"]


def test_container_sees_the_sagemaker_folders_and_only_its_roles_rights(local, monkeypatch):
    monkeypatch.setenv("ADMIN_SECRET", "leaked")
    local.put("data/a.txt", b"A")
    image = local.image(
        "look",
        """
        seen = {"environment": dict(os.environ), "config": config,
                "data": (root / "input/data/dataset/a.txt").read_text()}
        (root / "model/seen.json").write_text(json.dumps(seen))
        """,
    )

    local.train(
        "look",
        image,
        InputDataConfig=[channel("dataset", "s3://library/data")],
        Environment={"MINE": "yes"},
    )
    local.wait_for_end("look")

    seen = json.loads(local.archive("models/look/output/model.tar.gz")["seen.json"])
    environment = seen["environment"]
    assert seen["data"] == "A"
    assert "ADMIN_SECRET" not in environment
    assert environment["AWS_ACCESS_KEY_ID"] == "ASIAROLE"
    assert environment["AWS_ENDPOINT_URL"] == local.moto_url
    assert environment["TRAINING_JOB_NAME"] == "look"
    assert environment["TRAINING_JOB_ARN"] == f"{ARN}/look"
    assert environment["MINE"] == "yes"
    assert int(environment["SM_NUM_CPUS"]) >= 1
    assert seen["config"]["resourceconfig"]["hosts"] == ["algo-1"]
    assert seen["config"]["inputdataconfig"]["dataset"]["TrainingInputMode"] == "File"


def test_isolated_container_gets_no_credentials(local):
    image = local.image("alone", "(root / 'model/keys').write_text(json.dumps(sorted(os.environ)))")

    local.train("alone", image, EnableNetworkIsolation=True)
    local.wait_for_end("alone")

    names = json.loads(local.archive("models/alone/output/model.tar.gz")["keys"])
    assert not {"AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"} & set(names)


def test_failure_file_begins_the_failure_reason(local):
    image = local.image("bad", "(root / 'output/failure').write_text('No notes.' + 'x' * 2000); sys.exit(1)")

    local.train("bad", image)
    job = local.wait_for_end("bad")

    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Failed", "Failed")
    assert job["FailureReason"].startswith("AlgorithmError: No notes.xxx")
    assert job["FailureReason"].endswith(", exit code: 1")
    assert len(job["FailureReason"]) == 1024
    assert local.keys("models/bad") == []


def test_killed_container_fails_with_its_signal(local):
    image = local.image("slow", RUNS_UNTIL_TERM)
    local.train("slow", image)
    local.wait(local.file("slow", "running").exists)

    (pid,) = local.service.training_process_ids("slow")
    os.kill(pid, signal.SIGKILL)
    job = local.wait_for_end("slow")

    assert job["TrainingJobStatus"] == "Failed"
    assert "signal 9 (SIGKILL)" in job["FailureReason"]
    assert job["FailureReason"].endswith("exit code: 137")
    assert local.service.training_process_ids("slow") == []


def test_stopped_job_keeps_the_model_it_saved(local):
    local.train("stop", local.image("slow", RUNS_UNTIL_TERM))
    local.wait(local.file("stop", "running").exists)

    local.sagemaker.stop_training_job(TrainingJobName="stop")
    job = local.wait_for_end("stop")

    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    steps = [step["Status"] for step in job["SecondaryStatusTransitions"]]
    assert steps == ["Starting", "Downloading", "Training", "Stopping", "Uploading", "Stopped"]
    assert local.archive("models/stop/output/model.tar.gz") == {"weights": b"so far"}
    again = refusal(local.sagemaker.stop_training_job, TrainingJobName="stop")
    assert again["Code"] == "ValidationException"
    assert again["Message"].endswith("the training job is in status Stopped.")


def test_container_deaf_to_sigterm_is_killed_after_the_grace(unstarted):
    local = unstarted.start(Timing(poll=0.02, stop_grace=0.2))
    image = local.image(
        "deaf",
        """
        signal.signal(signal.SIGTERM, lambda *_: (root / "asked").touch())
        (root / "running").touch()
        while True:
            time.sleep(0.05)
        """,
    )
    local.train("deaf", image)
    local.wait(local.file("deaf", "running").exists)

    local.sagemaker.stop_training_job(TrainingJobName="deaf")
    job = local.wait_for_end("deaf")

    assert job["TrainingJobStatus"] == "Stopped"
    assert local.file("deaf", "asked").exists()
    assert local.keys("models/deaf") == []


def test_runtime_limit_stops_the_job_and_says_so(local):
    local.train("long", local.image("slow", RUNS_UNTIL_TERM), StoppingCondition={"MaxRuntimeInSeconds": 1})

    job = local.wait_for_end("long")

    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert local.archive("models/long/output/model.tar.gz") == {"weights": b"so far"}


def test_checkpoints_are_copied_while_it_runs_and_back_before_the_next(local):
    image = local.image(
        "checkpoints",
        """
        folder = root / "checkpoints"
        with (folder / "metrics.jsonl").open("a") as lines:
            lines.write("line\\n")
        (folder / "samples").mkdir(exist_ok=True)
        (folder / "samples/one.mid").write_text("midi")
        (root / "written").touch()
        wait_for(root / "go-on")
        (root / "model/lines").write_text((folder / "metrics.jsonl").read_text())
        """,
    )
    config = {"S3Uri": "s3://artifacts/progress/a"}

    local.train("first", image, CheckpointConfig=config)
    live = local.wait(lambda: local.keys("progress/"), lambda keys: len(keys) == 2)
    status = local.describe("first")["SecondaryStatus"]
    local.file("first", "go-on").touch()
    local.wait_for_end("first")
    local.train("second", image, CheckpointConfig=config)
    local.wait(local.file("second", "written").exists)
    local.file("second", "go-on").touch()
    local.wait_for_end("second")

    assert live == ["progress/a/metrics.jsonl", "progress/a/samples/one.mid"]
    assert status == "Training"
    assert local.archive("models/second/output/model.tar.gz")["lines"] == b"line\nline\n"
    assert local.get("progress/a/metrics.jsonl") == b"line\nline\n"


def test_manifest_channel_holds_exactly_the_objects_it_names(local):
    for key in ("bach/catalog.jsonl", "bach/pieces/1.mid", "bach/pieces/2.mid"):
        local.put(key, key.encode())
    manifest = [{"prefix": "s3://library/bach/"}, "catalog.jsonl", "pieces/2.mid"]
    local.put("manifests/m.json", json.dumps(manifest).encode(), bucket="artifacts")
    image = local.image(
        "list",
        """
        data = root / "input/data/dataset"
        found = sorted(p.relative_to(data).as_posix() for p in data.rglob("*") if p.is_file())
        (root / "model/found").write_text(json.dumps(found))
        """,
    )

    local.train(
        "list",
        image,
        InputDataConfig=[channel("dataset", "s3://artifacts/manifests/m.json", "ManifestFile")],
    )
    job = local.wait_for_end("list")

    assert job["TrainingJobStatus"] == "Completed", job
    found = json.loads(local.archive("models/list/output/model.tar.gz")["found"])
    assert found == ["catalog.jsonl", "pieces/2.mid"]


def test_manifest_that_names_a_missing_object_fails_the_job(local):
    local.put("m.json", json.dumps([{"prefix": "s3://library/"}, "gone.mid"]).encode())
    image = local.image("ok", SAVES_A_MODEL)

    local.train("gone", image, InputDataConfig=[channel("dataset", "s3://library/m.json", "ManifestFile")])
    job = local.wait_for_end("gone")

    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: Data download failed: NoSuchKey")
    assert "s3://library/gone.mid" in job["FailureReason"]


def test_two_hosts_run_side_by_side_with_their_own_folders_and_shards(local):
    for key in ("data/1", "data/2", "data/3"):
        local.put(key)
    image = local.image(
        "hosts",
        """
        resources = config["resourceconfig"]
        assert resources["hosts"] == ["algo-1", "algo-2"]
        host = resources["current_host"]
        other = "algo-2" if host == "algo-1" else "algo-1"
        (root / "here").touch()
        wait_for(root.parent / other / "here")
        shard = sorted(p.name for p in (root / "input/data/dataset").iterdir())
        (root / f"model/{host}").write_text(json.dumps(shard))
        print("hello from", host)
        """,
    )

    local.train(
        "hosts",
        image,
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 5},
        InputDataConfig=[channel("dataset", "s3://library/data/", S3DataDistributionType="ShardedByS3Key")],
    )
    job = local.wait_for_end("hosts")

    assert job["TrainingJobStatus"] == "Completed", job
    model = local.archive("models/hosts/output/model.tar.gz")
    assert model == {"algo-1": b'["1", "3"]', "algo-2": b'["2"]'}


def test_one_failed_host_ends_the_others_and_the_job(local):
    image = local.image(
        "half",
        """
        if config["resourceconfig"]["current_host"] == "algo-2":
            (root / "output/failure").write_text("second host is out of notes")
            sys.exit(3)
        time.sleep(600)
        """,
    )

    local.train(
        "half",
        image,
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 5},
    )
    job = local.wait_for_end("half")

    assert job["FailureReason"] == "AlgorithmError: second host is out of notes, exit code: 3"


def test_what_a_container_started_is_ended_with_it(local):
    image = local.image(
        "parent",
        """
        import subprocess
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        (root / "model/child").write_text(str(child.pid))
        """,
    )

    local.train("parent", image)
    local.wait_for_end("parent")

    pid = int(local.archive("models/parent/output/model.tar.gz")["child"])
    assert local.wait(lambda: not is_running(pid))


def is_running(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_name_in_use_is_refused_and_changes_nothing(local):
    image = local.image("ok", SAVES_A_MODEL)
    local.train("same", image, HyperParameters={"first": "1"})

    with pytest.raises(local.sagemaker.exceptions.ResourceInUse, match="already exists"):
        local.train("same", image, HyperParameters={"second": "1"})

    assert local.describe("same")["HyperParameters"] == {"first": "1"}


def test_unknown_job_is_not_found(local):
    for call in (local.sagemaker.describe_training_job, local.sagemaker.stop_training_job):
        with pytest.raises(local.sagemaker.exceptions.ResourceNotFound, match="Requested resource not found"):
            call(TrainingJobName="nobody")


def test_jobs_are_listed_by_page_filter_and_order(local):
    image = local.image("ok", SAVES_A_MODEL)
    bad = local.image("bad", "sys.exit(1)")
    for name in ("a-1", "a-2", "a-3"):
        local.train(name, image)
    local.train("b-1", bad)
    for name in ("a-1", "a-2", "a-3", "b-1"):
        local.wait_for_end(name)
    client = local.sagemaker

    pages = list(client.get_paginator("list_training_jobs").paginate(MaxResults=2))
    first = pages[0]
    failed = client.list_training_jobs(StatusEquals="Failed")
    named = client.list_training_jobs(NameContains="A-", SortBy="Name", SortOrder="Descending")
    middle = client.list_training_jobs(CreationTimeAfter=local.describe("a-3")["CreationTime"])

    names = [[s["TrainingJobName"] for s in page["TrainingJobSummaries"]] for page in pages if page]
    assert names == [["a-1", "a-2"], ["a-3", "b-1"]]
    assert first["TrainingJobSummaries"][0]["TrainingJobArn"] == f"{ARN}/a-1"
    assert [s["TrainingJobName"] for s in failed["TrainingJobSummaries"]] == ["b-1"]
    assert [s["TrainingJobName"] for s in named["TrainingJobSummaries"]] == ["a-3", "a-2", "a-1"]
    assert [s["TrainingJobName"] for s in middle["TrainingJobSummaries"]] == ["b-1"]
    other_order = refusal(
        client.list_training_jobs, NextToken=first["NextToken"], SortBy="Name", SortOrder="Descending"
    )
    assert other_order["Code"] == "ValidationException"


def test_tags_are_kept_added_and_deleted(local):
    client, arn = local.sagemaker, f"{ARN}/tagged"
    local.train("tagged", local.image("ok", SAVES_A_MODEL), Tags=[{"Key": "owner", "Value": "anna"}])

    client.add_tags(ResourceArn=arn, Tags=[{"Key": "stage", "Value": "local"}])
    client.delete_tags(ResourceArn=arn, TagKeys=["owner"])

    assert client.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "stage", "Value": "local"}]
    assert ("AKIATEST", "sagemaker:AddTags", arn, {}) in local.rights.asked
    with pytest.raises(client.exceptions.ResourceNotFound):
        client.list_tags(ResourceArn=f"{ARN}/nobody")
