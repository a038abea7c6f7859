"""For tests on the real servers (pytest marker `servers`); a plugin that the root conftest.py loads.

`servers`: the addresses. Those of AKTENLAUF_MONGO and so on where the environment names them; else containers where
a Docker engine answers; else native servers. One set serves a whole run of the tests, all its processes together.
`space`: names in it that no other test has. `server_set`: a set of one's own, to kill and to start again.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from .places import RUNS

# Every run of the tests loads this module; what talks to servers is imported where it is needed (2 s).
if TYPE_CHECKING:
    from .sets import Addresses, ServerSet
    from .spaces import Space

RUN = "AKTENLAUF_TEST_RUN"
"""Environment variable, inherited by the processes of xdist: pid of the one that began the run of the tests."""
_began = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_began] = RUN not in os.environ
    os.environ.setdefault(RUN, str(os.getpid()))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Only the process that began the run ends its set: the processes of xdist have ended before it."""
    if config.stash.get(_began, False):
        if _shared().exists():
            _set_in(_shared()).stop()
        del os.environ[RUN]


def _shared() -> Path:
    return RUNS / f"tests-{os.environ[RUN]}"


@pytest.fixture(scope="session")
def servers() -> "Addresses":
    """The servers of this run; each test must use names of its own on them, see `space`."""
    from .sets import Addresses

    if given := Addresses.of_environment(os.environ):
        return given
    with _one_at_a_time():
        found = _set_in(_shared())
        return found.addresses() if found.is_complete else _started(found)


@pytest.fixture
def space(servers: "Addresses") -> Iterator["Space"]:
    """Databases, topics and a bucket that no other test uses; gone when the test ends."""
    from .spaces import Space

    made = Space(servers)
    yield made
    # In a thread of its own: a test may have left an event loop running in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(made.clear).result()


@pytest.fixture(scope="module")
def server_set() -> Iterator["ServerSet"]:
    """A running set of this module's own, whose servers may be killed."""
    made = _set_in(RUNS / f"own-{os.getpid()}")
    with _one_at_a_time():
        _started(made)
    yield made
    made.stop()


def _one_at_a_time() -> FileLock:
    RUNS.mkdir(parents=True, exist_ok=True)
    return FileLock(RUNS / ".start.lock")


def _started(found: "ServerSet") -> "Addresses":
    """Start it for this run of the tests. The test is left out, loudly, where servers cannot be installed."""
    from .install import CannotInstall
    from .sets import sweep

    sweep(type(found))
    try:
        return found.start(owner=int(os.environ[RUN]))
    except CannotInstall as error:
        pytest.skip(f"needs the servers: {error}")


def _set_in(folder: Path) -> "ServerSet":
    from .containers import ContainerSet, engine_answers
    from .sets import ServerSet

    return ContainerSet(folder) if engine_answers() else ServerSet(folder)
