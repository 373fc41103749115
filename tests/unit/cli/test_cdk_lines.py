"""Which lines of the CDK command line are shown."""

from __future__ import annotations

import pytest

from cli.cdk_lines import brief

RESOURCE = "continuo-local | {}/71 | 9:58:53 PM | {} | AWS::IAM::Role | Training/Watch/Role (Train76C0)"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (RESOURCE.format("56", "CREATE_COMPLETE"), None),
        (RESOURCE.format("60", "CREATE_COMPLETE"), "60 of 71 resources"),
        (RESOURCE.format("57", "CREATE_FAILED"), RESOURCE.format("57", "CREATE_FAILED")),
        ("✨  Synthesis time: 11.89s", "✨  Synthesis time: 11.89s"),
        (" ✅  continuo-local", "✅  continuo-local"),
        ("continuo-local: start: Building Training/RecordProgress/Function/Code", None),
        ("continuo-local: creating CloudFormation changeset...", None),
        ("continuo-local.ApiId = c9101ab9", None),
        ("Outputs:", None),
        ("arn:aws:cloudformation:us-east-1:000000000000:stack/continuo-local/396b", None),
        ("continuo-local: success: but an Error came", "continuo-local: success: but an Error came"),
        ("Something that nobody foresaw", "Something that nobody foresaw"),
    ],
)
def test_news_is_shown_and_noise_is_not(line, shown):
    assert brief(line) == shown
