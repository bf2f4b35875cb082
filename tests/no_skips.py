"""A pytest plugin: where LASTMETER_FORBID_SKIPS is set, a skipped test fails the run."""

from __future__ import annotations

import os

import pytest

_skipped: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail"):
        _skipped.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if os.environ.get("LASTMETER_FORBID_SKIPS") and _skipped and exitstatus in (0, 5):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print(f"\n{len(_skipped)} skipped where nothing may be skipped: {', '.join(_skipped[:5])}")
