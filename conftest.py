"""What a run of the tests left out is said loudly; where a tier is demanded, leaving it out is a failure.

AKTENLAUF_TIERS names the tiers that must run here: `browser` (Chromium), `schemas` (XOEV_SCHEMA_DIR), `servers`
(deploy/native, or containers).
"""

import os
from typing import Any

import pytest

TIERS = {"browser": "browser", "schemas": "XOEV_SCHEMA_DIR", "servers": "needs the servers"}
"""Tier -> what the reason of a skipped test of it says."""

pytest_plugins = ["native.fixtures"]

_left_out: dict[str, list[str]] = {}


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: the longest tests mostly wait, for servers and for processes that start."""
    return (os.cpu_count() or 1) + 1


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Runs in the one process that reports, also where the tests run in several."""
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr)
        tier = next((tier for tier, word in TIERS.items() if word.lower() in reason.lower()), "other")
        _left_out.setdefault(tier, []).append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    demanded = os.environ.get("AKTENLAUF_TIERS", "").split()
    if any(tier in _left_out for tier in demanded) and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    demanded = os.environ.get("AKTENLAUF_TIERS", "").split()
    for tier, tests in _left_out.items():
        word = "MISSING, but demanded here" if tier in demanded else "LEFT OUT"
        terminalreporter.section(f"{word}: {tier}", sep="!")
        terminalreporter.line(f"{len(tests)} tests did not run, the first: {tests[0]}")
