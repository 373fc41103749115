"""Taking a training job in, and taking it back."""

from __future__ import annotations

from lambdas.domain.changing import change
from lambdas.domain.errors import FieldFault, InvalidRequest, NotFound
from lambdas.domain.library import Dataset
from lambdas.domain.ports import Clock, Rows
from lambdas.domain.rows import SHARED_OWNER
from lambdas.domain.training_jobs import TrainingJob


def submit_training(job: TrainingJob, jobs: Rows[TrainingJob], datasets: Rows[Dataset]) -> None:
    """Writes the row that starts everything. Raises `InvalidRequest` on an unknown dataset or tag."""
    try:
        dataset = datasets.get(SHARED_OWNER, job.dataset)
    except NotFound as error:
        raise InvalidRequest.at("/dataset", f"there is no dataset {job.dataset!r}") from error
    refuse_if_any(dataset.check_filter(job.filter_tags))
    jobs.add(job)


def request_stop(owner: str, job_id: str, jobs: Rows[TrainingJob], clock: Clock) -> TrainingJob:
    """Marks the job as to be stopped. Raises `NotFound`, or `Conflict` once it has ended."""
    return change(jobs, owner, job_id, lambda job: job.request_stop(clock()))


def refuse_if_any(faults: list[FieldFault]) -> None:
    """Raises `InvalidRequest` when there are faults."""
    if faults:
        count = "1 value is" if len(faults) == 1 else f"{len(faults)} values are"
        raise InvalidRequest("invalid-values", f"{count} wrong", tuple(faults))
