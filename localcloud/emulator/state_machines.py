"""Step Functions as AWS has it: tasks run under the machine's role, errors carry AWS's names, and
starting an execution again with the same name and input answers with the running one.

Invariant: while an execution runs, `_task_key` holds an access key of its machine's role, in that
execution's thread and in every thread that it starts.
"""

from __future__ import annotations

import contextvars
import re
import threading
import uuid
from collections.abc import Callable

import botocore.session
from ministack import app
from ministack.core import iam_actions, iam_evaluator, responses
from ministack.services import stepfunctions

from localcloud.emulator.permissions import RoleNotAssumableError, assume_as_service, find_denial

STATES_PRINCIPAL = "states.amazonaws.com"
_NESTED_START = "arn:aws:states:::states:startExecution"

_task_key: contextvars.ContextVar[str] = contextvars.ContextVar("continuo_task_key", default="")
_credential_scope = re.compile(r"Credential=[^/]+/\d+/[^/]*/([^/]+)/")
_starting = threading.Lock()

# Step Functions names an SDK error after its class in the Java SDK. Services whose errors are mapped so,
# by the name that the integration's ARN uses.
_MODELLED = {"sagemaker": "sagemaker", "sfn": "stepfunctions", "dynamodb": "dynamodb"}
_JAVA_PREFIX = {"sagemaker": "SageMaker", "sfn": "Sfn", "dynamodb": "DynamoDb"}


def install() -> None:
    """Puts the roles, the error names and the repeatable start into the emulator."""
    stepfunctions._AWS_SDK_SERVICE_MAP["sagemaker"] = {"target_prefix": "SageMaker", "protocol": "json"}
    stepfunctions._AWS_SDK_ERROR_PREFIX["sagemaker"] = _JAVA_PREFIX["sagemaker"]
    stepfunctions._prefix_sdk_error = naming_errors_as_java(stepfunctions._prefix_sdk_error)
    stepfunctions._start_execution = _repeatable(stepfunctions._start_execution)
    stepfunctions._run_execution = _under_its_role(stepfunctions._run_execution)
    stepfunctions._invoke_resource = _checked(stepfunctions._invoke_resource)
    stepfunctions._invoke_with_callback = _checked(stepfunctions._invoke_with_callback)
    app.call_service_handler_sync = _as_task_role(app.call_service_handler_sync)


def _under_its_role(run: Callable[[str], None]) -> Callable[[str], None]:
    def run_execution(execution_arn: str) -> None:
        execution = stepfunctions._executions.get(execution_arn) or {}
        machine = stepfunctions._state_machines.get(execution.get("stateMachineArn")) or {}
        role_arn = machine.get("roleArn", "")
        try:
            credentials = assume_as_service(role_arn, STATES_PRINCIPAL, execution.get("name", "")[:64])
        except RoleNotAssumableError:
            cause = f"'{STATES_PRINCIPAL}' is not authorized to assume the provided role {role_arn}."
            stepfunctions._fail_execution(execution, "States.Runtime", cause)
            return
        own = _task_key.set(credentials["AWS_ACCESS_KEY_ID"])
        try:
            run(execution_arn)
        finally:
            _task_key.reset(own)  # a nested one runs in the thread of the execution that awaits it

    return run_execution


def _checked(invoke: Callable[..., object]) -> Callable[..., object]:
    """Refuses an optimized integration that the role does not allow; SDK ones are checked when sent."""

    def invoke_checked(resource: str, input_data: object, *rest: object) -> object:
        needed = _needed_permission(resource, input_data if isinstance(input_data, dict) else {})
        if needed is not None:
            error, action, resource_arn = needed
            denial = find_denial(_task_key.get(), action, resource_arn)
            if denial:
                raise stepfunctions._ExecutionError(error, denial)
        try:
            return invoke(resource, input_data, *rest)
        except stepfunctions._ExecutionError as failed:
            if not resource.startswith(_NESTED_START) or "." in failed.error:
                raise
            raise stepfunctions._ExecutionError(_name_nested_error(failed.error), failed.cause) from failed

    return invoke_checked


def _name_nested_error(code: str) -> str:
    """`ExecutionAlreadyExists` is `StepFunctions.ExecutionAlreadyExistsException` where a task starts one."""
    return f"StepFunctions.{code.removesuffix('Exception')}Exception"


