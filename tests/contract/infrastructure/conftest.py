"""The synthesized templates, one per stage and session. Bundling is skipped: it has tests of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aws_cdk import App

from app import build

ROOT = Path(__file__).resolve().parents[3]
Template = dict[str, dict[str, dict]]


@pytest.fixture(scope="session")
def synthesize(tmp_path_factory) -> Callable[..., Template]:
    """Synthesizes a stage, with settings overridden as `-c` would; every check of the stack runs with it."""
    templates: dict[str, Template] = {}

    def run(stage: str, **overrides: object) -> Template:
        key = json.dumps([stage, overrides], sort_keys=True)
        if key not in templates:
            context = json.loads((ROOT / "cdk.json").read_text())["context"]
            context |= {"stage": stage, "aws:cdk:bundling-stacks": [], **overrides}
            cdk_app = App(context=context, outdir=str(tmp_path_factory.mktemp("cdk")))
            stack = build(cdk_app)
            templates[key] = cdk_app.synth().get_stack_by_name(stack.stack_name).template
        return templates[key]

    return run


@pytest.fixture(scope="session")
def template(synthesize) -> Template:
    """The local stage, which differs from the others in settings only."""
    return synthesize("local")


@pytest.fixture(scope="session")
def resources(template) -> Callable[[str], dict[str, dict]]:
    """The properties of every resource of a type, by logical id."""

    def of_type(resource_type: str) -> dict[str, dict]:
        return {
            logical_id: resource.get("Properties", {})
            for logical_id, resource in template["Resources"].items()
            if resource["Type"] == resource_type
        }

    return of_type


@pytest.fixture(scope="session")
def statements(template) -> list[tuple[str, dict]]:
    """Every statement that an identity policy allows, with the policy's logical id."""

    def walk() -> Iterator[tuple[str, dict]]:
        for logical_id, resource in template["Resources"].items():
            if resource["Type"] == "AWS::IAM::Policy":
                for statement in resource["Properties"]["PolicyDocument"]["Statement"]:
                    yield logical_id, statement

    return list(walk())
