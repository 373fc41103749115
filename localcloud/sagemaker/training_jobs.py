"""The training job operations: create, describe, list, stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

from localcloud.sagemaker.access import Access, check_creation
from localcloud.sagemaker.documents import TRAINING_JOB, Document
from localcloud.sagemaker.listing import Listing
from localcloud.sagemaker.ports import AwsError, CredentialsForRole
from localcloud.sagemaker.protocol import invalid, not_found, unsupported
from localcloud.sagemaker.tags import TagStore
from localcloud.sagemaker.training_plan import DEFAULT_RUNTIME_SECONDS, plan_training
from localcloud.sagemaker.training_record import ENDED, STOPPING
from localcloud.sagemaker.training_run import ENGINE_STOPPED, Surroundings, TrainingRun

_LISTING = Listing(
    list_field="TrainingJobSummaries",
    name_field="TrainingJobName",
    status_field="TrainingJobStatus",
    summary_fields=(
        "TrainingJobName",
        "TrainingJobArn",
        "CreationTime",
        "TrainingEndTime",
        "LastModifiedTime",
        "TrainingJobStatus",
        "SecondaryStatus",
    ),
)
_FLAGS = ("EnableNetworkIsolation", "EnableInterContainerTrafficEncryption", "EnableManagedSpotTraining")


class TrainingJobs:
    """All training jobs of the local cloud, running and ended."""

    def __init__(
        self,
        surroundings: Surroundings,
        images: Mapping[str, list[str]],
        credentials_for_role: CredentialsForRole,
        tags: TagStore,
    ) -> None:
        self._around = surroundings
        self._records = surroundings.records
        self._images = images
        self._credentials_for_role = credentials_for_role
        self._tags = tags
        self._runs: dict[str, TrainingRun] = {}
        self._lock = threading.Lock()
        self._end_interrupted()

    def create(self, access: Access, request: Document) -> Document:
        arn = self._arn(request["TrainingJobName"])
        check_creation(access, "CreateTrainingJob", arn, request)
        access.check_pass_role(request["RoleArn"])
        plan = plan_training(request, self._images)
        if self._records.store.find(plan.name) is not None:
            raise _name_taken(arn)
        run = TrainingRun(plan, self._credentials_for_role(plan.role_arn), self._around)
        if not self._records.add(_describe_new(request, arn)):
            raise _name_taken(arn)
        self._tags.set(arn, request.get("Tags", []))
        with self._lock:
            self._runs[plan.name.lower()] = run
        run.start()
        return {"TrainingJobArn": arn}

    def describe(self, access: Access, request: Document) -> Document:
        access.check("DescribeTrainingJob", self._arn(request["TrainingJobName"]))
        return self._find(request["TrainingJobName"])

    def list(self, access: Access, request: Document) -> Document:
        access.check("ListTrainingJobs", "*")
        for field in ("WarmPoolStatusEquals", "TrainingPlanArnEquals"):
            if field in request:
                raise unsupported(field)
        return _LISTING.answer(self._records.store.all(), request)

    def stop(self, access: Access, request: Document) -> Document:
        name = request["TrainingJobName"]
        access.check("StopTrainingJob", self._arn(name))
        self._find(name)
        if not self._records.enter(name, "Stopping", STOPPING):
            status = self._find(name)["TrainingJobStatus"]
            raise invalid(f"The request was rejected because the training job is in status {status}.")
        with self._lock:
            self._runs[name.lower()].stop()
        return {}

    def shutdown(self, seconds: float) -> None:
        """The jobs that run end as Failed, with the reason; their processes are ended by their threads."""
        with self._lock:
            runs = list(self._runs.values())
        for run in runs:
            run.abandon()
        deadline = time.monotonic() + seconds
        for run in runs:
            run.join(max(0.0, deadline - time.monotonic()))
        self._end_interrupted()

    def _find(self, name: str) -> Document:
        record = self._records.store.find(name)
        if record is None:
            raise not_found()
        return record

    def _arn(self, name: str) -> str:
        return self._around.place.arn(TRAINING_JOB, name)

    def _end_interrupted(self) -> None:
        for record in self._records.store.all():
            if record["TrainingJobStatus"] not in ENDED:
                self._records.end(record["TrainingJobName"], "Failed", "Failed", FailureReason=ENGINE_STOPPED)


def _describe_new(request: Document, arn: str) -> Document:
    """The request with the defaults that AWS fills in, as DescribeTrainingJob tells it."""
    record = {key: value for key, value in request.items() if key != "Tags"}
    record |= {flag: request.get(flag, False) for flag in _FLAGS}
    output = {"KmsKeyId": "", "CompressionType": "GZIP"} | request["OutputDataConfig"]
    stopping = {"MaxRuntimeInSeconds": DEFAULT_RUNTIME_SECONDS} | request.get("StoppingCondition", {})
    record |= {"TrainingJobArn": arn, "OutputDataConfig": output, "StoppingCondition": stopping}
    record |= {"ProfilingStatus": "Disabled"}
    if "CheckpointConfig" in request:
        record["CheckpointConfig"] = {"LocalPath": "/opt/ml/checkpoints"} | request["CheckpointConfig"]
    return record


def _name_taken(arn: str) -> AwsError:
    return AwsError(
        "ResourceInUse",
        "Training job names must be unique within an AWS account and region, and a training job with this "
        f"name already exists ({arn})",
    )
