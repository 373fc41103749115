"""Entrance of the state machine: a training is over, its model and its end are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aws_lambda_powertools.utilities.typing import LambdaContext

from contract import execution as wire
from lambdas import bootstrap
from lambdas.bootstrap import RegisterModelServices

Handler = Callable[[Mapping[str, object], LambdaContext], dict[str, object]]


def make_handler(services: Callable[[], RegisterModelServices]) -> Handler:
    """The handler over services that are asked for at the first call."""

    def handle(event: Mapping[str, object], context: LambdaContext) -> dict[str, object]:
        with_services = services()
        request = wire.RegisterModelRequest.model_validate(event)
        log = with_services.log
        log.append_keys(correlation_id=request.job_id, function_request_id=context.aws_request_id)
        job = with_services.registrar.register(request.owner, request.job_id, request.training_job_name)
        log.info("registered", status=job.status, model_id=job.model_id)
        return wire.RegisterModelAnswer(model_id=job.model_id).to_wire()

    return handle


handle = make_handler(bootstrap.register_model)
