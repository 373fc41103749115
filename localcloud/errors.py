"""What can go wrong with the local cloud, for a person to act on."""

from __future__ import annotations


class LocalCloudError(Exception):
    """The root: its text says what happened and where to look."""


class AlreadyRunningError(LocalCloudError):
    """Another local cloud uses the state folder."""


class PortTakenError(LocalCloudError):
    """The port that was asked for is in use."""


class EngineFailedError(LocalCloudError):
    """The engine did not start, or ended by itself."""


class DeployFailedError(LocalCloudError):
    """The CDK command line failed."""
