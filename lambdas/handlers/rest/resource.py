"""What every resource's routes stand on: the services, the request in hand, and JSON answers."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response

from contract.base import WireModel
from lambdas.bootstrap import ApiServices
from lambdas.handlers.rest.requests import JSON, owner_of


class Resource:
    """Routes over one kind of thing."""

    def __init__(self, services: ApiServices, app: APIGatewayRestResolver) -> None:
        self.services = services
        self.app = app

    @property
    def owner(self) -> str:
        """Who asks now."""
        return owner_of(self.app.current_event)


def answer(
    body: WireModel, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> Response[str]:
    return Response(status, JSON, body.to_json(), headers=dict(headers or {}))
