"""Registers a service of ours beside the emulator's own: requests, CloudFormation types, events."""

from __future__ import annotations

from collections.abc import Mapping

from ministack import app
from ministack.core.responses import set_request_account_id, set_request_region
from ministack.core.router import SERVICE_PATTERNS
from ministack.services import eventbridge
from ministack.services.cloudformation import stacks
from ministack.services.cloudformation.provisioners import _RESOURCE_HANDLERS

from localcloud.sagemaker.ports import Answer, AwsError, LocalService


def register(name: str, target_prefix: str, service: LocalService) -> None:
    """The service answers requests that are signed for `name` or carry the target prefix."""

    async def answer(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, list[str]]
    ) -> Answer:
        return await service.handle(method, path, headers, body, query)

    app.SERVICE_HANDLERS[name] = answer
    SERVICE_PATTERNS[name] = {"target_prefixes": [target_prefix], "host_patterns": [], "path_patterns": []}
    provisioners = service.provisioners()
    _RESOURCE_HANDLERS.update(provisioners)
    _let_wait(frozenset(provisioners))


def _let_wait(resource_types: frozenset[str]) -> None:
    """Provisions these types on a worker thread, where they may wait for a server to come up."""
    is_known_to_wait = stacks._runs_on_worker_thread

    def runs_on_worker_thread(resource_type: str) -> bool:
        return resource_type in resource_types or bool(is_known_to_wait(resource_type))

    stacks._runs_on_worker_thread = runs_on_worker_thread


def publish_event(entry: dict[str, object], account: str, region: str) -> None:
    """Puts an event on the default bus, whatever its source; the emulator refuses `aws.*` from outside."""
    set_request_account_id(account)
    set_request_region(region)
    status, _, body = eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
    if status != 200:
        raise AwsError("InternalError", f"the event was refused: {body!r}", 500)
