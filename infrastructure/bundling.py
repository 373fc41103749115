"""Bundles the Lambdas without Docker: dependencies from the hashed lock, our code, and bytecode.

One bundle serves every function. The same sources, lock, platform and Python version give the same files,
so the asset's hash is taken over those, and a bundle that lies in `cdk.out` already is not built again.
The AWS SDK is not bundled: the runtime brings it.
"""

from __future__ import annotations

import compileall
import hashlib
import platform
import py_compile
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jsii
from aws_cdk import AssetHashType, BundlingOptions, DockerImage, ILocalBundling
from aws_cdk import aws_lambda as lambda_

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements" / "lambdas.txt"
PACKAGES = ("contract", "lambdas")
# The runtime of Python 3.11 is Amazon Linux 2 with glibc 2.26: a wheel for 2.28 would install and not load.
_WHEEL_PLATFORMS = {"x86_64": "x86_64-manylinux2014", "arm64": "aarch64-manylinux2014"}
_HOST_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


class PythonVersionError(RuntimeError):
    """The bundle's bytecode would not fit the runtime."""


def resolve_python_version(wanted: str) -> str:
    """The runtime's Python version. Raises when this interpreter cannot write bytecode for it."""
    if wanted not in ("host", _HOST_VERSION):
        raise PythonVersionError(
            f"the Lambda runtime is python{wanted} but CDK runs on Python {_HOST_VERSION}, whose bytecode "
            f"that runtime would throw away. Run CDK with Python {wanted}, or set pythonVersion in cdk.json."
        )
    return _HOST_VERSION


def resolve_architecture(wanted: str) -> lambda_.Architecture:
    """The functions' processor architecture; `host` is this machine's."""
    machine = platform.machine() if wanted == "host" else wanted
    return lambda_.Architecture.ARM_64 if machine in ("arm64", "aarch64") else lambda_.Architecture.X86_64


def make_code(lambda_platform: str, python_version: str) -> lambda_.Code:
    """The one bundle that every function runs from."""
    return lambda_.Code.from_asset(
        str(ROOT / "lambdas"),
        asset_hash=bundle_hash(lambda_platform, python_version),
        asset_hash_type=AssetHashType.CUSTOM,
        bundling=BundlingOptions(
            image=DockerImage.from_registry("unused"),  # mandatory, though the local bundler never declines
            local=LockedBundler(lambda_platform, python_version),
        ),
    )


@jsii.implements(ILocalBundling)
class LockedBundler:
    """CDK's hook for bundling without an image."""

    def __init__(self, lambda_platform: str, python_version: str) -> None:
        self._platform = lambda_platform
        self._python_version = python_version

    def try_bundle(self, output_dir: str, options: object = None, **_: object) -> bool:
        write_bundle(Path(output_dir), self._platform, self._python_version)
        return True


def write_bundle(folder: Path, lambda_platform: str, python_version: str) -> None:
    """Fills `folder` with what a function's root holds. Raises when a dependency cannot be installed."""
    _install_dependencies(folder, lambda_platform, python_version)
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
        )
    # Unchecked: the runtime need not look at the sources, and the files carry no build time.
    compiled = compileall.compile_dir(
        folder,
        quiet=1,
        stripdir=str(folder),
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    if not compiled:
        raise RuntimeError(f"not every file of the Lambda bundle compiles; see above ({folder})")


def bundle_hash(lambda_platform: str, python_version: str, lock: Path = LOCK) -> str:
    """A digest of everything that the bundle is made from."""
    machine = f"{sys.platform} {platform.machine()}" if lambda_platform == "host" else ""
    digest = hashlib.sha256(f"{lambda_platform} {machine} {python_version}\n".encode())
    for path in (lock, Path(__file__)):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    for path in _sources():
        digest.update(f"{path.relative_to(ROOT).as_posix()}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def wheel_options(lambda_platform: str, python_version: str) -> list[str]:
    """How uv is told which wheels the runtime can load; nothing for the host's own."""
    if lambda_platform == "host":
        return []
    return ["--python-platform", _WHEEL_PLATFORMS[lambda_platform], "--python-version", python_version]


def _sources() -> Iterator[Path]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def _install_dependencies(folder: Path, lambda_platform: str, python_version: str) -> None:
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-config"]
    command += ["--target", str(folder), "--require-hashes", "--only-binary", ":all:"]
    command += ["--link-mode", "copy"]
    command += wheel_options(lambda_platform, python_version)
    command += ["--python", sys.executable, "-r", str(LOCK)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"the Lambda dependencies could not be installed:\n{done.stderr.strip()}")
    for leftover in (".lock", "bin"):
        path = folder / leftover
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
