"""Training jobs: take one in, show, follow and stop it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from contract import training as wire
from contract.hyperparameters import HYPERPARAMETERS
from contract.table import Kind, make_id
from lambdas.domain.browsing import curve_after
from lambdas.domain.errors import AccessDenied, NotFound, Unavailable
from lambdas.domain.rows import PageRequest
from lambdas.domain.submitting import request_stop, submit_training
from lambdas.domain.training_jobs import TrainingJob
from lambdas.handlers.rest.requests import (
    DEFAULT_PAGE_SIZE,
    PageSize,
    PageToken,
    decode_body,
    decode_page_token,
    encode_page_token,
    validate_values,
)
from lambdas.handlers.rest.resource import Resource, answer
from lambdas.handlers.rest.views import to_metrics, to_training_job, training_job_path

LIST = "training-jobs"
After = Annotated[int, Query(ge=-1)]
Names = Annotated[str, Query(max_length=1000)]


class TrainingJobRoutes(Resource):
    """`/training-jobs`."""

    def create(self) -> Response[str]:
        job = self._decode_job()
        submit_training(job, self.services.jobs, self.services.datasets)
        location = {"Location": training_job_path(job.job_id)}
        return answer(to_training_job(job), HTTPStatus.ACCEPTED, location)

    def list(
        self,
        status: Annotated[wire.JobStatus | None, Query()] = None,
        page_size: PageSize = DEFAULT_PAGE_SIZE,
        page_token: PageToken = None,
    ) -> Response[str]:
        filters = {"status": status.value if status else None}
        after = decode_page_token(page_token, LIST, filters)
        page = self.services.jobs.list(self.owner, PageRequest(page_size, after, filters["status"]))
        body = wire.TrainingJobList(
            items=[to_training_job(job) for job in page.items],
            next_page_token=encode_page_token(LIST, filters, page.next_after),
        )
        return answer(body)

    def show(self, job_id: str) -> Response[str]:
        return answer(to_training_job(self.services.jobs.get(self.owner, job_id)))

    def metrics(self, job_id: str, after: After = -1, names: Names = "") -> Response[str]:
        job = self.services.jobs.get(self.owner, job_id)
        wanted = frozenset(name.strip() for name in names.split(",") if name.strip())
        return answer(to_metrics(curve_after(self.services.progress.metrics(job.job_id), after, wanted)))

    def samples(self, job_id: str) -> Response[str]:
        job = self.services.jobs.get(self.owner, job_id)
        items = [
            wire.TrainingSample(epoch=link.epoch, url=link.url, expires_in_seconds=link.expires_in_seconds)
            for link in self.services.progress.samples(job.job_id)
        ]
        return answer(wire.TrainingSampleList(items=items))

    def stop(self, job_id: str) -> Response[str]:
        job = request_stop(self.owner, job_id, self.services.jobs, self.services.clock)
        self._stop_at_once(job)
        return answer(to_training_job(job), HTTPStatus.ACCEPTED, {"Location": training_job_path(job.job_id)})

    def _stop_at_once(self, job: TrainingJob) -> None:
        """Saves the person a lap. When it does not work, the next lap does it."""
        if job.training_job_name is None:
            return
        try:
            self.services.trainings.stop(job.training_job_name)
        except (NotFound, Unavailable, AccessDenied) as error:
            self.services.log.warning("not stopped at once", job_id=job.job_id, reason=error.message)

    def _decode_job(self) -> TrainingJob:
        request = decode_body(self.app.current_event, wire.TrainingJobRequest)
        hyperparameters = validate_values(
            request.hyperparameters, HYPERPARAMETERS[request.technique], "/hyperparameters"
        )
        now = self.services.clock()
        return TrainingJob(
            owner=self.owner,
            created_at=now,
            updated_at=now,
            job_id=make_id(Kind.TRAINING_JOB),
            name=request.name,
            technique=request.technique.value,
            dataset=request.dataset,
            filter_tags=request.filter_tags,
            hyperparameters=hyperparameters.model_dump(by_alias=True),
        )
