"""Metric definitions: numbers that regular expressions find in what a container prints."""

from __future__ import annotations

import re
from collections.abc import Iterable

from localcloud.sagemaker.documents import Document, now


class MetricScanner:
    """The latest value of each defined metric."""

    def __init__(self, definitions: Iterable[tuple[str, str]]) -> None:
        """From (name, regular expression) pairs. Raises `re.error`."""
        self._definitions = [(name, re.compile(regex)) for name, regex in definitions]
        self._latest: dict[str, tuple[float, float]] = {}

    def scan(self, line: str) -> bool:
        """Whether the line told something new."""
        found = False
        for name, regex in self._definitions:
            value = _number(regex.search(line))
            if value is not None:
                self._latest[name] = (value, now())
                found = True
        return found

    def latest(self) -> list[Document]:
        """As `FinalMetricDataList` has them, in the order of the definitions."""
        return [
            {"MetricName": name, "Value": self._latest[name][0], "Timestamp": self._latest[name][1]}
            for name, _ in self._definitions
            if name in self._latest
        ]


def _number(match: re.Match[str] | None) -> float | None:
    """The first group, as AWS takes it; None where there is none, or it is no number."""
    if match is None or match.re.groups < 1 or match.group(1) is None:
        return None
    try:
        return float(match.group(1))
    except ValueError:
        return None
