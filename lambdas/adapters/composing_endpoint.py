"""The SageMaker endpoint that composes. Which of its errors blame the request, the model or the moment is
decided here."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from botocore.exceptions import ClientError
from pydantic import ValidationError

from contract.inference import JSON, InferenceAnswer, InferenceError, InferenceRequest
from lambdas.adapters.aws_errors import aws_call, error_code, error_message
from lambdas.adapters.melodies import encode_melody
from lambdas.domain.compositions import Accompaniment, Composition, TrackSummary
from lambdas.domain.errors import ContinuoError, CorruptArtifact, InvalidRequest, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_sagemaker_runtime.client import SageMakerRuntimeClient

MODEL_ERROR = "ModelError"
# InvokeEndpoint answers ValidationError for an endpoint that is absent or not in service.
NOT_READY = frozenset({"ValidationError", "ValidationException", "ModelNotReadyException"})
# Statuses of the container that say "later", though they begin with a 4.
LATER = frozenset({408, 425, 429})
MODEL_CODES = frozenset({"model-not-found", "corrupt-model"})


@dataclass(frozen=True)
class ComposingEndpoint:
    """Asks the endpoint; how long it waits is the client's read timeout."""

    client: Callable[[], SageMakerRuntimeClient]
    endpoint_name: str

    def compose(self, composition: Composition) -> Accompaniment:
        try:
            with aws_call("sagemaker:InvokeEndpoint"):
                answer = self.client().invoke_endpoint(
                    EndpointName=self.endpoint_name,
                    ContentType=JSON,
                    Accept=JSON,
                    Body=_to_request(composition).to_json().encode(),
                )
                body = answer["Body"].read()
        except ClientError as error:
            _raise_refusal(error, composition)
        return _decode(body)


def _to_request(composition: Composition) -> InferenceRequest:
    return InferenceRequest(
        model=composition.model_uri,
        melody=encode_melody(composition.melody) if composition.melody else None,
        midi=base64.b64encode(composition.midi) if composition.midi else None,
        seed=composition.seed,
        creativity=composition.creativity,
        tempo_bpm=composition.tempo_bpm,
    )


def _decode(body: bytes) -> Accompaniment:
    try:
        answer = InferenceAnswer.model_validate_json(body)
    except ValidationError as error:
        raise Unavailable("strange-answer", "the endpoint's answer is not a composition") from error
    return Accompaniment(
        midi=answer.midi,
        steps=answer.steps,
        tempo_bpm=answer.tempo_bpm,
        tracks=tuple(
            TrackSummary(track.name, track.program, len(track.notes), track.is_melody)
            for track in answer.tracks
        ),
    )


def _raise_refusal(error: ClientError, composition: Composition) -> NoReturn:
    code = error_code(error)
    if code == MODEL_ERROR:
        raise _container_error(error, composition) from error
    if code in NOT_READY:
        raise Unavailable("endpoint-not-ready", error_message(error)) from error
    raise error


def _container_error(error: ClientError, composition: Composition) -> ContinuoError:
    """The container answered with an error: 4xx blames the request, unless it names the model."""
    status = error.response.get("OriginalStatusCode", 500)
    if not isinstance(status, int) or not 400 <= status < 500 or status in LATER:
        return Unavailable("endpoint-error", f"the endpoint answered with {status}")
    refusal = _refusal(error.response.get("OriginalMessage", ""))
    if refusal is None:
        return Unavailable("endpoint-error", f"the endpoint answered with {status} and no reason")
    if refusal.code in MODEL_CODES:
        return CorruptArtifact(refusal.code, refusal.message)
    if refusal.code == "internal":
        return Unavailable("endpoint-error", refusal.message)
    return InvalidRequest.at("/midi" if composition.melody is None else "/melody", refusal.message)


def _refusal(message: object) -> InferenceError | None:
    try:
        return InferenceError.model_validate_json(str(message))
    except ValidationError:
        return None
