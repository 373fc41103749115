"""A deployed stack as a client needs to know it, and the file that describes the running local cloud."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from localcloud.errors import DeployFailedError

DESCRIPTION_FILE = "deployment.json"


@dataclass(frozen=True)
class Deployment:
    """The stack's outputs; `api_url` is the one that can be called from this machine."""

    outputs: Mapping[str, str]
    region: str
    api_url: str
    user_pool_id: str
    user_pool_client_id: str
    table_name: str
    library_bucket: str
    artifacts_bucket: str
    endpoint_name: str
    state_machine_arn: str

    @staticmethod
    def of_outputs(outputs: Mapping[str, str], endpoint_url: str, region: str) -> Deployment:
        """Raises `DeployFailedError` naming an output that is missing."""
        try:
            return Deployment(
                outputs=dict(outputs),
                region=region,
                api_url=f"{endpoint_url}/_aws/execute-api/{outputs['ApiId']}/{outputs['ApiStageName']}",
                user_pool_id=outputs["UserPoolId"],
                user_pool_client_id=outputs["UserPoolClientId"],
                table_name=outputs["TableName"],
                library_bucket=outputs["LibraryBucketName"],
                artifacts_bucket=outputs["ArtifactsBucketName"],
                endpoint_name=outputs["EndpointName"],
                state_machine_arn=outputs["StateMachineArn"],
            )
        except KeyError as error:
            raise DeployFailedError(f"the stack has no output {error}") from error


def write_description(path: Path, deployment: Deployment, endpoint_url: str, pid: int) -> None:
    """Writes `deployment.json` for other processes of this machine; replaces it in one step."""
    description = {
        "endpointUrl": endpoint_url,
        "apiUrl": deployment.api_url,
        "region": deployment.region,
        "userPoolId": deployment.user_pool_id,
        "userPoolClientId": deployment.user_pool_client_id,
        "pid": pid,
        "outputs": dict(deployment.outputs),
    }
    draft = path.with_suffix(".part")
    draft.write_text(json.dumps(description, indent=2) + "\n")
    draft.replace(path)
