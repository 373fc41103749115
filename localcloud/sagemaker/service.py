"""The local SageMaker: put together here, and every request's way from bytes to bytes.

It knows no emulator: rights, credentials and events come through `ports`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from localcloud.sagemaker.access import Access, CallerAccess, RuntimeAccess
from localcloud.sagemaker.clients import ClientFactory
from localcloud.sagemaker.documents import Document, Place
from localcloud.sagemaker.endpoints import Endpoints
from localcloud.sagemaker.models import Models
from localcloud.sagemaker.ports import (
    Answer,
    Authorize,
    AwsError,
    Caller,
    CredentialsForRole,
    Headers,
    Provisioner,
    PublishEvent,
    Query,
)
from localcloud.sagemaker.processes import ENDPOINTS, TRAINING, ChildProcesses
from localcloud.sagemaker.protocol import (
    TARGET_PREFIX,
    Protocol,
    encode_answer,
    encode_error,
    unknown_operation,
)
from localcloud.sagemaker.provisioners import make_provisioners
from localcloud.sagemaker.runtime import Runtime
from localcloud.sagemaker.store import RecordStore
from localcloud.sagemaker.tags import TagOperations, TagStore
from localcloud.sagemaker.timing import Timing
from localcloud.sagemaker.training_jobs import TrainingJobs
from localcloud.sagemaker.training_record import TrainingRecords
from localcloud.sagemaker.training_run import Surroundings

Operation = Callable[[Access, Document], Document]

_SHUTDOWN_SECONDS = 2.0
_log = logging.getLogger(__name__)


class SageMakerService:
    """`ports.LocalService` for SageMaker. Its state lies below `root` and outlives it."""

    def __init__(
        self,
        *,
        root: Path,
        images: Mapping[str, list[str]],
        endpoint_url: str,
        authorize: Authorize,
        credentials_for_role: CredentialsForRole,
        publish_event: PublishEvent,
        account: str,
        region: str,
        timing: Timing | None = None,
    ) -> None:
        root = root.resolve()
        for folder in (root / "jobs", root / "endpoints"):
            folder.mkdir(parents=True, exist_ok=True)
        timing, place = timing or Timing(), Place(account, region)
        self._authorize = authorize
        self._protocol = Protocol()
        self._processes = ChildProcesses(root / "processes.json")
        if self._processes.leftovers:
            _log.warning("ended what an earlier run left behind: %s", self._processes.leftovers)
        stores = {
            name: RecordStore(root / "records" / name)
            for name in ("training-jobs", "models", "endpoint-configs", "endpoints", "tags")
        }
        clients, tags = ClientFactory(endpoint_url, region), TagStore(stores["tags"])
        records = TrainingRecords(stores["training-jobs"], place, publish_event)
        around = Surroundings(root / "jobs", place, clients, self._processes, records, timing)
        self._training = TrainingJobs(around, images, credentials_for_role, tags)
        self._models = Models(
            place, stores["models"], stores["endpoint-configs"], tags, images, credentials_for_role
        )
        self._endpoints = Endpoints(
            root=root / "endpoints",
            place=place,
            store=stores["endpoints"],
            tags=tags,
            models=self._models,
            clients=clients,
            processes=self._processes,
            credentials_for_role=credentials_for_role,
            timing=timing,
        )
        self._runtime = Runtime(self._endpoints, place)
        known = [store for name, store in stores.items() if name != "tags"]
        self._operations = self._make_operations(TagOperations(tags, lambda arn: _has_arn(known, arn)))

    async def handle(self, method: str, path: str, headers: Headers, body: bytes, query: Query) -> Answer:
        """Both protocols: JSON 1.1 for SageMaker, REST for its runtime. Header names in any case."""
        headers = {name.lower(): value for name, value in headers.items()}
        access = CallerAccess(self._authorize, Caller.of_request(headers, query))
        body = body.encode() if isinstance(body, str) else body
        if self._runtime.answers(method, path):
            return await self._runtime.handle(RuntimeAccess(access), path, headers, body)
        target = headers.get("x-amz-target", "")
        try:
            return encode_answer(self._call(access, target, body))
        except AwsError as error:
            _log.info("%s refused: %s: %s", target, error.code, error.message)
            return encode_error(error)

    def provisioners(self) -> Mapping[str, Provisioner]:
        return make_provisioners(self._protocol, self._models, self._endpoints)

    def training_process_ids(self, training_job_name: str) -> list[int]:
        return self._processes.ids(TRAINING, training_job_name)

    def endpoint_process_ids(self, endpoint_name: str) -> list[int]:
        return self._processes.ids(ENDPOINTS, endpoint_name)

    def put_endpoint_to_sleep(self, endpoint_name: str) -> None:
        """A serverless endpoint's next invocation is a cold start. Raises `AwsError`."""
        self._endpoints.sleep(endpoint_name)

    def shutdown(self) -> None:
        self._endpoints.shutdown()
        self._runtime.shutdown()
        self._training.shutdown(_SHUTDOWN_SECONDS)
        self._processes.shutdown(_SHUTDOWN_SECONDS)

    def _call(self, access: Access, target: str, body: bytes) -> Document:
        if not target.startswith(TARGET_PREFIX):
            raise unknown_operation(f"The request names no operation of SageMaker: {target!r}.")
        name = target.removeprefix(TARGET_PREFIX)
        self._protocol.operation(name)
        operation = self._operations.get(name)
        if operation is None:
            _log.warning("%s was asked for: the local SageMaker does not have it", name)
            raise unknown_operation(f"The local SageMaker does not have the operation {name}.")
        return operation(access, self._protocol.decode(name, body))

    def _make_operations(self, tags: TagOperations) -> dict[str, Operation]:
        training, endpoints = self._training, self._endpoints
        models, configs = self._models.models, self._models.configs
        return {
            "CreateTrainingJob": training.create,
            "DescribeTrainingJob": training.describe,
            "ListTrainingJobs": training.list,
            "StopTrainingJob": training.stop,
            "CreateModel": self._models.create_model,
            "DescribeModel": models.describe,
            "ListModels": models.list,
            "DeleteModel": models.delete,
            "CreateEndpointConfig": self._models.create_config,
            "DescribeEndpointConfig": configs.describe,
            "ListEndpointConfigs": configs.list,
            "DeleteEndpointConfig": configs.delete,
            "CreateEndpoint": endpoints.create,
            "DescribeEndpoint": endpoints.describe,
            "ListEndpoints": endpoints.list,
            "UpdateEndpoint": endpoints.update,
            "DeleteEndpoint": endpoints.delete,
            "AddTags": tags.add,
            "ListTags": tags.list,
            "DeleteTags": tags.delete,
        }


def _has_arn(stores: list[RecordStore], arn: str) -> bool:
    name = arn.rsplit("/", 1)[-1]
    return any(arn in map(str, (store.find(name) or {}).values()) for store in stores)
