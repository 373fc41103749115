"""Models and endpoint configurations: what an endpoint will run, and how large. Nothing runs yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from localcloud.sagemaker.access import Access, check_creation
from localcloud.sagemaker.documents import ENDPOINT_CONFIG, MODEL, Document, Place, now
from localcloud.sagemaker.listing import Listing
from localcloud.sagemaker.object_store import ObjectName
from localcloud.sagemaker.ports import CredentialsForRole
from localcloud.sagemaker.protocol import invalid, unsupported
from localcloud.sagemaker.store import RecordStore
from localcloud.sagemaker.tags import TagStore
from localcloud.sagemaker.training_plan import find_command

_REFUSED_OF_MODEL = ("Containers", "InferenceExecutionConfig")
_REFUSED_OF_CONTAINER = (
    "AdditionalModelDataSources",
    "InferenceSpecificationName",
    "ModelDataSource",
    "ModelPackageName",
    "MultiModelConfig",
)
_REFUSED_OF_CONFIG = (
    "AsyncInferenceConfig",
    "DataCaptureConfig",
    "ExecutionRoleArn",
    "ExplainerConfig",
    "ShadowProductionVariants",
)
_REFUSED_OF_VARIANT = (
    "AcceleratorType",
    "CapacityReservationConfig",
    "CoreDumpConfig",
    "InstancePools",
    "ManagedInstanceScaling",
)
_MEMORY_SIZES_MB = range(1024, 6145, 1024)


@dataclass(frozen=True)
class VariantSpec:
    """All that one server process is started from."""

    name: str
    image: str
    command: list[str]
    environment: dict[str, str]
    role_arn: str
    model_data: ObjectName | None
    is_isolated: bool
    max_concurrency: int | None  # of a serverless variant; None for a provisioned one
    startup_seconds: float | None = None

    @property
    def is_serverless(self) -> bool:
        return self.max_concurrency is not None


@dataclass(frozen=True)
class NamedResources:
    """One kind of thing that is created, described, listed and deleted, and does nothing else."""

    kind: str
    word: str  # `Model`, in operations and fields
    place: Place
    store: RecordStore
    tags: TagStore
    listing: Listing

    def describe(self, access: Access, request: Document) -> Document:
        name = request[f"{self.word}Name"]
        access.check(f"Describe{self.word}", self.arn(name))
        return self.find(name)

    def list(self, access: Access, request: Document) -> Document:
        access.check(f"List{self.word}s", "*")
        return self.listing.answer(self.store.all(), request)

    def delete(self, access: Access, request: Document) -> Document:
        name = request[f"{self.word}Name"]
        access.check(f"Delete{self.word}", self.arn(name))
        self.find(name)
        self.store.delete(name)
        self.tags.set(self.arn(name), [])
        return {}

    def find(self, name: str) -> Document:
        """Raises `AwsError` as AWS words it."""
        record = self.store.find(name)
        if record is None:
            what = {MODEL: "model", ENDPOINT_CONFIG: "endpoint configuration"}.get(self.kind, "endpoint")
            raise invalid(f'Could not find {what} "{self.arn(name)}".')
        return record

    def add(self, request: Document) -> Document:
        """The creating operation's answer."""
        name = request[f"{self.word}Name"]
        arn = self.arn(name)
        record = {key: value for key, value in request.items() if key != "Tags"}
        if not self.store.add(name, record | {f"{self.word}Arn": arn, "CreationTime": now()}):
            raise invalid(f'Cannot create already existing {self.kind.replace("-", " ")} "{arn}".')
        self.tags.set(arn, request.get("Tags", []))
        return {f"{self.word}Arn": arn}

    def arn(self, name: str) -> str:
        return self.place.arn(self.kind, name)


