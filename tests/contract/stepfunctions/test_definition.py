"""The state machine's file, against what the rest of the code declares. Nothing runs here."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator

import botocore.session
import cfnlint.api
import pytest
from botocore.validate import ParamValidator
from cfnlint.config import ManualArgs

from contract import metrics
from contract.execution import (
    ExecutionInput,
    RecordProgressAnswer,
    RecordProgressRequest,
    RegisterModelRequest,
    Verdict,
)
from contract.object_keys import TRAINING_CHANNEL
from lambdas.domain import errors

# Names that AWS itself gives. An error that a service's model does not declare arrives under the service's
# own name: SageMaker's throttling as `SageMaker.SageMakerException`.
AWS_ERRORS = {
    "States.ALL",
    "Lambda.AWSLambdaException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "SageMaker.ResourceInUseException",
    "SageMaker.ResourceLimitExceededException",
    "SageMaker.ResourceNotFoundException",
    "SageMaker.SageMakerException",
    "SageMaker.SdkClientException",
    "SageMaker.ThrottlingException",
    "Sandbox.Timedout",
    "StepFunctions.AWSStepFunctionsException",
    "StepFunctions.ExecutionAlreadyExistsException",
    "StepFunctions.ExecutionLimitExceededException",
    "StepFunctions.SdkClientException",
    "StepFunctions.ThrottlingException",
}
OUR_ERRORS = {
    name
    for name, value in inspect.getmembers(errors, inspect.isclass)
    if issubclass(value, errors.ContinuoError)
}
LAMBDA_REQUESTS: dict[str, type[RecordProgressRequest | RegisterModelRequest]] = {
    "RecordProgress": RecordProgressRequest,
    "RecordFailure": RecordProgressRequest,
    "RegisterModel": RegisterModelRequest,
}


def next_states(state: dict) -> Iterator[str]:
    if "Next" in state:
        yield state["Next"]
    if "Default" in state:
        yield state["Default"]
    for branch in state.get("Choices", []) + state.get("Catch", []):
        yield branch["Next"]


def rules(states: dict[str, dict]) -> Iterator[tuple[str, dict]]:
    for name, state in states.items():
        for rule in state.get("Retry", []) + state.get("Catch", []):
            yield name, rule


def test_every_state_can_be_reached_and_every_way_leads_to_a_state(states, text):
    reached: set[str] = set()
    waiting = [json.loads(text)["StartAt"]]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(next_states(states[name]))

    assert reached == set(states)


def test_error_names_are_our_classes_or_known_to_aws(states):
    named = {error for _, rule in rules(states) for error in rule["ErrorEquals"]}

    assert named <= OUR_ERRORS | AWS_ERRORS
    assert "Unavailable" in named & OUR_ERRORS


def test_every_task_catches_whatever_is_left(tasks):
    for task in tasks.values():
        assert task["Catch"][-1]["ErrorEquals"] == ["States.ALL"]


def test_every_failure_of_the_watch_is_recorded(tasks):
    leads_to = {name: task["Catch"][-1]["Next"] for name, task in tasks.items()}

    assert leads_to == {
        "CreateTrainingJob": "RecordFailure",
        "DescribeTrainingJob": "StopUnwatchedJob",
        "RecordProgress": "StopUnwatchedJob",
        "HandOver": "StopUnwatchedJob",
        "RegisterModel": "RecordFailure",
        "StopUnwatchedJob": "RecordFailure",
        "RecordFailure": "FailureNotRecorded",
    }


@pytest.mark.parametrize("name", sorted(LAMBDA_REQUESTS))
def test_lambda_payload_is_what_the_contract_takes(tasks, resolve, name):
    payload = resolve(tasks[name]["Parameters"]["Payload"])

    request = LAMBDA_REQUESTS[name].model_validate(payload)

    assert (request.owner, request.job_id) == ("owner-1", "job-1")


def test_a_failure_is_recorded_without_the_description_that_may_have_caused_it(tasks, resolve):
    payload = resolve(tasks["RecordFailure"]["Parameters"]["Payload"])

    request = RecordProgressRequest.model_validate(payload)

    assert (request.error, request.cause) == ("SageMaker.SageMakerException", "a sentence")
    assert request.description is None


def test_the_answer_is_taken_whole(tasks, resolve):
    answer = RecordProgressAnswer.model_validate(resolve(tasks["RecordProgress"]["ResultSelector"]))

    assert answer.verdict is Verdict.CONTINUE


def test_verdicts_are_those_of_the_contract(states):
    decided = {
        choice["StringEquals"]: choice["Next"]
        for choice in states["DecideNext"]["Choices"]
        if "StringEquals" in choice
    }

    assert decided == {Verdict.REGISTER: "RegisterModel", Verdict.ENDED: "Ended"}
    assert states["DecideNext"]["Default"] == "WaitForNextLap"
    assert set(Verdict) - set(decided) == {Verdict.CONTINUE}


@pytest.mark.parametrize("name", ["CreateTrainingJob", "DescribeTrainingJob", "StopUnwatchedJob"])
def test_sagemaker_accepts_the_parameters(tasks, resolve, name):
    action = tasks[name]["Resource"].rsplit(":", 1)[1]
    model = botocore.session.get_session().get_service_model("sagemaker")
    shape = model.operation_model(action[0].upper() + action[1:]).input_shape
    assert shape is not None

    report = ParamValidator().validate(resolve(tasks[name]["Parameters"]), shape)

    assert report.generate_report() == ""


def test_create_training_job_waits_where_the_quota_is_used_up(tasks):
    quota, throttling = tasks["CreateTrainingJob"]["Retry"]

    assert quota["ErrorEquals"] == ["SageMaker.ResourceLimitExceededException"]
    assert quota["IntervalSeconds"] > throttling["IntervalSeconds"]
    assert {quota["JitterStrategy"], throttling["JitterStrategy"]} == {"FULL"}


def test_training_job_gets_the_channel_and_the_metrics_that_the_container_knows(tasks):
    parameters = tasks["CreateTrainingJob"]["Parameters"]
    (channel,) = parameters["InputDataConfig"]
    line = "epoch=3 generator_loss=0.12 critic_loss=-4e-05 semitone_clash=0.08 scale_consistency=0.9"

    read = {
        definition["Name"]: float(found[1])
        for definition in parameters["AlgorithmSpecification"]["MetricDefinitions"]
        if (found := re.search(definition["Regex"], line))
    }

    assert channel["ChannelName"] == TRAINING_CHANNEL
    assert read == {
        metrics.GENERATOR_LOSS: 0.12,
        metrics.CRITIC_LOSS: -4e-05,
        metrics.SEMITONE_CLASH: 0.08,
        metrics.SCALE_CONSISTENCY: 0.9,
    }


def test_hand_over_changes_only_the_counters_of_the_input(states, resolve, execution_input):
    changed = {name.removesuffix(".$") for name in states["PrepareHandover"]["Parameters"]}

    handed_over = execution_input.to_wire() | resolve({"next.$": "$.next"})["next"]

    assert changed == {"lap", "waitSeconds", "handover"}
    assert ExecutionInput.model_validate(handed_over).handover == execution_input.handover + 1


def test_definition_passes_the_schema_of_cfn_lint(text):
    definition = json.loads(text.replace("${LapLimit}", "1000"))
    role = "arn:aws:iam::111122223333:role/states"
    template = {
        "Resources": {
            "Machine": {
                "Type": "AWS::StepFunctions::StateMachine",
                "Properties": {
                    "RoleArn": role,
                    "Definition": definition,
                    "DefinitionSubstitutions": dict.fromkeys(re.findall(r"\$\{(\w+)}", text), "x"),
                },
            }
        }
    }

    findings = cfnlint.api.lint(json.dumps(template), config=ManualArgs(regions=["us-east-1"]))

    assert [str(finding) for finding in findings] == []
