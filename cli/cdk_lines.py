"""The CDK command line's output, brief: what a person wants to see of a deploy that goes well.

What is not known to be noise passes, and so does everything about a failure.
"""

from __future__ import annotations

import re

EVERY_RESOURCES = 20
_RESOURCE = re.compile(r"^\S+ \|\s*(?P<done>\d+)/(?P<total>\d+) \|")
_BAD = re.compile(r"FAILED|ROLLBACK|❌|rror")
_NOISE = re.compile(
    r"^(\S+: (start|success|creating|deploying)\b.*|\S+\.\S+ = .*"
    r"|Outputs:|Stack ARN:|arn:.*|✨  (Total|Deployment) time.*)$"
)


def brief(line: str) -> str | None:
    """The line as it is shown; none when it is not."""
    text = line.strip()
    if _BAD.search(text):
        return text
    resource = _RESOURCE.match(text)
    if resource is not None:
        done, total = int(resource["done"]), resource["total"]
        return f"{done} of {total} resources" if done % EVERY_RESOURCES == 0 else None
    return None if _NOISE.match(text) else text
