"""The images' build contexts: everything that a Dockerfile copies, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from aws_cdk import App, Stack

from infrastructure.bundling import ROOT
from infrastructure.images import make_image


def copied_by(dockerfile: Path) -> set[str]:
    """The sources of every COPY instruction."""
    lines = [line.split() for line in dockerfile.read_text().splitlines() if line.startswith("COPY ")]
    return {source for line in lines for source in line[1:-1]}


@pytest.fixture(params=["training_container", "inference_container"])
def container(request) -> str:
    return request.param


@pytest.fixture
def context(container, tmp_path) -> Path:
    """The folder that would be sent to Docker."""
    app = App(outdir=str(tmp_path))
    image = make_image(Stack(app, "stack"), "Image", uri=None, container=container)
    app.synth()
    assert image.asset is not None
    return tmp_path / f"asset.{image.asset.asset_hash}"


def test_context_holds_what_the_dockerfile_copies(container, context):
    sources = copied_by(ROOT / container / "Dockerfile")

    assert sources
    assert [source for source in sources if not (context / source).exists()] == []


def test_context_holds_nothing_else(container, context):
    sources = copied_by(ROOT / container / "Dockerfile")
    files = [path.relative_to(context) for path in context.rglob("*") if path.is_file()]

    strays = [
        str(path)
        for path in files
        if not any(path == Path(source) or Path(source) in path.parents for source in sources)
    ]

    assert strays == []
    assert [path for path in files if path.suffix == ".pyc"] == []


def test_image_is_one_that_sagemaker_takes(context):
    """For its processors, and with a Docker manifest: it refuses OCI manifests."""
    (assets,) = context.parent.glob("*.assets.json")
    (image,) = json.loads(assets.read_text())["dockerImages"].values()

    assert image["source"]["platform"] == "linux/amd64"
    assert image["source"]["dockerOutputs"] == ["type=docker,oci-mediatypes=false"]


def test_given_uri_is_used_as_it_is(tmp_path):
    image = make_image(Stack(App(outdir=str(tmp_path)), "stack"), "Image", uri="a:b", container="x")

    assert (image.uri, image.asset) == ("a:b", None)