def _needed_permission(resource: str, parameters: dict[str, object]) -> tuple[str, str, str] | None:
    """The error of a refusal, the IAM action and the resource of an optimized integration."""
    prefix, scope = f"arn:aws:%s:{responses.get_region()}:{responses.get_account_id()}", "arn:aws:states:::"
    if resource.startswith("arn:aws:lambda:"):
        return "Lambda.AWSLambdaException", "lambda:InvokeFunction", resource
    if not resource.startswith(scope) or resource.startswith(f"{scope}aws-sdk:"):
        return None
    service, _, operation = resource.removeprefix(scope).split(".")[0].partition(":")
    match service:
        case "lambda":
            name = str(parameters.get("FunctionName", ""))
            arn = name if name.startswith("arn:") else f"{prefix % 'lambda'}:function:{name}"
            return "Lambda.AWSLambdaException", "lambda:InvokeFunction", arn
        case "states":
            arn = str(parameters.get("StateMachineArn", ""))
            return "StepFunctions.AWSStepFunctionsException", "states:StartExecution", arn
        case "dynamodb":
            arn = f"{prefix % 'dynamodb'}:table/{parameters.get('TableName', '')}"
        case "sqs":
            arn = f"{prefix % 'sqs'}:{str(parameters.get('QueueUrl', '')).rsplit('/', 1)[-1]}"
        case "sns":
            arn = str(parameters.get("TopicArn", ""))
        case _:
            arn = "*"
    return f"{service.upper()}.AccessDeniedException", f"{service}:{_capitalized(operation)}", arn


def _as_task_role(call: Callable[..., object]) -> Callable[..., object]:
    """An SDK integration's request goes out with the role's key instead of root's, and is judged by it."""

    def call_as_role(
        handler: object,
        method: str,
        path: str,
        headers: dict[str, str],
        body: object,
        query: dict[str, object],
        timeout: float | None = None,
    ) -> object:
        key = _task_key.get()
        if not key:
            return call(handler, method, path, headers, body, query, timeout)
        scope = _credential_scope.search(headers.get("authorization", ""))
        service = scope.group(1) if scope else ""
        headers = {**headers, "authorization": _with_key(headers.get("authorization", ""), key)}
        refusal = _refusal(key, service, method, path, headers, body, query)
        return refusal or call(handler, method, path, headers, body, query, timeout)

    return call_as_role


def _refusal(
    key: str,
    service: str,
    method: str,
    path: str,
    headers: dict[str, str],
    body: object,
    query: dict[str, object],
) -> object | None:
    """The service's own access-denied answer; None when allowed, or when the service judges by itself."""
    payload = body.encode() if isinstance(body, str) else body
    action = iam_actions.extract_iam_action(service, method, path, headers, payload, query)
    if action is None:
        return None
    region, account = responses.get_region(), responses.get_account_id()
    arn = iam_actions.extract_resource_arn(service, method, path, headers, payload, query, region, account)
    denied = iam_evaluator.enforce(key, action, service, region, arn)
    if denied is None:
        return None
    if isinstance(denied, iam_evaluator.AuthError):
        raise stepfunctions._ExecutionError("States.Runtime", denied.message)
    answer: object = iam_actions.access_denied_response(
        service,
        action,
        denied.principal_arn,
        str(uuid.uuid4()),
        headers=headers,
        resource_arn=arn,
        explicit_deny=denied.decision == "Deny",
    )
    return answer


def _with_key(authorization: str, key: str) -> str:
    return re.sub(r"Credential=[^/]+/", f"Credential={key}/", authorization)


def naming_errors_as_java(prefixed: Callable[[str, str], str]) -> Callable[[str, str], str]:
    """A modelled error becomes its Java class, any other the service's own exception.

    `ResourceInUse` of SageMaker is `SageMaker.ResourceInUseException`; throttling and missing permissions,
    which the model does not name, are `SageMaker.SageMakerException`.
    """
    names = {service: _error_names(model) for service, model in _MODELLED.items()}

    def prefix_sdk_error(service: str, code: str) -> str:
        if service not in names or code.startswith("States."):
            return prefixed(service, code)
        prefix = _JAVA_PREFIX[service]
        bare = code.rsplit("#", 1)[-1]
        return f"{prefix}.{names[service].get(bare, f'{prefix}Exception')}"

    return prefix_sdk_error


def _error_names(service: str) -> dict[str, str]:
    model = botocore.session.get_session().get_service_model(service)
    codes = {
        shape.name: shape.metadata.get("error", {}).get("code", shape.name) for shape in model.error_shapes
    }
    java = {name: name if name.endswith("Exception") else f"{name}Exception" for name in codes}
    return {code: java[name] for name, code in codes.items()} | java


def _repeatable(start: Callable[[dict[str, str]], object]) -> Callable[[dict[str, str]], object]:
    """The running execution is the answer when name and input are the same."""

    def start_execution(request: dict[str, str]) -> object:
        with _starting:
            return _running_answer(request) or start(request)

    return start_execution


def _running_answer(request: dict[str, str]) -> object | None:
    machine_arn = stepfunctions._resolve_state_machine_arn(request.get("stateMachineArn", ""))
    machine = stepfunctions._state_machines.get(machine_arn) if machine_arn else None
    if machine is None or not request.get("name"):
        return None
    arn = f"{machine_arn.replace(':stateMachine:', ':execution:')}:{request['name']}"
    execution = stepfunctions._executions.get(arn)
    if (
        execution is None
        or execution["status"] != "RUNNING"
        or execution["input"] != request.get("input", "{}")
    ):
        return None
    answer: object = responses.json_response({"executionArn": arn, "startDate": execution["startDate"]})
    return answer


def _capitalized(operation: str) -> str:
    return operation[:1].upper() + operation[1:]
