"""AWS's errors as they come over the wire, told apart by who must act.

A small HTTP server answers what AWS would; boto3 reads it as it reads AWS.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from contract.inference import InferenceRequest
from lambdas.adapters.composing_endpoint import ComposingEndpoint
from lambdas.adapters.dynamo_rows import DynamoRegistry, DynamoRows
from lambdas.adapters.s3_files import Bucket
from lambdas.adapters.sagemaker_trainings import SageMakerTrainings
from lambdas.adapters.state_machine import StateMachineExecutions, TrainingMachine
from lambdas.adapters.training_job_rows import TRAINING_JOBS
from lambdas.domain.compositions import TrackSummary
from lambdas.domain.errors import (
    AccessDenied,
    Conflict,
    CorruptArtifact,
    InvalidRequest,
    NotFound,
    Unavailable,
)
from lambdas.domain.rows import PageRequest
from tests.unit.lambdas.builders import (
    JOB_ID,
    MODEL_URI,
    OWNER,
    TRAINING_JOB_NAME,
    make_composition,
    make_job,
    make_model,
)

ANSWER = {
    "seed": 7,
    "steps": 12,
    "tempoBpm": 96,
    "tracks": [
        {
            "name": "Soprano",
            "program": 52,
            "isMelody": True,
            "notes": [{"pitch": 60, "onsetSteps": 0, "durationSteps": 4}],
        }
    ],
    "midi": "TVRoZAD/",
}


class FakeAws:
    """Answers every request alike, and keeps what it was asked."""

    def __init__(self):
        self.status, self.body = 200, b""
        self.headers: dict[str, str] = {}
        self.silent = threading.Event()  # set: requests are read, and get no answer until it is cleared
        self.asked: list[tuple[str, bytes]] = []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers.get("Content-Length") or 0)
                fake.asked.append((self.path, self.rfile.read(length)))
                if fake.silent.is_set():
                    fake.released.wait(timeout=10)
                    return
                self.send_response(fake.status)
                for name, value in fake.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(fake.body)))
                self.end_headers()
                self.wfile.write(fake.body)

            do_GET = do_PUT = do_POST  # noqa: N815 -- the base class names them

            def log_message(self, *_):
                pass

        self.released = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def answer(self, status, body, **headers):
        self.status, self.headers = status, headers
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()

    def fail(self, status, code, **fields):
        """An error as the JSON protocols spell it."""
        self.answer(status, {"__type": code, **fields}, **{"x-amzn-ErrorType": code})

    def client(self, service):
        config = Config(
            connect_timeout=1,
            read_timeout=0.3,
            retries={"total_max_attempts": 1},
            s3={"addressing_style": "path"},
        )
        return boto3.client(
            service,
            endpoint_url=f"http://127.0.0.1:{self.server.server_port}",
            region_name="eu-central-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            config=config,
        )

    def close(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def fake_aws():
    fake = FakeAws()
    yield fake
    fake.close()


@pytest.fixture
def endpoint(fake_aws):
    client = fake_aws.client("sagemaker-runtime")
    return ComposingEndpoint(lambda: client, "continuo-test")


def test_endpoint_is_asked_for_the_model_and_the_melody(fake_aws, endpoint):
    fake_aws.answer(200, ANSWER)

    answer = endpoint.compose(make_composition())

    path, body = fake_aws.asked[0]
    request = InferenceRequest.model_validate_json(body)
    assert path == "/endpoints/continuo-test/invocations"
    assert (request.model, request.seed, request.creativity) == (MODEL_URI, 7, 0.5)
    assert request.melody is not None
    assert request.melody.notes[1].pitch == 67
    assert (answer.midi, answer.steps) == (b"MThd\x00\xff", 12)
    assert answer.tracks == (TrackSummary("Soprano", 52, 1, is_melody=True),)


def test_midi_goes_to_the_endpoint_as_it_was_sent(fake_aws, endpoint):
    fake_aws.answer(200, ANSWER)

    endpoint.compose(make_composition(melody=None, midi=b"MThd\x00\xff"))

    assert InferenceRequest.model_validate_json(fake_aws.asked[0][1]).midi == b"MThd\x00\xff"


def fail_in_container(fake_aws, status, body):
    message = body if isinstance(body, str) else json.dumps(body)
    fake_aws.fail(
        424,
        "ModelError",
        Message=f"Received client error ({status}) from primary",
        OriginalStatusCode=status,
        OriginalMessage=message,
    )


@pytest.mark.parametrize("code", ["invalid-request", "too-large", "unsupported-media-type"])
@pytest.mark.parametrize(
    ("melody", "pointer"), [({}, "/melody"), ({"melody": None, "midi": b"MThd"}, "/midi")]
)
def test_container_that_refuses_the_melody_blames_the_request(fake_aws, endpoint, code, melody, pointer):
    fail_in_container(fake_aws, 400, {"code": code, "message": "longer than 64 bars"})

    with pytest.raises(InvalidRequest) as caught:
        endpoint.compose(make_composition(**melody))

    assert [(fault.pointer, fault.detail) for fault in caught.value.faults] == [
        (pointer, "longer than 64 bars")
    ]


@pytest.mark.parametrize(("status", "code"), [(404, "model-not-found"), (422, "corrupt-model")])
def test_container_that_cannot_use_the_model_blames_the_model(fake_aws, endpoint, status, code):
    fail_in_container(fake_aws, status, {"code": code, "message": "no manifest"})

    with pytest.raises(CorruptArtifact, match="no manifest") as caught:
        endpoint.compose(make_composition())

    assert caught.value.code == code


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, {"code": "internal", "message": "out of memory"}),
        (502, "<html>"),
        (429, {"code": "invalid-request", "message": "busy"}),
        (400, "not our words"),
    ],
)
def test_container_that_fails_is_unavailable(fake_aws, endpoint, status, body):
    fail_in_container(fake_aws, status, body)

    with pytest.raises(Unavailable):
        endpoint.compose(make_composition())


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "ThrottlingException"),
        (400, "ValidationError"),
        (429, "ModelNotReadyException"),
        (503, "ServiceUnavailable"),
        (500, "InternalFailure"),
        (530, "InternalDependencyException"),
    ],
)
def test_endpoint_that_is_absent_busy_or_failing_is_unavailable(fake_aws, endpoint, status, code):
    fake_aws.fail(status, code, message="Endpoint continuo-test of account 1 not found.")

    with pytest.raises(Unavailable):
        endpoint.compose(make_composition())


def test_endpoint_that_does_not_answer_in_time_is_unavailable(fake_aws, endpoint):
    fake_aws.silent.set()

    with pytest.raises(Unavailable, match="sagemaker:InvokeEndpoint got no answer"):
        endpoint.compose(make_composition())

    assert len(fake_aws.asked) == 1


def test_endpoint_that_nobody_serves_is_unavailable(fake_aws, endpoint):
    fake_aws.server.server_close()

    with pytest.raises(Unavailable, match="no answer"):
        endpoint.compose(make_composition())


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"seed": 1}'])
def test_answer_that_is_no_composition_is_unavailable(fake_aws, endpoint, body):
    fake_aws.answer(200, body)

    with pytest.raises(Unavailable, match="not a composition"):
        endpoint.compose(make_composition())


def test_endpoint_that_we_may_not_ask_names_the_action(fake_aws, endpoint):
    message = "User: x is not authorized to perform: sagemaker:InvokeEndpoint on resource: y"
    fake_aws.fail(403, "AccessDeniedException", Message=message)

    with pytest.raises(AccessDenied) as caught:
        endpoint.compose(make_composition())

    assert caught.value.message == message


@pytest.fixture
def jobs(fake_aws):
    client = fake_aws.client("dynamodb")
    return DynamoRows(lambda: client, "t", TRAINING_JOBS)


@pytest.mark.parametrize(
    ("call", "action"),
    [
        (lambda jobs: jobs.get(OWNER, JOB_ID), "dynamodb:GetItem"),
        (lambda jobs: jobs.add(make_job()), "dynamodb:PutItem"),
        (lambda jobs: jobs.save(make_job()), "dynamodb:PutItem"),
        (lambda jobs: jobs.remove(make_job()), "dynamodb:DeleteItem"),
        (lambda jobs: jobs.list(OWNER, PageRequest(5)), "dynamodb:Query"),
    ],
)
def test_table_that_fails_is_told_with_its_action(fake_aws, jobs, call, action):
    fake_aws.fail(400, "ProvisionedThroughputExceededException", message="slow down")
    with pytest.raises(Unavailable, match=action):
        call(jobs)

    fake_aws.fail(400, "AccessDeniedException", Message="Access Denied")
    with pytest.raises(AccessDenied, match=f"not authorized to perform {action}: Access Denied"):
        call(jobs)


def test_error_that_nobody_understands_stays_as_it_is(fake_aws, jobs):
    fake_aws.fail(400, "ValidationException", message="The provided key element does not match the schema")

    with pytest.raises(ClientError, match="does not match the schema"):
        jobs.save(make_job())


@pytest.mark.parametrize(
    ("reason", "family"), [("ConditionalCheckFailed", Conflict), ("TransactionConflict", Unavailable)]
)
def test_canceled_transaction_is_told_apart_by_its_reasons(fake_aws, reason, family):
    client = fake_aws.client("dynamodb")
    fake_aws.fail(
        400,
        "TransactionCanceledException",
        Message="Transaction cancelled",
        CancellationReasons=[{"Code": "None"}, {"Code": reason}],
    )

    with pytest.raises(family):
        DynamoRegistry(lambda: client, "t").register(make_model(), make_job())


def s3_error(code):
    return f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()


@pytest.mark.parametrize(
    ("call", "action"),
    [
        (lambda bucket: bucket.read("k"), "s3:GetObject"),
        (lambda bucket: bucket.keys("k"), "s3:ListBucket"),
        (lambda bucket: bucket.write("k", b"", "text/plain"), "s3:PutObject"),
    ],
)
def test_bucket_that_fails_is_told_with_its_action(fake_aws, call, action):
    client = fake_aws.client("s3")
    bucket = Bucket(lambda: client, "b")
    fake_aws.answer(503, s3_error("SlowDown"))
    with pytest.raises(Unavailable, match=action):
        call(bucket)

    fake_aws.answer(403, s3_error("AccessDenied"))
    with pytest.raises(AccessDenied, match=f"not authorized to perform {action}: AccessDenied"):
        call(bucket)


@pytest.mark.parametrize("code", ["ResourceNotFound", "ValidationException"])
def test_training_that_cannot_be_stopped_is_not_found(fake_aws, code):
    client = fake_aws.client("sagemaker")
    fake_aws.fail(400, code, message="Requested resource not found.")

    with pytest.raises(NotFound) as caught:
        SageMakerTrainings(lambda: client).stop(TRAINING_JOB_NAME)

    assert caught.value.code == "nothing-to-stop"


def test_training_is_stopped_by_name(fake_aws):
    client = fake_aws.client("sagemaker")
    fake_aws.answer(200, {})

    SageMakerTrainings(lambda: client).stop(TRAINING_JOB_NAME)

    assert json.loads(fake_aws.asked[0][1]) == {"TrainingJobName": TRAINING_JOB_NAME}


@pytest.fixture
def executions(fake_aws):
    client = fake_aws.client("stepfunctions")
    machine = TrainingMachine("continuo-test", "ml.m5.xlarge", 1, 10, 3600)
    arn = "arn:aws:states:eu-central-1:123456789012:stateMachine:continuo-test"
    return StateMachineExecutions(lambda: client, arn, "artifacts", machine)


def test_execution_that_exists_is_success(fake_aws, executions):
    fake_aws.fail(400, "ExecutionAlreadyExists", message="Execution Already Exists")

    executions.start(make_job())

    assert len(fake_aws.asked) == 1


def test_machine_that_is_missing_is_our_bug(fake_aws, executions):
    fake_aws.fail(400, "StateMachineDoesNotExist", message="State Machine Does Not Exist")

    with pytest.raises(ClientError, match="StateMachineDoesNotExist"):
        executions.start(make_job())
