"""The operators' check runs against an installation as they start it. In the distributed form: `test_distributed`."""

import subprocess
import sys

import pytest

from .installed import Running, installation

PATIENCE_SECONDS = 180
"""For both forms, on a machine that has other things to do."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> "Running":
    with installation(tmp_path_factory.mktemp("smoke") / "var") as started:
        yield started


def smoke(url: str) -> subprocess.CompletedProcess[str]:
    """`aktenlauf smoke` as operators call it."""
    command = [sys.executable, "-m", "aktenlauf.cli", "smoke", "--url", url]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)


def test_one_application_runs_through_all_five_services(running: Running) -> None:
    finished = smoke(running.url)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "All steps passed" in finished.stdout


def test_it_can_be_repeated_on_the_same_installation(running: Running) -> None:
    assert smoke(running.url).returncode == 0


def test_where_nobody_answers_it_says_which_step_failed() -> None:
    finished = smoke("http://localhost:9")
    assert finished.returncode == 2
    assert "FAILED" in finished.stdout
    assert "the installation is ready" in finished.stdout
