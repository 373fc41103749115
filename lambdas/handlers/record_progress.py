"""Entrance of the state machine: what `DescribeTrainingJob` said, or why it could not be asked, goes into
the row. Exceptions leave by their class names, which the state machine's retries and catches match."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aws_lambda_powertools.utilities.typing import LambdaContext

from contract import execution as wire
from lambdas import bootstrap
from lambdas.adapters.sagemaker_trainings import decode_description
from lambdas.bootstrap import RecordProgressServices
from lambdas.domain.training_reports import TrackingError, TrainingReport

Handler = Callable[[Mapping[str, object], LambdaContext], dict[str, object]]


def make_handler(services: Callable[[], RecordProgressServices]) -> Handler:
    """The handler over services that are asked for at the first call."""

    def handle(event: Mapping[str, object], context: LambdaContext) -> dict[str, object]:
        with_services = services()
        request = wire.RecordProgressRequest.model_validate(event)
        log = with_services.log
        log.append_keys(correlation_id=request.job_id, function_request_id=context.aws_request_id)
        lap = with_services.recorder.record(
            request.owner, request.job_id, request.training_job_name, _decode_news(request)
        )
        log.info("lap", verdict=lap.verdict, status=lap.job.status, secondary=lap.job.secondary_status)
        answer = wire.RecordProgressAnswer(
            verdict=wire.Verdict(lap.verdict.value), wait_seconds=lap.wait_seconds
        )
        return answer.to_wire()

    return handle


def _decode_news(request: wire.RecordProgressRequest) -> TrainingReport | TrackingError:
    if request.description is not None and request.error is None:
        return decode_description(request.description)
    return TrackingError(request.error or "", request.cause or "")


handle = make_handler(bootstrap.record_progress)
