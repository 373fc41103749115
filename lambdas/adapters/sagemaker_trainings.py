"""SageMaker's training jobs: their descriptions as reports, and the request to stop one.

Descriptions come through Step Functions, which gives moments as strings or as epoch seconds: both are read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NaiveDatetime
from pydantic.alias_generators import to_pascal

from lambdas.adapters.aws_errors import aws_call, error_code
from lambdas.domain.errors import NotFound
from lambdas.domain.training_jobs import Transition
from lambdas.domain.training_reports import TrainingReport

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.client import SageMakerClient

# "Requested resource not found", and "…rejected because the training job is in status Stopped".
NOTHING_TO_STOP = frozenset({"ResourceNotFound", "ValidationException"})

_Moment = AwareDatetime | NaiveDatetime


class _Described(BaseModel):
    """A part of SageMaker's answer; what we do not use is left aside."""

    model_config = ConfigDict(extra="ignore", alias_generator=to_pascal)


class _SecondaryStatusTransition(_Described):
    status: str
    start_time: _Moment
    status_message: str = ""


class _TrainingDescription(_Described):
    training_job_status: str
    secondary_status: str | None = None
    failure_reason: str | None = None
    training_start_time: _Moment | None = None
    secondary_status_transitions: list[_SecondaryStatusTransition] = Field(default_factory=list)


def decode_description(description: Mapping[str, object]) -> TrainingReport:
    """SageMaker's `DescribeTrainingJob` answer as a report. Raises `ValueError` when it is none."""
    described = _TrainingDescription.model_validate(description)
    return TrainingReport(
        status=described.training_job_status,
        secondary_status=described.secondary_status,
        failure_reason=described.failure_reason,
        started_at=_to_utc(described.training_start_time) if described.training_start_time else None,
        transitions=tuple(
            Transition(entry.status, entry.status_message, _to_utc(entry.start_time))
            for entry in described.secondary_status_transitions
        ),
    )


def _to_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


@dataclass(frozen=True)
class SageMakerTrainings:
    """Stops training jobs."""

    client: Callable[[], SageMakerClient]

    def stop(self, training_job_name: str) -> None:
        try:
            with aws_call("sagemaker:StopTrainingJob"):
                self.client().stop_training_job(TrainingJobName=training_job_name)
        except ClientError as error:
            if error_code(error) not in NOTHING_TO_STOP:
                raise
            raise NotFound("nothing-to-stop", f"{training_job_name} cannot be stopped now") from error
