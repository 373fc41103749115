"""A training job's record as it changes: statuses, transitions, times; each change is also an event."""

from __future__ import annotations

import json
import logging
import threading

from localcloud.sagemaker.documents import TRAINING_JOB, Document, Place, now
from localcloud.sagemaker.ports import AwsError, PublishEvent
from localcloud.sagemaker.store import RecordStore

DETAIL_TYPE = "SageMaker Training Job State Change"
IN_PROGRESS = "InProgress"
STOPPING = "Stopping"
ENDED = frozenset({"Completed", "Failed", "Stopped"})

# What DescribeTrainingJob says with each secondary status.
_MESSAGES = {
    "Starting": "Preparing the instances for training",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Uploading": "Uploading generated training model",
    "Completed": "Training job completed",
    "Stopping": "Stopping the training job",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
}
_TIMES = ("CreationTime", "TrainingStartTime", "TrainingEndTime", "LastModifiedTime")

_log = logging.getLogger(__name__)


class TrainingRecords:
    """The records of all training jobs, and the steps that they go through."""

    def __init__(self, store: RecordStore, place: Place, publish_event: PublishEvent) -> None:
        self.store = store
        self._place = place
        self._publish = publish_event
        self._lock = threading.RLock()  # a change reads the record first

    def add(self, record: Document) -> bool:
        """False when the name is taken. The job is `Starting` afterwards."""
        first = record | {
            "TrainingJobStatus": IN_PROGRESS,
            "SecondaryStatus": "Starting",
            "CreationTime": now(),
            "LastModifiedTime": now(),
            "SecondaryStatusTransitions": [_transition("Starting", "")],
        }
        if not self.store.add(record["TrainingJobName"], first):
            return False
        self._tell(first)
        return True

    def enter(self, name: str, secondary: str, status: str | None = None) -> bool:
        """The next secondary status, and the next status if one is given. False when the job has ended."""
        changes: Document = {"TrainingJobStatus": status} if status else {}
        if secondary == "Downloading":
            changes["TrainingStartTime"] = now()
        with self._lock:
            if self._get(name)["TrainingJobStatus"] in ENDED:
                return False
            changed = self._change(name, secondary, changes)
        self._tell(changed)
        return True

    def end(self, name: str, status: str, secondary: str, **changes: object) -> None:
        """The last status. A job that has ended already stays as it is."""
        with self._lock:
            record = self._get(name)
            if record["TrainingJobStatus"] in ENDED:
                return
            ended = now()
            changes |= {"TrainingJobStatus": status, "TrainingEndTime": ended}
            if "TrainingStartTime" in record:
                seconds = max(1, round(ended - record["TrainingStartTime"]))
                changes |= {"TrainingTimeInSeconds": seconds, "BillableTimeInSeconds": seconds}
            changed = self._change(name, secondary, changes)
        self._tell(changed)

    def _change(self, name: str, secondary: str, changes: Document) -> Document:
        """Under the lock. The last step of a job begins and ends at once."""
        record = self._get(name)
        steps = _close_last(record["SecondaryStatusTransitions"])
        if record["SecondaryStatus"] != secondary:
            steps.append(_transition(secondary, changes.get("FailureReason", "")))
        if "TrainingEndTime" in changes:
            steps = _close_last(steps)
        status = {"SecondaryStatus": secondary, "SecondaryStatusTransitions": steps}
        return self.store.update(name, {**changes, **status, "LastModifiedTime": now()})

    def set_metrics(self, name: str, metrics: list[Document]) -> None:
        self.store.update(name, {"FinalMetricDataList": metrics, "LastModifiedTime": now()})

    def _get(self, name: str) -> Document:
        record = self.store.find(name)
        if record is None:
            raise KeyError(name)
        return record

    def _tell(self, record: Document) -> None:
        detail = record | {field: int(record[field] * 1000) for field in _TIMES if field in record}
        detail["SecondaryStatusTransitions"] = [
            step | {field: int(step[field] * 1000) for field in ("StartTime", "EndTime") if field in step}
            for step in record["SecondaryStatusTransitions"]
        ]
        entry: dict[str, object] = {
            "Source": "aws.sagemaker",
            "DetailType": DETAIL_TYPE,
            "Detail": json.dumps(detail),
            "Resources": [self._place.arn(TRAINING_JOB, record["TrainingJobName"])],
        }
        try:
            self._publish(entry)
        except AwsError as error:
            _log.warning("no event for %s: %s", record["TrainingJobName"], error)


def _transition(secondary: str, message: str) -> Document:
    return {
        "Status": secondary,
        "StartTime": now(),
        "StatusMessage": message or _MESSAGES.get(secondary, secondary),
    }


def _close_last(transitions: list[Document]) -> list[Document]:
    *earlier, last = transitions
    return [*earlier, {**last, "EndTime": last.get("EndTime", now())}]
