"""Runs the CDK command line against the local cloud: bootstrap, then deploy, with its events passed on.

Each command runs in a session of its own that the guard watches, so that Ctrl-C reaches this process
only, which then ends the command and all that it started.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

from localcloud.engine_process import Guard
from localcloud.environment import ACCOUNT, REGION, without_foreign
from localcloud.errors import DeployFailedError
from localcloud.processes import end_session, kill_session

_LAST_LINES = 40
_GRACE_SECONDS = 2.0
_NO_NEWS = ("b'!!", "Trusted accounts", "Using default execution policy")


class CdkCommandLine:
    """The CLI for one project; `environment` holds the AWS variables, `cdk_home` its caches."""

    def __init__(
        self,
        project: Path,
        environment: Mapping[str, str],
        *,
        cdk_home: Path,
        cdk_out: Path,
        guard: Guard,
        on_progress: Callable[[str], None],
    ) -> None:
        self._project = project
        self._cdk_out = cdk_out
        self._guard = guard
        self._on_progress = on_progress
        self._outputs = cdk_home / "outputs.json"
        self._environment = without_foreign(os.environ) | {
            **environment,
            "CDK_HOME": str(cdk_home),  # accounts by access key are cached here: stale ones mislead
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CDK_DEFAULT_ACCOUNT": ACCOUNT,
            "CDK_DEFAULT_REGION": REGION,
            "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
            "CI": "true",  # events one per line, on standard output
            "NO_COLOR": "1",
            "NODE_NO_WARNINGS": "1",
        }
        cdk_home.mkdir(parents=True, exist_ok=True)

    def bootstrap(self) -> None:
        """Done in a folder without a project: with one, the command would synthesize it first."""
        self._run(self._outputs.parent, "bootstrap", f"aws://{ACCOUNT}/{REGION}")

    def deploy(self, context: Mapping[str, str]) -> dict[str, str]:
        """Deploys every stack of the project; the outputs of all, by name."""
        self._on_progress("Synthesizing the stack")
        self._outputs.unlink(missing_ok=True)
        pairs = [word for name, value in context.items() for word in ("-c", f"{name}={value}")]
        self._run(
            self._project,
            *("deploy", "--all", "--require-approval", "never", "--progress", "events"),
            *("--outputs-file", str(self._outputs), "--output", str(self._cdk_out), *pairs),
        )
        stacks = json.loads(self._outputs.read_text()) if self._outputs.exists() else {}
        return {name: value for outputs in stacks.values() for name, value in outputs.items()}

    def _run(self, folder: Path, *arguments: str) -> None:
        program = self._project / "node_modules" / ".bin" / "cdk"
        process = subprocess.Popen(
            [str(program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=self._environment,
            start_new_session=True,
            text=True,
            errors="replace",
        )
        self._guard.watch(process.pid)
        try:
            last_lines = self._follow(process)
            if process.wait() != 0:
                text = "\n".join(last_lines)
                raise DeployFailedError(f"cdk {arguments[0]} ended with {process.returncode}:\n{text}")
        except KeyboardInterrupt:
            end_session(process.pid, _GRACE_SECONDS)
            raise
        finally:
            kill_session(process.pid)
            process.wait()
            self._guard.forget(process.pid)

    def _follow(self, process: subprocess.Popen[str]) -> deque[str]:
        """Passes each line on as it comes; keeps the last ones."""
        last_lines: deque[str] = deque(maxlen=_LAST_LINES)
        with process.stdout or open(os.devnull) as lines:
            for line in lines:
                text = line.rstrip()
                if is_news(text):
                    last_lines.append(text)
                    self._on_progress(text)
        return last_lines


def is_news(line: str) -> bool:
    """Whether a line tells a person something: banners and the beginning of each resource do not."""
    return bool(line) and not line.startswith(_NO_NEWS) and "_IN_PROGRESS" not in line
