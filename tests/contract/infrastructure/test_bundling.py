"""The Lambda bundle: the same inputs give the same files, and other inputs another asset."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pytest

from infrastructure import bundling

HOST_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


def digest_of(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("bundle")
    bundling.write_bundle(folder, "host", HOST_VERSION)
    return folder


def test_bundle_is_the_same_every_time(bundle, tmp_path):
    bundling.write_bundle(tmp_path, "host", HOST_VERSION)

    assert digest_of(tmp_path) == digest_of(bundle)


def test_bundle_holds_our_code_and_its_dependencies(bundle):
    names = {path.name for path in bundle.iterdir()}

    assert {"contract", "lambdas", "aws_lambda_powertools", "pydantic"} <= names


def test_bundle_leaves_the_aws_sdk_to_the_runtime(bundle):
    names = {path.name for path in bundle.iterdir()}

    assert not names & {"boto3", "botocore", "bin", ".lock"}


def test_every_source_of_the_bundle_comes_with_unchecked_bytecode(bundle):
    sources = [path for path in bundle.rglob("*.py") if "__pycache__" not in path.parts]
    tag = sys.implementation.cache_tag

    flags = {
        int.from_bytes((path.parent / "__pycache__" / f"{path.stem}.{tag}.pyc").read_bytes()[4:8], "little")
        for path in sources
    }

    assert flags == {0b01}  # hash-based, not checked against the source


def test_hash_tells_platforms_apart():
    hashes = {bundling.bundle_hash(name, HOST_VERSION) for name in ("host", "x86_64", "arm64")}

    assert len(hashes) == 3


def test_hash_follows_the_lock(tmp_path):
    changed = tmp_path / bundling.LOCK.name
    changed.write_bytes(bundling.LOCK.read_bytes() + b"\n")

    hashes = [bundling.bundle_hash("arm64", HOST_VERSION, path) for path in (bundling.LOCK, changed)]

    assert hashes[0] != hashes[1]


@pytest.mark.parametrize(
    ("lambda_platform", "wheels"), [("x86_64", "x86_64-manylinux2014"), ("arm64", "aarch64-manylinux2014")]
)
def test_wheels_are_those_that_the_oldest_runtime_can_load(lambda_platform, wheels):
    """Python 3.11 runs on Amazon Linux 2, whose glibc is 2.26; manylinux2014 asks for 2.17."""
    options = bundling.wheel_options(lambda_platform, "3.11")

    assert options == ["--python-platform", wheels, "--python-version", "3.11"]


def test_runtime_whose_bytecode_cannot_be_written_is_refused():
    other = "3.12" if HOST_VERSION == "3.11" else "3.11"

    with pytest.raises(bundling.PythonVersionError, match=f"Run CDK with Python {other}, or set"):
        bundling.resolve_python_version(other)


def test_host_runtime_is_this_interpreter():
    assert bundling.resolve_python_version("host") == HOST_VERSION
