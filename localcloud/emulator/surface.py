"""The internals of MiniStack that this package leans on: names, and the arguments they take.

Owns the pinned version. `find_moved` is asked by the engine before it serves, and by a test.
"""

from __future__ import annotations

import importlib
import inspect
from importlib.metadata import version

PINNED_VERSION = "1.5.33"

# module → attribute → the names of its leading arguments; None where it is no function.
SURFACE: dict[str, dict[str, tuple[str, ...] | None]] = {
    "ministack.app": {
        "app": ("scope", "receive", "send"),
        "AUTH": None,
        "SERVICE_HANDLERS": None,
        "call_service_handler_sync": ("handler", "method", "path", "headers", "body", "query_params"),
    },
    "ministack.core.iam_actions": {
        "access_denied_response": ("service", "action", "principal_arn", "request_id"),
        "extract_iam_action": ("service", "method", "path", "headers", "body", "query_params"),
        "extract_resource_arn": (
            "service",
            "method",
            "path",
            "headers",
            "body",
            "query_params",
            "region",
            "account_id",
        ),
        "identity_denial_message": ("action", "principal_arn", "resource", "explicit_deny"),
    },
    "ministack.core.iam_evaluator": {
        "AuthError": None,
        "EvalContext": None,
        "_service_principal_matches": ("principal", "service"),
        "enforce": ("access_key_id", "iam_action", "service", "region", "resource_arn", "service_context"),
        "evaluate_trust_policy": ("trust_doc", "caller_arn", "ctx"),
        "is_root_access_key": ("access_key_id",),
    },
    "ministack.core.lambda_runtime": {
        "_PYTHON_WORKER_SCRIPT": None,
        "execution_credentials": ("config",),
        "reset": (),
    },
    "ministack.core.responses": {
        "get_account_id": (),
        "get_region": (),
        "json_response": ("data",),
        "set_request_account_id": ("access_key_id",),
        "set_request_region": ("region",),
    },
    "ministack.core.router": {
        "SERVICE_PATTERNS": None,
        "extract_access_key_id": ("headers", "query_params"),
    },
    "ministack.services.cloudformation.provisioners": {"_RESOURCE_HANDLERS": None},
    "ministack.services.cloudformation.stacks": {"_runs_on_worker_thread": ("resource_type",)},
    "ministack.services.dynamodb": {
        "_tables": None,
        "stream_end_position": ("table_name",),
        "stream_records_since": ("table_name",),
        "stream_start_position": ("table_name",),
    },
    "ministack.services.eventbridge": {"_put_events": ("data", "allow_aws_source")},
    "ministack.services.iam": {"_roles": None},
    "ministack.services.lambda_svc": {
        "_apply_filter_criteria": ("records", "esm"),
        "_dispatch_esm_batch": ("esm_id", "fn"),
        "_dynamodb_stream_positions": None,
        "_dynamodb_stream_positions_lock": None,
        "_dynamodb_stream_table_from_arn_spec": ("spec",),
        "_execute_function": ("func", "event"),
        "_execute_function_warm": ("func", "event", "request_id"),
        "_get_func_record_for_qualifier": ("name", "qualifier"),
        "_iter_all_esms": (),
        "_poll_dynamodb_streams": (),
        "_send_ddb_stream_failure_record": (
            "esm",
            "func_rec",
            "batch",
            "stream_arn",
            "result",
            "condition",
        ),
    },
    "ministack.services.stepfunctions": {
        "_AWS_SDK_ERROR_PREFIX": None,
        "_AWS_SDK_SERVICE_MAP": None,
        "_ExecutionError": ("error", "cause"),
        "_executions": None,
        "_fail_execution": ("execution", "error", "cause"),
        "_invoke_resource": ("resource", "input_data"),
        "_invoke_with_callback": ("resource", "input_data", "token", "state_def"),
        "_prefix_sdk_error": ("service_name", "error_code"),
        "_resolve_state_machine_arn": ("arn",),
        "_run_execution": ("exec_arn",),
        "_start_execution": ("data",),
        "_state_machines": None,
    },
    "ministack.services.sts": {"register_session": ("access_key", "session")},
}


class EmulatorMovedError(Exception):
    """The installed MiniStack is not the one that this package was written for."""


def find_moved() -> list[str]:
    """What differs from the pinned surface, one line each; empty when all is in place."""
    installed = version("ministack")
    moved = [f"ministack {installed} is installed, {PINNED_VERSION} is pinned"] * (
        installed != PINNED_VERSION
    )
    for module_name, attributes in SURFACE.items():
        module = importlib.import_module(module_name)
        for attribute, arguments in attributes.items():
            found = getattr(module, attribute, None)
            if not hasattr(module, attribute):
                moved.append(f"{module_name}.{attribute} is gone")
            elif arguments is not None and _arguments(found)[: len(arguments)] != arguments:
                moved.append(f"{module_name}.{attribute} takes {_arguments(found)}, not {arguments}")
    return moved


def validate_surface() -> None:
    """Raises `EmulatorMovedError` naming everything that moved."""
    moved = find_moved()
    if moved:
        raise EmulatorMovedError("; ".join(moved))


def _arguments(function: object) -> tuple[str, ...]:
    return tuple(inspect.signature(function).parameters) if callable(function) else ()
