"""The state machine on moto, with SageMaker and the Lambdas scripted at the wire.

moto runs the definition (its own interpreter) and sends each task to `localhost:$MOTO_PORT`, as boto3 would
to AWS. One server stands there: it answers SageMaker's and Lambda's protocols from a script, and passes
everything else (Step Functions, for the hand-over) on to moto. moto's own SageMaker completes every job at
once and cannot stop one; its Lambdas need Docker.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import boto3
import pytest
import requests
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_aws_sdk,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_sfn import (
    StateTaskServiceSfn,
)
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from contract.execution import (
    ExecutionInput,
    RecordProgressAnswer,
    RecordProgressRequest,
    RegisterModelAnswer,
    RegisterModelRequest,
    Verdict,
)
from tests.execution_inputs import make_execution_input

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.client import SFNClient
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef, HistoryEventTypeDef

DEFINITION = Path(__file__).resolve().parents[3] / "stepfunctions" / "training.asl.json"
ROLE = "arn:aws:iam::123456789012:role/state-machine"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:"
TRAINING_JOB_ARN = "arn:aws:sagemaker:us-east-1:123456789012:training-job/continuo-local-job-1"
ENDED = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")


# An error that a call gets: AWS's code or the class name of a Lambda's exception, and a sentence.
Fault = tuple[str, str]


@dataclass
class Script:
    """What the outside answers. `faults` are used up first, in order, per operation."""

    statuses: list[str]
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    calls: list[tuple[str, dict]] = field(default_factory=list)
    recorded: list[RecordProgressRequest] = field(default_factory=list)
    registered: list[RegisterModelRequest] = field(default_factory=list)

    def names(self) -> list[str]:
        return [name for name, _ in self.calls]

    def fault_for(self, operation: str) -> Fault | None:
        waiting = self.faults.get(operation, [])
        return waiting.pop(0) if waiting else None

    def describe(self) -> dict[str, object]:
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return {
            "TrainingJobName": "continuo-local-job-1",
            "TrainingJobArn": TRAINING_JOB_ARN,
            "TrainingJobStatus": status,
            "SecondaryStatus": status,
            "CreationTime": 1767225600.0,
        }

    def record_progress(self, event: dict) -> RecordProgressAnswer:
        request = RecordProgressRequest.model_validate(event)
        self.recorded.append(request)
        status = (request.description or {}).get("TrainingJobStatus")
        verdicts = {"Completed": Verdict.REGISTER, "Stopped": Verdict.REGISTER, "Failed": Verdict.ENDED}
        ended = Verdict.ENDED if request.error else Verdict.CONTINUE
        return RecordProgressAnswer(verdict=verdicts.get(str(status), ended), wait_seconds=0)

    def register_model(self, event: dict) -> RegisterModelAnswer:
        self.registered.append(RegisterModelRequest.model_validate(event))
        return RegisterModelAnswer(model_id="model-1")


class ScriptedAws:
    """A WSGI application: SageMaker and Lambda by script, the rest by moto."""

    def __init__(self) -> None:
        self.script = Script(statuses=["Completed"])
        self._moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        request = Request(environ)
        target = request.headers.get("X-Amz-Target", "")
        if target.startswith("SageMaker."):
            return self._sagemaker(target.removeprefix("SageMaker."), request)(environ, start_response)
        if request.path.endswith("/invocations"):
            return self._lambda(request)(environ, start_response)
        return self._moto(environ, start_response)

    def _sagemaker(self, operation: str, request: Request) -> Response:
        self.script.calls.append((operation, json.loads(request.data)))
        fault = self.script.fault_for(operation)
        if fault is not None:
            return _json({"__type": fault[0], "message": fault[1]}, status=400)
        if operation == "DescribeTrainingJob":
            return _json(self.script.describe())
        return _json({"TrainingJobArn": TRAINING_JOB_ARN} if operation == "CreateTrainingJob" else {})

    def _lambda(self, request: Request) -> Response:
        name = request.path.split("/")[-2].rsplit("%3A")[-1].rsplit(":")[-1]
        event = json.loads(request.data)
        self.script.calls.append((name, event))
        fault = self.script.fault_for(name)
        if fault is not None:
            body = {"errorType": fault[0], "errorMessage": fault[1]}
            return _json(body, headers={"X-Amz-Function-Error": "Unhandled"})
        answer = getattr(self.script, name)(event)
        return _json(answer.to_wire())


def _json(body: dict, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    given = {"x-amzn-RequestId": "request-1", **(headers or {})}
    return Response(json.dumps(body), status=status, headers=given, content_type="application/x-amz-json-1.1")


def _complete_moto(environment: pytest.MonkeyPatch) -> None:
    """Two gaps of moto's interpreter, closed so that the definition runs as it is deployed."""
    # It does not know how Step Functions spells SageMaker in error names.
    environment.setitem(state_task_service_aws_sdk._SERVICE_ERROR_NAMES, "sagemaker", "SageMaker")
    # It hands `states:startExecution` its parameters in the definition's spelling, boto3 knows its own.
    finish = StateTaskServiceSfn._normalise_parameters

    def normalise(self: StateTaskServiceSfn, parameters: dict, *names: str | None, **named: str) -> None:
        finish(self, parameters, *names, **named)
        for name in list(parameters):
            parameters[name[0].lower() + name[1:]] = parameters.pop(name)

    environment.setattr(StateTaskServiceSfn, "_normalise_parameters", normalise)


