"""The state machine's input, and what its Lambda tasks take and answer.

`stepfunctions/training.asl.json` reads these fields by path; a contract test holds the two together.
"""

from __future__ import annotations

from enum import StrEnum

from contract.base import WireModel


class ExecutionInput(WireModel):
    """What `start_training` starts an execution with; every hand-over passes it on with `handover` + 1."""

    owner: str
    job_id: str
    training_job_name: str
    input_manifest_uri: str
    output_uri: str
    checkpoint_uri: str
    hyper_parameters: dict[str, str]
    instance_type: str
    instance_count: int
    volume_size_gb: int
    max_runtime_seconds: int
    wait_seconds: int = 5
    lap: int = 0
    handover: int = 0


class Verdict(StrEnum):
    """What `record_progress` tells the state machine to do next."""

    CONTINUE = "CONTINUE"
    REGISTER = "REGISTER"
    ENDED = "ENDED"


class RecordProgressRequest(WireModel):
    """A lap: SageMaker's description as `DescribeTrainingJob` gave it, cut to what is recorded.

    `error` and `cause` are set instead when the training job could not be created or described.
    """

    owner: str
    job_id: str
    training_job_name: str
    description: dict[str, object] | None = None
    error: str | None = None
    cause: str | None = None


class RecordProgressAnswer(WireModel):
    """What happens next, and how long to wait before the next lap."""

    verdict: Verdict
    wait_seconds: int


class RegisterModelRequest(WireModel):
    """A training that ended with a model: completed, or stopped."""

    owner: str
    job_id: str
    training_job_name: str


class RegisterModelAnswer(WireModel):
    """The model's id; none when a stopped job had left no model."""

    model_id: str | None = None
