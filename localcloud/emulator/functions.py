"""Lambda's Python runtime as AWS has it: the real class name of an error, a worker that outlives it,
and nothing importable but the bundle, the standard library and the SDK.

The emulator keeps the worker's program as one text; it is changed by exact replacements, and `install`
refuses when one of them no longer fits.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from localcloud.emulator.surface import EmulatorMovedError

# What AWS puts beside a Python function.
RUNTIME_PACKAGES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six")

_MARK = "__continuo_error__"

_RAISED = (
    "        except Exception as e:\n"
    '            _real_stdout.write(json.dumps({"status": "error", "error": str(e), '
    '"trace": traceback.format_exc()}) + "\\n")\n'
)
_TOLD = (
    "        except Exception as e:\n"
    '            _ms_error = {"errorMessage": str(e), "errorType": type(e).__name__,\n'
    '                "stackTrace": traceback.format_tb(e.__traceback__)}\n'
    f'            _ms_told = {{"{_MARK}": _ms_error, "log": traceback.format_exc()}}\n'
    '            _real_stdout.write(json.dumps({"status": "ok", "result": _ms_told}) + "\\n")\n'
)
_CODE_FIRST = "    sys.path.insert(0, code_dir)\n"
_CODE_ONLY = """    import sysconfig
    _ms_own = {{sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}}
    sys.path[:] = [p for p in sys.path if p.endswith((".zip", "lib-dynload")) or p in _ms_own]
    sys.meta_path[:] = [f for f in sys.meta_path if "__editable__" not in str(f)]
    sys.path.append({runtime!r})
    sys.path.insert(0, code_dir)
"""


def install(runtime: Path) -> None:
    """Changes the worker's program; `runtime` is a folder that gets links to the SDK's packages."""
    link_runtime_packages(runtime)
    script = _replaced(lambda_runtime._PYTHON_WORKER_SCRIPT, _RAISED, _TOLD)
    script = _replaced(script, _CODE_FIRST, _CODE_ONLY.format(runtime=str(runtime)))
    lambda_runtime._PYTHON_WORKER_SCRIPT = script
    lambda_svc._execute_function_warm = _telling_errors(lambda_svc._execute_function_warm)


def stop_workers() -> None:
    """Ends every worker process, and removes what it unpacked."""
    lambda_runtime.reset()


def link_runtime_packages(runtime: Path) -> None:
    """Fills the folder with links to the installed SDK: what a worker finds beside its bundle."""
    runtime.mkdir(parents=True, exist_ok=True)
    for name in RUNTIME_PACKAGES:
        found = importlib.util.find_spec(name)
        if found is None or found.origin is None:
            raise EmulatorMovedError(f"the package {name} of Lambda's runtime is not installed")
        origin = Path(found.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        link = runtime / source.name
        if not link.exists():
            link.symlink_to(source)


def _replaced(script: str, old: str, new: str) -> str:
    if script.count(old) != 1:
        raise EmulatorMovedError(f"the Lambda worker's program no longer holds once: {old.strip()[:60]}…")
    return script.replace(old, new)


def _telling_errors(execute: Callable[..., dict[str, object]]) -> Callable[..., dict[str, object]]:
    """The worker tells an exception as a marked answer, so that it need not be killed for it."""

    def execute_warm(func: object, event: object, request_id: str) -> dict[str, object]:
        result = execute(func, event, request_id)
        body = result.get("body")
        if not (isinstance(body, dict) and _MARK in body):
            return result
        told = {**body[_MARK], "requestId": request_id}
        log = "\n".join(part for part in (str(result.get("log", "")), str(body["log"])) if part)
        return {"body": told, "error": True, "log": log}

    return execute_warm
