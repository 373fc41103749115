"""The functions as the runtime calls them: environment, composition root, adapters, AWS (moto)."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from contract.execution import ExecutionInput
from lambdas import bootstrap
from lambdas.adapters.dynamo_rows import DynamoRows
from lambdas.adapters.library_rows import DATASETS, MODELS
from lambdas.adapters.training_job_rows import TRAINING_JOBS
from lambdas.domain.training_jobs import JobStatus
from lambdas.handlers import api, compose, record_progress, register_model, start_training
from tests.integration.lambdas.conftest import ARTIFACTS, LIBRARY, REGION, TABLE
from tests.integration.lambdas.test_files import GRAPH, catalog_line, make_archive, make_manifest
from tests.unit.lambdas.builders import (
    JOB_ID,
    MODEL_ID,
    OWNER,
    TRAINING_JOB_NAME,
    make_dataset,
    make_job,
    make_pieces,
)

EVENTS = Path(__file__).parents[2] / "unit" / "lambdas" / "events"
CONTEXT = cast(
    LambdaContext, SimpleNamespace(aws_request_id="8476a536", get_remaining_time_in_millis=lambda: 10_000)
)


@pytest.fixture
def state_machine(step_functions):
    definition = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}})
    role = "arn:aws:iam::123456789012:role/continuo-test"
    return step_functions.create_state_machine(name="continuo-test", definition=definition, roleArn=role)[
        "stateMachineArn"
    ]


@pytest.fixture(autouse=True)
def environment(monkeypatch, state_machine):
    """What the infrastructure sets; what an earlier test kept warm is dropped."""
    variables = {
        "STAGE": "test",
        "POWERTOOLS_SERVICE_NAME": "continuo-test",
        "LOG_LEVEL": "WARNING",
        "TABLE_NAME": TABLE,
        "LIBRARY_BUCKET": LIBRARY,
        "ARTIFACTS_BUCKET": ARTIFACTS,
        "ENDPOINT_NAME": "continuo-test",
        "STATE_MACHINE_ARN": state_machine,
        "JOB_NAME_PREFIX": "continuo-test",
        "INSTANCE_TYPE": "ml.m5.xlarge",
        "INSTANCE_COUNT": "1",
        "VOLUME_SIZE_GB": "10",
        "MAX_RUNTIME_SECONDS": "3600",
        "INLINE_COMPOSE_SECONDS": "8",
        "COMPOSE_LEASE_SECONDS": "120",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    for kept in vars(bootstrap).values():
        if hasattr(kept, "cache_clear") and kept.__module__ == bootstrap.__name__:
            kept.cache_clear()


@pytest.fixture
def jobs(dynamodb):
    return DynamoRows(lambda: dynamodb, TABLE, TRAINING_JOBS)


def load_event(name):
    return json.loads((EVENTS / f"{name}.json").read_text())


def test_job_posted_to_the_api_is_in_the_table(dynamodb, jobs):
    DynamoRows(lambda: dynamodb, TABLE, DATASETS).add(make_dataset())
    event = load_event("api_request") | {
        "httpMethod": "POST",
        "headers": {"content-type": "application/json"},
        "body": json.dumps({"name": "First", "dataset": "bach"}),
    }

    # The entrance that is warm from an earlier test would keep that test's clients.
    answer = api.make_handler(bootstrap.api)(event, CONTEXT)

    assert answer["statusCode"] == 202
    assert isinstance(answer["body"], str)
    job_id = json.loads(answer["body"])["jobId"]
    assert jobs.get(OWNER, job_id).status is JobStatus.QUEUED


def test_sample_links_lead_to_the_buckets_own_region(s3):
    """The global endpoint redirects for a new bucket, and a redirected link's signature is wrong."""
    s3.put_object(Bucket=ARTIFACTS, Key=f"progress/{JOB_ID}/samples/epoch-00001.mid", Body=b"MThd")

    (link,) = bootstrap.api().progress.samples(JOB_ID)

    assert link.url.startswith(f"https://{ARTIFACTS}.s3.{REGION}.amazonaws.com/progress/")


def test_queued_job_starts_its_execution_once(s3, jobs, step_functions, state_machine):
    lines = "\n".join(map(catalog_line, make_pieces()))
    s3.put_object(Bucket=LIBRARY, Key="datasets/bach/catalog.jsonl", Body=lines.encode())
    jobs.add(make_job())
    event = load_event("stream_queued_job")

    answers = [start_training.handle(event, CONTEXT), start_training.handle(event, CONTEXT)]

    assert answers == [{"batchItemFailures": []}] * 2
    executions = step_functions.list_executions(stateMachineArn=state_machine)["executions"]
    assert [execution["name"] for execution in executions] == [JOB_ID]
    assert jobs.get(OWNER, JOB_ID).training_job_name == TRAINING_JOB_NAME


def test_execution_input_says_where_everything_lies(s3, jobs, step_functions, state_machine):
    lines = "\n".join(map(catalog_line, make_pieces()))
    s3.put_object(Bucket=LIBRARY, Key="datasets/bach/catalog.jsonl", Body=lines.encode())
    jobs.add(make_job())

    start_training.handle(load_event("stream_queued_job"), CONTEXT)

    arn = state_machine.replace(":stateMachine:", ":execution:") + f":{JOB_ID}"
    told = step_functions.describe_execution(executionArn=arn)["input"]
    execution = ExecutionInput.model_validate_json(told)
    assert execution.input_manifest_uri == f"s3://{ARTIFACTS}/manifests/{JOB_ID}.json"
    assert execution.output_uri == f"s3://{ARTIFACTS}/models/{JOB_ID}"
    assert execution.checkpoint_uri == f"s3://{ARTIFACTS}/progress/{JOB_ID}"
    assert execution.hyper_parameters["technique"] == "unet-gan"
    assert (execution.hyper_parameters["epochs"], execution.hyper_parameters["learningRate"]) == (
        "6",
        "0.0005",
    )
    assert (execution.instance_type, execution.max_runtime_seconds) == ("ml.m5.xlarge", 3600)


def test_lap_is_recorded(jobs):
    jobs.add(make_job(status=JobStatus.RUNNING, training_job_name=TRAINING_JOB_NAME))

    answer = record_progress.handle(load_event("record_progress_running"), CONTEXT)

    assert answer["verdict"] == "CONTINUE"
    assert jobs.get(OWNER, JOB_ID).secondary_status == "Training"


def test_finished_training_is_registered(s3, dynamodb, jobs):
    jobs.add(
        make_job(status=JobStatus.RUNNING, training_job_name=TRAINING_JOB_NAME, secondary_status="Completed")
    )
    s3.put_object(
        Bucket=ARTIFACTS,
        Key=f"models/{JOB_ID}/{TRAINING_JOB_NAME}/output/model.tar.gz",
        Body=make_archive(model__onnx=GRAPH, manifest__json=make_manifest()),
    )
    request = {"owner": OWNER, "jobId": JOB_ID, "trainingJobName": TRAINING_JOB_NAME}

    answer = register_model.handle(request, CONTEXT)

    assert answer == {"modelId": MODEL_ID}
    assert jobs.get(OWNER, JOB_ID).status is JobStatus.COMPLETED
    assert DynamoRows(lambda: dynamodb, TABLE, MODELS).get(OWNER, MODEL_ID).instruments == ("Alto", "Bass")


def test_record_of_a_removed_composition_is_done(aws):
    assert compose.handle(load_event("stream_queued_composition"), CONTEXT) == {"batchItemFailures": []}