class Models:
    """The model and endpoint configuration operations that are more than records."""

    def __init__(
        self,
        place: Place,
        model_store: RecordStore,
        config_store: RecordStore,
        tags: TagStore,
        images: Mapping[str, list[str]],
        credentials_for_role: CredentialsForRole,
    ) -> None:
        self.models = NamedResources(MODEL, "Model", place, model_store, tags, _listing("Model"))
        self.configs = NamedResources(
            ENDPOINT_CONFIG, "EndpointConfig", place, config_store, tags, _listing("EndpointConfig")
        )
        self._images = images
        self._credentials_for_role = credentials_for_role

    def create_model(self, access: Access, request: Document) -> Document:
        check_creation(access, "CreateModel", self.models.arn(request["ModelName"]), request)
        _refuse(request, _REFUSED_OF_MODEL)
        container, role_arn = request.get("PrimaryContainer"), request.get("ExecutionRoleArn")
        if container is None or role_arn is None:
            raise invalid("A model needs PrimaryContainer and ExecutionRoleArn.")
        access.check_pass_role(role_arn)
        _refuse(container, _REFUSED_OF_CONTAINER)
        if container.get("Mode", "SingleModel") != "SingleModel":
            raise unsupported(f"the container mode {container['Mode']}")
        find_command(self._images, container.get("Image", ""))
        _model_data(container)
        self._credentials_for_role(role_arn)
        return self.models.add(request)

    def create_config(self, access: Access, request: Document) -> Document:
        check_creation(
            access, "CreateEndpointConfig", self.configs.arn(request["EndpointConfigName"]), request
        )
        _refuse(request, _REFUSED_OF_CONFIG)
        _validate_variant(request["ProductionVariants"])
        self.models.find(request["ProductionVariants"][0]["ModelName"])
        return self.configs.add(request)

    def spec(self, config_name: str) -> VariantSpec:
        """What an endpoint with this configuration runs. Raises `AwsError`."""
        config = self.configs.find(config_name)
        variant = config["ProductionVariants"][0]
        model = self.models.find(variant["ModelName"])
        container = model["PrimaryContainer"]
        spec = VariantSpec(
            name=variant["VariantName"],
            image=container["Image"],
            command=find_command(self._images, container["Image"]),
            environment=container.get("Environment", {}),
            role_arn=model["ExecutionRoleArn"],
            model_data=_model_data(container),
            is_isolated=bool(model.get("EnableNetworkIsolation") or config.get("EnableNetworkIsolation")),
            max_concurrency=variant.get("ServerlessConfig", {}).get("MaxConcurrency"),
        )
        startup = variant.get("ContainerStartupHealthCheckTimeoutInSeconds")
        return replace(spec, startup_seconds=float(startup)) if startup else spec


def _validate_variant(variants: list[Document]) -> None:
    if len(variants) > 1:
        raise unsupported("several production variants")
    variant = variants[0]
    _refuse(variant, _REFUSED_OF_VARIANT)
    if "ModelName" not in variant:
        raise unsupported("a production variant without a model")
    serverless = variant.get("ServerlessConfig")
    if serverless is None:
        if not variant.get("InstanceType") or not variant.get("InitialInstanceCount"):
            raise invalid("A production variant needs InstanceType and InitialInstanceCount.")
        return
    if "InstanceType" in variant or "InitialInstanceCount" in variant:
        raise invalid("A serverless production variant has no InstanceType and no InitialInstanceCount.")
    if serverless["MemorySizeInMB"] not in _MEMORY_SIZES_MB:
        raise invalid(f"MemorySizeInMB must be one of {', '.join(map(str, _MEMORY_SIZES_MB))}.")
    _refuse(serverless, ("ProvisionedConcurrency",))


def _model_data(container: Document) -> ObjectName | None:
    if "ModelDataUrl" not in container:
        return None
    try:
        return ObjectName.of_uri(container["ModelDataUrl"])
    except ValueError as error:
        raise invalid(f"{error}.") from error


def _listing(word: str) -> Listing:
    return Listing(
        list_field=f"{word}s",
        name_field=f"{word}Name",
        summary_fields=(f"{word}Name", f"{word}Arn", "CreationTime"),
    )


def _refuse(document: Document, fields: tuple[str, ...]) -> None:
    given = [field for field in fields if field in document]
    if given:
        raise unsupported(", ".join(given))
