"""AWS's JSON 1.1 protocol for SageMaker: requests in, answers and errors out.

botocore's own service model decides what is a request. What it does not know is refused, never ignored:
a parameter that AWS would take must not get lost here without a word.
"""

from __future__ import annotations

import json
from functools import cache

import botocore.session
from botocore.model import OperationModel, ServiceModel
from botocore.validate import ParamValidator

from localcloud.sagemaker.constraints import find_violations
from localcloud.sagemaker.documents import Document, without_nulls
from localcloud.sagemaker.ports import Answer, AwsError

TARGET_PREFIX = "SageMaker."
_JSON = "application/x-amz-json-1.1"


class Protocol:
    """The service model of SageMaker, and what it says about a request."""

    def __init__(self) -> None:
        self._model = _service_model()
        self._validator = ParamValidator()

    def operation(self, name: str) -> OperationModel:
        """Raises `AwsError` (`UnknownOperationException`) when SageMaker has no such operation."""
        if name not in self._model.operation_names:
            raise unknown_operation(f"SageMaker has no operation {name!r}.")
        return self._model.operation_model(name)

    def decode(self, operation: str, body: bytes) -> Document:
        """A request's parameters, validated."""
        try:
            request = json.loads(body or b"{}")
        except ValueError as error:
            raise AwsError("SerializationException", f"The request is no JSON: {error}") from error
        if not isinstance(request, dict):
            raise AwsError("SerializationException", "The request is no JSON object.")
        document: Document = without_nulls(request)
        self.validate(operation, document)
        return document

    def validate(self, operation: str, request: Document) -> None:
        """Raises `AwsError` (`ValidationException`) that lists all that is wrong."""
        shape = self.operation(operation).input_shape
        if shape is None:
            return
        report = self._validator.validate(request, shape)
        if report.has_errors():
            raise invalid(f"Parameter validation failed: {report.generate_report()}")
        violations = list(find_violations(shape, request))
        if violations:
            counted = f"{len(violations)} validation error{'s' * (len(violations) > 1)} detected"
            raise invalid(f"{counted}: {'; '.join(violations)}")


@cache
def _service_model() -> ServiceModel:
    """A large file: read once."""
    return botocore.session.get_session().get_service_model("sagemaker")


def invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def not_found() -> AwsError:
    return AwsError("ResourceNotFound", "Requested resource not found.")


def unsupported(what: str) -> AwsError:
    """For what AWS offers and this service does not: refused, because to ignore it would change a result."""
    return invalid(f"The local SageMaker does not support {what}.")


def unknown_operation(message: str) -> AwsError:
    return AwsError("UnknownOperationException", message)


def encode_answer(document: Document) -> Answer:
    return 200, {"Content-Type": _JSON}, json.dumps(document).encode()


def encode_error(error: AwsError) -> Answer:
    body = {"__type": error.code, "message": error.message}
    headers = {"Content-Type": _JSON, "x-amzn-ErrorType": error.code}
    return error.status, headers, json.dumps(body).encode()
