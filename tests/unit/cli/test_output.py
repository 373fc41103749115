"""Small spellings."""

from __future__ import annotations

import httpx
import pytest

from cli.client import retry_seconds
from cli.output import duration


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (-3, "0:00"), (59.6, "1:00"), (125, "2:05"), (3725, "1:02:05")]
)
def test_duration(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 2.0),
        ({"Retry-After": "5"}, 5.0),
        ({"Retry-After": "-1"}, 0.0),
        ({"Retry-After": "3600"}, 60.0),
        ({"Retry-After": "Mon, 23 Nov 2026 21:00:00 GMT"}, 2.0),
        ({"Retry-After": "nan"}, 2.0),
    ],
)
def test_retry_after_is_followed_within_bounds(headers, seconds):
    assert retry_seconds(httpx.Response(200, headers=headers)) == seconds
