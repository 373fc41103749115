"""CloudFormation's SageMaker types on the service's own operations.

CloudFormation gives numbers and booleans as text as often as not: they are read by the service model's own
types. A resource without a name gets a fresh one, so that a change can make the new one beside the old.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping

from botocore.model import ListShape, MapShape, Shape, StructureShape

from localcloud.sagemaker.access import Access, StackAccess
from localcloud.sagemaker.documents import Document
from localcloud.sagemaker.endpoints import FAILED, Endpoints
from localcloud.sagemaker.models import Models, NamedResources
from localcloud.sagemaker.ports import AwsError, Provisioner
from localcloud.sagemaker.protocol import Protocol

Created = tuple[str, dict[str, object]]

_NAME_CHARACTERS = 63
_SETTLE_SECONDS = 90.0
_NUMBERS = {"integer": int, "long": int, "float": float, "double": float}

_log = logging.getLogger(__name__)


class ResourceFailedError(Exception):
    """The resource cannot be had; CloudFormation shows the text."""


def make_provisioners(protocol: Protocol, models: Models, endpoints: Endpoints) -> Mapping[str, Provisioner]:
    """`ports.LocalService.provisioners`."""
    access = StackAccess()
    endpoint = _EndpointProvisioner(protocol, endpoints, access)
    return {
        "AWS::SageMaker::Model": _named(protocol, models.models, models.create_model, access),
        "AWS::SageMaker::EndpointConfig": _named(protocol, models.configs, models.create_config, access),
        "AWS::SageMaker::Endpoint": {
            "create": endpoint.create,
            "update": endpoint.update,
            "delete": endpoint.delete,
        },
    }


def _named(
    protocol: Protocol,
    resources: NamedResources,
    create_operation: Callable[[Access, Document], Document],
    access: Access,
) -> Provisioner:
    """Without an update: what changes is made anew, and the old one is deleted after."""
    field = f"{resources.word}Name"

    def create(logical_id: str, properties: dict[str, object], stack: str) -> Created:
        request = to_request(protocol, f"Create{resources.word}", properties)
        name = str(request.setdefault(field, fresh_name(stack, logical_id)))
        protocol.validate(f"Create{resources.word}", request)
        create_operation(access, request)
        return resources.arn(name), {field: name, "Id": resources.arn(name)}

    def delete(physical_id: str, properties: dict[str, object]) -> None:
        record = resources.store.find(_name_of(physical_id))
        if record is not None:
            resources.delete(access, {field: record[field]})

    return {"create": create, "delete": delete}


class _EndpointProvisioner:
    """Waits until the endpoint is in service, as CloudFormation does."""

    def __init__(self, protocol: Protocol, endpoints: Endpoints, access: Access) -> None:
        self._protocol = protocol
        self._endpoints = endpoints
        self._access = access

    def create(self, logical_id: str, properties: dict[str, object], stack: str) -> Created:
        request = to_request(self._protocol, "CreateEndpoint", properties)
        name = str(request.setdefault("EndpointName", fresh_name(stack, logical_id)))
        self._protocol.validate("CreateEndpoint", request)
        arn = self._endpoints.create(self._access, request)["EndpointArn"]
        self._wait(name)
        return arn, {"EndpointName": name}

    def update(self, physical_id: str, old: dict[str, object], new: dict[str, object], stack: str) -> Created:
        name = self._endpoints.name_of(_name_of(physical_id))
        if new.get("EndpointName", name) != name:
            raise ResourceFailedError("An endpoint's name cannot be changed; make a new one.")
        request = to_request(self._protocol, "UpdateEndpoint", {**new, "EndpointName": name})
        request.pop("Tags", None)
        if new.get("EndpointConfigName") != old.get("EndpointConfigName"):
            self._protocol.validate("UpdateEndpoint", request)
            self._endpoints.update(self._access, request)
            self._wait(name)
        return physical_id, {"EndpointName": name}

    def delete(self, physical_id: str, properties: dict[str, object]) -> None:
        name = _name_of(physical_id)
        try:
            self._endpoints.delete(self._access, {"EndpointName": name})
        except AwsError as error:
            _log.info("nothing to delete: %s", error)
        self._endpoints.wait_until_settled(name, _SETTLE_SECONDS)

    def _wait(self, name: str) -> None:
        record = self._endpoints.wait_until_settled(name, _SETTLE_SECONDS)
        if record is None or record["EndpointStatus"] == FAILED or record.get("FailureReason"):
            reason = record.get("FailureReason", "") if record else "it was deleted"
            raise ResourceFailedError(f"Endpoint {name} is not in service: {reason}")


def to_request(protocol: Protocol, operation: str, properties: Mapping[str, object]) -> Document:
    """A resource's properties as the operation takes them."""
    shape = protocol.operation(operation).input_shape
    return {name: _to_shape(_member(shape, name), value) for name, value in properties.items()}


def fresh_name(stack: str, logical_id: str) -> str:
    """Stack and resource, cut as CloudFormation cuts them, and twelve random characters."""
    suffix = secrets.token_hex(6)
    beginning = f"{stack}-{logical_id}"[: _NAME_CHARACTERS - len(suffix) - 1].rstrip("-")
    return f"{beginning}-{suffix}"


def _to_shape(shape: Shape | None, value: object) -> object:
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        return {name: _to_shape(_member(shape, name), member) for name, member in value.items()}
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_to_shape(shape.member, member) for member in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {key: _to_shape(shape.value, member) for key, member in value.items()}
    if shape is None or not isinstance(value, str | int | float):
        return value
    return _to_scalar(shape.type_name, value)


def _to_scalar(type_name: str, value: str | float) -> object:
    if type_name == "string":
        return value if isinstance(value, str) else str(value)
    if type_name == "boolean" and str(value).lower() in ("true", "false"):
        return str(value).lower() == "true"
    try:
        return _NUMBERS[type_name](value) if type_name in _NUMBERS else value
    except ValueError:
        return value  # the service model refuses it with its own words


def _member(shape: Shape | None, name: str) -> Shape | None:
    return shape.members.get(name) if isinstance(shape, StructureShape) else None


def _name_of(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]
