"""The `/opt/ml` of one host of a training job: its folders, the files that configure it, its environment.

The environment is made from nothing: what this process has in its own, rights of an administrator among
it, does not reach a container.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from localcloud.sagemaker.failure_reasons import FAILURE_CHARACTERS
from localcloud.sagemaker.training_plan import TrainingPlan


@dataclass(frozen=True)
class HostFolders:
    """A host's name, `algo-1` and on, and the folder that stands for its `/opt/ml`."""

    host: str
    root: Path

    @property
    def config(self) -> Path:
        return self.root / "input" / "config"

    def channel(self, name: str) -> Path:
        return self.root / "input" / "data" / name

    @property
    def model(self) -> Path:
        return self.root / "model"

    @property
    def output_data(self) -> Path:
        return self.root / "output" / "data"

    @property
    def log(self) -> Path:
        return self.root.with_name(f"{self.root.name}.log")

    def prepare(self) -> None:
        """Fresh folders."""
        self.remove()
        for folder in (self.config, self.model, self.output_data, self.root / "code"):
            folder.mkdir(parents=True)

    def remove(self) -> None:
        """The folders; what was printed stays."""
        shutil.rmtree(self.root, ignore_errors=True)

    def write_config(self, plan: TrainingPlan, hosts: list[str]) -> None:
        resources = {
            "current_host": self.host,
            "current_instance_type": plan.instance_type,
            "current_group_name": "homogeneousCluster",
            "hosts": hosts,
            "instance_groups": [
                {
                    "instance_group_name": "homogeneousCluster",
                    "instance_type": plan.instance_type,
                    "hosts": hosts,
                }
            ],
            "network_interface_name": "lo",
        }
        self._write("hyperparameters.json", plan.hyperparameters)
        self._write("inputdataconfig.json", plan.channel_documents)
        self._write("resourceconfig.json", resources)

    def failure(self) -> str:
        """The beginning of the failure file; empty when there is none."""
        path = self.root / "output" / "failure"
        if not path.is_file():
            return ""
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(FAILURE_CHARACTERS)

    def _write(self, name: str, document: object) -> None:
        (self.config / name).write_text(json.dumps(document))


def base_environment(root: Path, region: str) -> dict[str, str]:
    """What every container gets. Its home is its own folder: no settings of a person are found there."""
    passed_on = {name: os.environ[name] for name in ("PATH", "TMPDIR", "PYTHONPATH") if name in os.environ}
    return passed_on | {
        "HOME": str(root),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "SAGEMAKER_BASE_DIR": str(root),
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_CONFIG_FILE": str(root / ".aws-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(root / ".aws-credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def training_environment(plan: TrainingPlan, host: HostFolders, hosts: list[str], arn: str) -> dict[str, str]:
    """What the platform and the training toolkit tell a training."""
    return {
        "TRAINING_JOB_NAME": plan.name,
        "TRAINING_JOB_ARN": arn,
        # One processor stays with the local cloud itself: threads that wait for each other are slow.
        "SM_NUM_CPUS": str(max(1, (n_cpus() - 1) // len(hosts))),
        "SM_NUM_GPUS": "0",
        "SM_CURRENT_HOST": host.host,
        "SM_HOSTS": json.dumps(hosts),
        "SM_MODEL_DIR": str(host.model),
        "SM_OUTPUT_DATA_DIR": str(host.output_data),
    } | {f"SM_CHANNEL_{channel.name.upper()}": str(host.channel(channel.name)) for channel in plan.channels}


def role_environment(credentials: Mapping[str, str], endpoint_url: str) -> dict[str, str]:
    """The role's rights, and the local cloud as the place to use them."""
    return dict(credentials) | {"AWS_ENDPOINT_URL": endpoint_url}


def n_cpus() -> int:
    if sys.platform.startswith("linux"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
