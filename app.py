"""Picks a stage and builds its stack: no network call, no account lookup.

`cdk deploy -c stage=local|dev|prod`; any setting of the stage may be overridden the same way, see
`infrastructure/settings.py`.
"""

from __future__ import annotations

from aws_cdk import App

from infrastructure.settings import read_settings
from infrastructure.stack import ContinuoStack


def build(app: App) -> ContinuoStack:
    """The stack of the stage that the app's context names."""
    settings = read_settings(app.node)
    return ContinuoStack(app, f"continuo-{settings.stage}", settings=settings)


if __name__ == "__main__":
    app = App()
    build(app)
    app.synth()
