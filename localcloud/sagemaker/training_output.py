"""What a job's containers print: to CloudWatch Logs, and the metrics in it to the job's record."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from localcloud.sagemaker.logs import LineReader, LogStream
from localcloud.sagemaker.metrics import MetricScanner
from localcloud.sagemaker.training_folders import HostFolders
from localcloud.sagemaker.training_plan import TrainingPlan
from localcloud.sagemaker.training_record import TrainingRecords

LOG_GROUP = "/aws/sagemaker/TrainingJobs"


class TrainingOutput:
    """The output of all hosts, one log stream for each."""

    def __init__(
        self,
        plan: TrainingPlan,
        hosts: Sequence[HostFolders],
        records: TrainingRecords,
        make_client: Callable[[], Any],
    ) -> None:
        self._name = plan.name
        self._records = records
        self._metrics = MetricScanner(plan.metric_definitions)
        began = int(time.time())
        self._outlets = [
            (LineReader(host.log), LogStream(make_client, LOG_GROUP, f"{plan.name}/{host.host}-{began}"))
            for host in hosts
        ]

    def read(self) -> None:
        """New lines since the last time."""
        for reader, stream in self._outlets:
            self._take(reader.read(), stream)

    def read_rest(self) -> None:
        """After the containers have ended."""
        for reader, stream in self._outlets:
            self._take(reader.read_rest(), stream)

    def send(self) -> None:
        """What was read goes to CloudWatch Logs."""
        for _, stream in self._outlets:
            stream.send()

    def _take(self, lines: list[str], stream: LogStream) -> None:
        stream.add(lines)
        n_told = sum(self._metrics.scan(line) for line in lines)
        if n_told:
            self._records.set_metrics(self._name, self._metrics.latest())
