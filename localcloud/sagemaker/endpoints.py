"""The endpoint operations, and the watch over all endpoints' servers.

Creating and updating happen beside the request, as on AWS: the answer comes at once, the status tells the
rest. An update serves from the old server until the new one is well; if it never is, the old one stays.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from localcloud.sagemaker.access import Access, check_creation
from localcloud.sagemaker.clients import ClientFactory
from localcloud.sagemaker.documents import ENDPOINT, Document, Place, now
from localcloud.sagemaker.listing import Listing
from localcloud.sagemaker.model_server import ServingSurroundings, StartFailedError
from localcloud.sagemaker.models import Models, NamedResources
from localcloud.sagemaker.ports import AwsError, CredentialsForRole
from localcloud.sagemaker.processes import ChildProcesses
from localcloud.sagemaker.protocol import invalid, unsupported
from localcloud.sagemaker.store import RecordStore
from localcloud.sagemaker.tags import TagStore
from localcloud.sagemaker.timing import Timing
from localcloud.sagemaker.variants import Variant

IN_SERVICE, CREATING, UPDATING, FAILED, DELETING = "InService", "Creating", "Updating", "Failed", "Deleting"
_BUSY = frozenset({CREATING, UPDATING, DELETING})
_REASON_CHARACTERS = 1024


class Endpoints:
    """All endpoints of the local cloud."""

    def __init__(
        self,
        *,
        root: Path,
        place: Place,
        store: RecordStore,
        tags: TagStore,
        models: Models,
        clients: ClientFactory,
        processes: ChildProcesses,
        credentials_for_role: CredentialsForRole,
        timing: Timing,
    ) -> None:
        listing = Listing(
            list_field="Endpoints",
            name_field="EndpointName",
            status_field="EndpointStatus",
            summary_fields=(
                "EndpointName",
                "EndpointArn",
                "CreationTime",
                "LastModifiedTime",
                "EndpointStatus",
            ),
        )
        self._records = NamedResources(ENDPOINT, "Endpoint", place, store, tags, listing)
        self._models = models
        self._around = ServingSurroundings(root, place, clients, processes, credentials_for_role, timing)
        self._variants: dict[str, Variant] = {}
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._take_up()
        threading.Thread(target=self._supervise, name="endpoint supervisor", daemon=True).start()

    def create(self, access: Access, request: Document) -> Document:
        name, config_name = request["EndpointName"], request["EndpointConfigName"]
        check_creation(access, "CreateEndpoint", self._records.arn(name), request)
        access.check("CreateEndpoint", self._models.configs.arn(config_name))
        if "DeploymentConfig" in request:
            raise unsupported("DeploymentConfig")
        variant = Variant(name, self._models.spec(config_name), self._around)
        status = {"EndpointStatus": CREATING, "LastModifiedTime": now()}
        answer = self._records.add(
            request | status | {"ProductionVariants": _summarize(self._models, config_name)}
        )
        with self._lock:
            self._variants[name.lower()] = variant
        self._in_background(name, lambda: self._bring_up(name, variant))
        return answer

    def update(self, access: Access, request: Document) -> Document:
        name, config_name = request["EndpointName"], request["EndpointConfigName"]
        access.check("UpdateEndpoint", self._records.arn(name))
        access.check("UpdateEndpoint", self._models.configs.arn(config_name))
        for field in ("DeploymentConfig", "ExcludeRetainedVariantProperties"):
            if field in request:
                raise unsupported(field)
        record = self._idle(name)
        variant = Variant(name, self._models.spec(config_name), self._around)
        changes: Document = {"EndpointStatus": UPDATING, "LastModifiedTime": now(), "FailureReason": None}
        self._records.store.update(name, changes)
        self._in_background(name, lambda: self._replace(name, record, config_name, variant))
        return {"EndpointArn": record["EndpointArn"]}

    def describe(self, access: Access, request: Document) -> Document:
        return self._records.describe(access, request)

    def list(self, access: Access, request: Document) -> Document:
        return self._records.list(access, request)

    def delete(self, access: Access, request: Document) -> Document:
        name = request["EndpointName"]
        access.check("DeleteEndpoint", self._records.arn(name))
        if self._records.find(name)["EndpointStatus"] == DELETING:
            raise invalid("Cannot update in-progress endpoint.")
        self._records.store.update(name, {"EndpointStatus": DELETING, "LastModifiedTime": now()})
        self._in_background(name, lambda: self._remove(name))
        return {}

    def name_of(self, name: str) -> str:
        """The name as it was given at the creation: ARNs have it in lower case. Raises `AwsError`."""
        found: str = self._records.find(name)["EndpointName"]
        return found

    def find_variant(self, name: str) -> Variant | None:
        """The variant that answers an endpoint's requests; None when it is unknown or not in service."""
        record = self._records.store.find(name)
        if record is None or record["EndpointStatus"] not in (IN_SERVICE, UPDATING):
            return None
        with self._lock:
            return self._variants.get(name.lower())

    def wait_until_settled(self, name: str, seconds: float) -> Document | None:
        """The record once nothing is under way; None when there is none (any more)."""
        deadline = time.monotonic() + seconds
        record = self._records.store.find(name)
        while record is not None and record["EndpointStatus"] in _BUSY and time.monotonic() < deadline:
            time.sleep(min(0.05, self._around.timing.poll))
            record = self._records.store.find(name)
        return record

    def sleep(self, name: str) -> None:
        variant = self.find_variant(name)
        if variant is None or not variant.spec.is_serverless:
            raise invalid(f"{name} is no serverless endpoint in service.")
        variant.sleep()

    def shutdown(self) -> None:
        """Nothing is started any more; the processes themselves are ended by their owner."""
        self._closing.set()

    def _bring_up(self, name: str, variant: Variant) -> None:
        try:
            variant.bring_up()
        except StartFailedError as error:
            self._settle(name, EndpointStatus=FAILED, FailureReason=str(error)[:_REASON_CHARACTERS])
        else:
            self._settle(name, EndpointStatus=IN_SERVICE)

    def _replace(self, name: str, record: Document, config_name: str, variant: Variant) -> None:
        try:
            variant.bring_up()
        except StartFailedError as error:
            reason = str(error)[:_REASON_CHARACTERS]
            self._settle(name, EndpointStatus=record["EndpointStatus"], FailureReason=reason)
            return
        with self._lock:
            old = self._variants.get(name.lower())
            self._variants[name.lower()] = variant
        summaries = _summarize(self._models, config_name)
        self._settle(
            name,
            EndpointStatus=IN_SERVICE,
            EndpointConfigName=config_name,
            ProductionVariants=summaries,
        )
        if old is not None:
            old.close(self._around.timing.drain)

    def _remove(self, name: str) -> None:
        with self._lock:
            variant = self._variants.pop(name.lower(), None)
        if variant is not None:
            variant.close(self._around.timing.drain)
        self._records.store.delete(name)
        self._records.tags.set(self._records.arn(name), [])

    def _settle(self, name: str, **changes: object) -> None:
        """The end of a creation or an update, unless the endpoint is being deleted meanwhile."""
        record = self._records.store.find(name)
        if record is not None and record["EndpointStatus"] in (CREATING, UPDATING):
            self._records.store.update(name, {**changes, "LastModifiedTime": now()})

    def _idle(self, name: str) -> Document:
        record = self._records.find(name)
        if record["EndpointStatus"] in _BUSY:
            raise invalid(f'Cannot update in-progress endpoint "{record["EndpointArn"]}".')
        return record

    def _take_up(self) -> None:
        """Endpoints of an earlier run: those in service are served again, others have failed."""
        for record in self._records.store.all():
            name = record["EndpointName"]
            if record["EndpointStatus"] == FAILED:
                continue
            try:
                if record["EndpointStatus"] not in (IN_SERVICE, UPDATING):
                    raise invalid(
                        f"The local cloud stopped while the endpoint was {record['EndpointStatus']}."
                    )
                spec = self._models.spec(record["EndpointConfigName"])
            except AwsError as error:
                self._records.store.update(name, {"EndpointStatus": FAILED, "FailureReason": error.message})
                continue
            self._records.store.update(name, {"EndpointStatus": IN_SERVICE})
            self._variants[name.lower()] = Variant(name, spec, self._around)

    def _supervise(self) -> None:
        while not self._closing.wait(self._around.timing.supervise):
            with self._lock:
                variants = list(self._variants.values())
            for variant in variants:
                variant.supervise()

    def _in_background(self, name: str, work: Callable[[], None]) -> None:
        threading.Thread(target=work, name=f"endpoint {name}", daemon=True).start()


def _summarize(models: Models, config_name: str) -> list[Document]:
    """`ProductionVariants` of the description."""
    variant = models.configs.find(config_name)["ProductionVariants"][0]
    image = models.spec(config_name).image
    weight = variant.get("InitialVariantWeight", 1.0)
    summary: Document = {
        "VariantName": variant["VariantName"],
        "DeployedImages": [{"SpecifiedImage": image, "ResolvedImage": image, "ResolutionTime": now()}],
        "CurrentWeight": weight,
        "DesiredWeight": weight,
    }
    if "ServerlessConfig" in variant:
        sizes: Document = dict.fromkeys(_sized("ServerlessConfig"), variant["ServerlessConfig"])
    else:
        sizes = dict.fromkeys(_sized("InstanceCount"), variant["InitialInstanceCount"])
    return [summary | sizes]


def _sized(field: str) -> tuple[str, str]:
    return f"Current{field}", f"Desired{field}"