@pytest.fixture(scope="session")
def aws() -> Iterator[tuple[ScriptedAws, str]]:
    """The server and its URL."""
    application = ScriptedAws()
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=MotoRequestHandler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    port = server.server_address[1]
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MOTO_PORT", str(port))  # where moto's tasks call
        _complete_moto(environment)
        url = f"http://localhost:{port}"
        requests.post(f"{url}/moto-api/config", json={"stepfunctions": {"execute_state_machine": True}})
        yield application, url
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class Run:
    """A state machine with what the outside did to it."""

    client: SFNClient
    machine_arn: str
    script: Script

    def start(self, execution_input: ExecutionInput) -> DescribeExecutionOutputTypeDef:
        """Runs an execution to its end."""
        suffix = f"-{execution_input.handover}" if execution_input.handover else ""
        started = self.client.start_execution(
            stateMachineArn=self.machine_arn,
            name=f"{execution_input.job_id}{suffix}",
            input=execution_input.to_json(),
        )
        return self.wait(started["executionArn"])

    def wait(self, execution_arn: str) -> DescribeExecutionOutputTypeDef:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            execution = self.client.describe_execution(executionArn=execution_arn)
            if execution["status"] in ENDED:
                return execution
            time.sleep(0.05)
        raise TimeoutError(f"{execution_arn} did not end")

    def wait_for_all(self) -> dict[str, str]:
        """Every execution of the machine with its status, once none runs any more and none can follow."""
        found = self.executions()
        while "RUNNING" in found.values():
            time.sleep(0.05)
            found = self.executions()
        return found

    def executions(self) -> dict[str, str]:
        listed = self.client.list_executions(stateMachineArn=self.machine_arn)["executions"]
        return {execution["name"]: execution["status"] for execution in listed}

    def states(self, execution_arn: str) -> list[str]:
        """The states that the execution entered, in order."""
        return [
            event["stateEnteredEventDetails"]["name"]
            for event in self.events(execution_arn)
            if "stateEnteredEventDetails" in event
        ]

    def events(self, execution_arn: str) -> list[HistoryEventTypeDef]:
        pages = self.client.get_paginator("get_execution_history").paginate(executionArn=execution_arn)
        return [event for page in pages for event in page["events"]]


@pytest.fixture
def make_run(aws) -> Iterator[Callable[..., Run]]:
    """Deploys the definition with its gaps filled, as CloudFormation would."""
    application, url = aws
    client = boto3.client(
        "stepfunctions",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )

    def make(*statuses: str, faults: dict[str, list[Fault]] | None = None, lap_limit: int = 1000) -> Run:
        text = DEFINITION.read_text()
        for name, value in {
            "TrainingImage": "continuo-training:local",
            "TrainingRoleArn": "arn:aws:iam::123456789012:role/training",
            "RecordProgressFunctionArn": f"{FUNCTION}record_progress",
            "RegisterModelFunctionArn": f"{FUNCTION}register_model",
            "LapLimit": str(lap_limit),
        }.items():
            text = text.replace(f"${{{name}}}", value)
        application.script = Script(statuses=list(statuses), faults=faults or {})
        machine = client.create_state_machine(name="training", definition=text, roleArn=ROLE)
        return Run(client, machine["stateMachineArn"], application.script)

    yield make
    requests.post(f"{url}/moto-api/reset")
    client.close()


@pytest.fixture
def execution_input() -> ExecutionInput:
    return make_execution_input(wait_seconds=0)
