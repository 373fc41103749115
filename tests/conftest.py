"""For all tests: in CI a skipped test fails the run, so that none is skipped unnoticed."""

from __future__ import annotations

import os

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(SkipWatch(), "skip-watch")


class SkipWatch:
    """Counts what was skipped; with `CI` set, that is a failure."""

    def __init__(self) -> None:
        self._skipped: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped:
            self._skipped.append(report.nodeid)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._skipped and os.environ.get("CI"):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._skipped and os.environ.get("CI"):
            terminalreporter.section("skipped in CI", red=True)
            for nodeid in self._skipped:
                terminalreporter.line(nodeid)
