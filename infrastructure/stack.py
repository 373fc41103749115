"""The whole of Continuo as one stack: the constructs, and what they show to the outside."""

from __future__ import annotations

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from infrastructure.api import STAGE_NAME, Api
from infrastructure.checks import add_checks
from infrastructure.functions import make_runtime
from infrastructure.identity import Identity
from infrastructure.inference import Inference
from infrastructure.monitoring import DeadLetters, Monitoring
from infrastructure.settings import StageSettings
from infrastructure.storage import Storage
from infrastructure.training import Training


class ContinuoStack(Stack):
    """One stage of Continuo."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: StageSettings) -> None:
        super().__init__(
            scope,
            construct_id,
            description="Continuo: train a model on Bach, and let it accompany your melodies.",
            termination_protection=settings.keep_data_on_delete,
        )
        shared = make_runtime(settings)
        storage = Storage(self, "Storage", settings=settings)
        identity = Identity(self, "Identity", settings=settings)
        dead_letters = DeadLetters(self, "DeadLetters").queue
        training = Training(
            self, "Training", settings=settings, storage=storage, shared=shared, dead_letters=dead_letters
        )
        inference = Inference(
            self, "Inference", settings=settings, storage=storage, shared=shared, dead_letters=dead_letters
        )
        api = Api(
            self,
            "Api",
            settings=settings,
            storage=storage,
            identity=identity,
            inference=inference,
            shared=shared,
        )
        Monitoring(self, "Monitoring", dead_letters=dead_letters, state_machine=training.state_machine)
        self._show(storage, identity, training, inference, api)
        add_checks(self)

    def _show(
        self, storage: Storage, identity: Identity, training: Training, inference: Inference, api: Api
    ) -> None:
        outputs = {
            "ApiUrl": api.rest_api.url,
            "ApiId": api.rest_api.rest_api_id,
            "ApiStageName": STAGE_NAME,
            "UserPoolId": identity.user_pool.user_pool_id,
            "UserPoolClientId": identity.client.user_pool_client_id,
            "TableName": storage.table.table_name,
            "LibraryBucketName": storage.library.bucket_name,
            "ArtifactsBucketName": storage.artifacts.bucket_name,
            "EndpointName": inference.endpoint_name,
            "StateMachineArn": training.state_machine.state_machine_arn,
        }
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)
