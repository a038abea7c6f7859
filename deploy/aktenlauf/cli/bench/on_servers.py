"""The real servers for a benchmark, and the five services on them as processes of their own.

The servers are those that the environment names, else a set that deploy/native starts where it is installed; all
benchmarks of one run share it. Where neither is, the result says so.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from aktenlauf.cli.bench.report import Result

# deploy/native stands beside this package in the repository, and needs what only the group `dev` installs.
if TYPE_CHECKING:
    from native.fleet import Fleet
    from native.sets import Addresses, ServerSet

_started: list["ServerSet"] = []


def servers(result: Result) -> "Addresses | None":
    """Where they are. None, with a note in the result, where there are none. Raises NotReady."""
    try:
        from native.sets import Addresses
    except ImportError:
        _say(result, "deploy/native is not beside this program, or the group dev is not installed")
        return None
    if given := Addresses.of_environment(os.environ):
        return given
    if absent := _not_installed():
        _say(result, f"{absent}; `make servers` installs them")
        return None
    if not _started:
        _start()
    return _started[0].addresses()


@contextmanager
def stopped_afterwards() -> Iterator[None]:
    """Ends what was started in the block."""
    try:
        yield
    finally:
        while _started:
            _started.pop().stop()


@asynccontextmanager
async def fleet(
    result: Result, folder: Path, settings: Mapping[str, str] | None = None
) -> AsyncIterator["Fleet | None"]:
    """A running fleet, one replica of each service, under names of its own; None where there are no servers."""
    addresses = await asyncio.to_thread(servers, result)
    if addresses is None:
        yield None
        return
    from native.fleet import Fleet

    made = Fleet(folder, addresses, f"bench{uuid4().hex[:8]}", environment=settings)
    await asyncio.to_thread(made.start)
    try:
        yield made
    finally:
        await asyncio.to_thread(made.stop)


def _start() -> None:
    from native.places import RUNS
    from native.sets import ServerSet, sweep

    sweep()
    made = ServerSet(RUNS / f"bench-{os.getpid()}")
    made.start(owner=os.getpid())
    _started.append(made)


def _not_installed() -> str:
    """What lacks; empty: nothing. A benchmark does not build servers for minutes."""
    from native.install import PARTS, missing_tools

    lacking = [*missing_tools(), *(part.name for part in PARTS if not part.is_there())]
    return f"not installed: {', '.join(lacking)}" if lacking else ""


def _say(result: Result, why: str) -> None:
    result.notes.append(f"NO SERVERS: {why}. NOTHING DISTRIBUTED WAS MEASURED.")
