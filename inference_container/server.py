"""The HTTP face: `GET /ping` and `POST /invocations`, as SageMaker asks for them.

`/ping` answers on the event loop alone, while composing runs in threads, so a busy or fetching container
still says that it is well. Faults become `InferenceError` here, by one table of statuses.
"""

from __future__ import annotations

import logging
import time
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from contract.inference import CUSTOM_ATTRIBUTES_HEADER, JSON, InferenceError, InferenceRequest
from inference_container.composer import compose
from inference_container.errors import (
    Code,
    ContainerError,
    CorruptModel,
    InvalidRequest,
    ModelForbidden,
    ModelNotFound,
    ModelUnavailable,
    NotAcceptable,
    TooLarge,
    UnsupportedMediaType,
)
from inference_container.logs import log_event
from inference_container.model_store import ModelStore
from inference_container.payload import ENCODERS, choose_answer_type, decoder_for, melody_of

MAX_BODY_BYTES = 4 * 1024 * 1024  # what a serverless endpoint takes
# A caller who sends a little too much is heard out, since many clients only read an answer after sending.
_HEARD_OUT = 4

STATUS: dict[type[ContainerError], HTTPStatus] = {
    InvalidRequest: HTTPStatus.BAD_REQUEST,
    ModelNotFound: HTTPStatus.NOT_FOUND,
    NotAcceptable: HTTPStatus.NOT_ACCEPTABLE,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UnsupportedMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    CorruptModel: HTTPStatus.UNPROCESSABLE_ENTITY,
    ModelForbidden: HTTPStatus.INTERNAL_SERVER_ERROR,
    ModelUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}

_log = logging.getLogger("inference_container")


def make_app(models: ModelStore, *, max_body_bytes: int = MAX_BODY_BYTES) -> Starlette:
    """The application over a store of models."""

    async def ping(_: Request) -> Response:
        return Response(status_code=HTTPStatus.OK)

    async def invocations(request: Request) -> Response:
        body = await _read_body(request, max_body_bytes)
        decode = decoder_for(request.headers.get("content-type", ""))
        answer_type = choose_answer_type(request.headers.get("accept", ""))
        attributes = request.headers.get(CUSTOM_ATTRIBUTES_HEADER, "")
        content = await run_in_threadpool(
            lambda: _answer(models, decode(body, attributes), answer_type, len(body))
        )
        return Response(content, media_type=answer_type)

    return Starlette(
        routes=[Route("/ping", ping), Route("/invocations", invocations, methods=["POST"])],
        exception_handlers={
            ContainerError: _on_fault,
            HTTPException: _on_no_route,
            ClientDisconnect: _on_caller_gone,
            # The process's outermost edge: a bug answers 500, and the server lives on.
            Exception: _on_bug,
        },
    )


def _answer(models: ModelStore, request: InferenceRequest, answer_type: str, n_bytes: int) -> bytes:
    """Everything that takes time, in a thread."""
    started = time.perf_counter()
    melody = melody_of(request)
    model = models.get(request.model)
    fetched = time.perf_counter()
    score = compose(model, melody, seed=request.seed, creativity=request.creativity)
    content = ENCODERS[answer_type](score, request.seed)
    log_event(
        _log,
        logging.INFO,
        "composed",
        model=request.model,
        steps=score.n_steps,
        seed=request.seed,
        creativity=request.creativity,
        bytes_in=n_bytes,
        bytes_out=len(content),
        model_milliseconds=round(1000 * (fetched - started), 1),
        compose_milliseconds=round(1000 * (time.perf_counter() - fetched), 1),
    )
    return content


async def _read_body(request: Request, max_bytes: int) -> bytes:
    """The body, of which no more than `max_bytes` is ever kept."""
    kept, n_bytes = bytearray(), 0
    announced = request.headers.get("content-length", "0")
    if not announced.isdecimal() or int(announced) > _HEARD_OUT * max_bytes:
        raise TooLarge(f"a request has at most {max_bytes} bytes")
    async for chunk in request.stream():
        n_bytes += len(chunk)
        if n_bytes <= max_bytes:
            kept += chunk
        if n_bytes > _HEARD_OUT * max_bytes:
            break
    if n_bytes > max_bytes:
        raise TooLarge(f"a request has at most {max_bytes} bytes")
    return bytes(kept)


def _on_fault(request: Request, error: Exception) -> Response:
    assert isinstance(error, ContainerError)
    status = STATUS[type(error)]
    level = logging.ERROR if status >= HTTPStatus.INTERNAL_SERVER_ERROR else logging.WARNING
    log_event(_log, level, "refused", status=status.value, code=error.code, fault=type(error).__name__)
    return _refusal(status, error.code, str(error))


def _on_no_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    response = _refusal(HTTPStatus(error.status_code), "invalid-request", error.detail)
    response.headers.update(error.headers or {})
    return response


def _on_caller_gone(request: Request, error: Exception) -> Response:
    log_event(_log, logging.INFO, "the caller went away while sending")
    return _refusal(HTTPStatus.BAD_REQUEST, "invalid-request", "the body ended early")


def _on_bug(request: Request, error: Exception) -> Response:
    # The framework raises the exception again after this answer, and the server logs it with its places.
    return _refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", "an unexpected error; it is in the log")


def _refusal(status: HTTPStatus, code: Code, message: str) -> Response:
    body = InferenceError(code=code, message=message).to_json()
    return Response(body, status_code=status, media_type=JSON)
