"""The AWS Solutions rules that every synthesis is held to, and how an exception is written down.

An exception names its rule and its reason, beside the resource that it is for.
"""

from __future__ import annotations

from aws_cdk import Acknowledgment, Validations
from cdk_nag import AwsSolutionsChecks
from constructs import Construct, IConstruct


def add_checks(stack: Construct) -> None:
    """Makes synthesis fail on a finding that nobody acknowledged."""
    Validations.of(stack).add_plugins(AwsSolutionsChecks(stack, verbose=True))


def acknowledge(construct: IConstruct, reasons: dict[str, str]) -> None:
    """Accepts findings on `construct` and below: rule, as in `AwsSolutions-IAM5[Resource::*]`, to reason."""
    Validations.of(construct).acknowledge(
        *(Acknowledgment(id=f"AwsSolutions::{rule}", reason=reason) for rule, reason in reasons.items())
    )
