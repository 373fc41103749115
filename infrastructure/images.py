"""The two container images: a fixed URI where a stage names one, else built from the repository on deploy.

Synthesis only copies the few files that an image is built from; Docker is needed when they are published.
"""

from __future__ import annotations

from typing import NamedTuple

from aws_cdk import IgnoreMode
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_iam as iam
from constructs import Construct

from infrastructure.bundling import ROOT

_REQUIREMENTS = {
    "training_container": ["requirements/training.txt", "requirements/torch.txt"],
    "inference_container": ["requirements/inference.txt"],
}


class Image(NamedTuple):
    """An image's URI, and the asset behind it when it is ours to build."""

    uri: str
    asset: ecr_assets.DockerImageAsset | None

    def grant_pull(self, role: iam.Role) -> None:
        """Lets `role` pull the image; a fixed URI is the operator's business."""
        if self.asset is not None:
            self.asset.repository.grant_pull(role)


def make_image(scope: Construct, construct_id: str, *, uri: str | None, container: str) -> Image:
    """The image of `container`, a folder with a Dockerfile that copies from the repository's root."""
    if uri is not None:
        return Image(uri, None)
    asset = ecr_assets.DockerImageAsset(
        scope,
        construct_id,
        directory=str(ROOT),
        file=f"{container}/Dockerfile",
        platform=ecr_assets.Platform.LINUX_AMD64,
        # SageMaker refuses OCI manifests, which Docker writes by default where containerd keeps its images.
        outputs=["type=docker,oci-mediatypes=false"],
        ignore_mode=IgnoreMode.DOCKER,
        exclude=image_excludes(container),
    )
    return Image(asset.image_uri, asset)


def image_excludes(container: str) -> list[str]:
    """Everything but what the image is made from, so that nothing else changes or enters it."""
    wanted = ["contract", "music", container, *_REQUIREMENTS[container]]
    return ["*", *(f"!{name}" for name in wanted), "**/__pycache__", "**/*.pyc"]
