"""Two replicas of every service, killed and put to sleep at random under load, on the real servers.

The same journeys as in `test_kill`, compared with the embedded form undisturbed: the same happens in both forms,
whatever dies meanwhile.
"""

import asyncio
import random
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from aktenlauf.kit.clock import ShiftedClock

from ..crowd import NOW, Left, WhateverHappened, crowd, left_of
from ..inside import inside

if TYPE_CHECKING:
    from native.fleet import Fleet
    from native.sets import Addresses

pytestmark = [pytest.mark.servers, pytest.mark.asyncio(loop_scope="module")]

SEED = 20261122
KILLS_MIN, BLOWS_MAX = 5, 10
"""After each blow a consumer group shares out its partitions anew, for up to ten seconds: blows without end would let
nobody hear anything."""
ANSWERS_BETWEEN = 20
"""How many requests are answered between two blows, on average."""
ASLEEP_SECONDS = 30.0
"""Longer than a lease and a place in a consumer group last: whoever sleeps so long wakes up without both."""
SLEEPS = 0.2
"""Share of blows that put to sleep instead of killing."""


@dataclass
class Blows:
    """Kills a replica or puts it to sleep now and then, never both replicas of a service at once."""

    fleet: "Fleet"
    chance: random.Random
    kills: int = 0
    sleeps: int = 0
    _down: set[str] = field(default_factory=set)
    _left: int = 0
    _due: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[None] | None = None
    _struck: set[asyncio.Task[None]] = field(default_factory=set)

    def begin(self) -> None:
        """From now on."""
        self._task = asyncio.create_task(self._go_on())

    def answered(self) -> None:
        """Somebody got an answer."""
        self._left -= 1
        if self._left <= 0:
            self._due.set()

    async def end(self) -> None:
        """No more; whoever was hit is up again."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await asyncio.gather(*self._struck)

    async def _go_on(self) -> None:
        while len(self._struck) < BLOWS_MAX:
            self._left = round(self.chance.expovariate(1 / ANSWERS_BETWEEN))
            self._due.clear()
            await self._due.wait()
            await asyncio.sleep(self.chance.uniform(0, 0.3))
            if upright := [name for name in self.fleet.services if _service(name) not in map(_service, self._down)]:
                name = self.chance.choice(upright)
                self._down.add(name)
                self._struck.add(asyncio.create_task(self._strike(name)))

    async def _strike(self, name: str) -> None:
        try:
            await self._strike_down(name)
        finally:
            self._down.discard(name)

    async def _strike_down(self, name: str) -> None:
        if self.chance.random() < SLEEPS:
            self.fleet.pause(name)
            try:
                await asyncio.sleep(ASLEEP_SECONDS)
            finally:
                self.fleet.wake(name)
            self.sleeps += 1
        else:
            await asyncio.to_thread(self.fleet.end_one, name, signal.SIGKILL)
            self.kills += 1
            await asyncio.to_thread(self.fleet.start_one, name)


def _service(replica: str) -> str:
    return replica.rpartition("-")[0]


@dataclass
class Runs:
    """The embedded form undisturbed, and the distributed one."""

    undisturbed: Left
    disturbed: Left
    blows: Blows


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def runs(
    tmp_path_factory: pytest.TempPathFactory, servers: "Addresses", undisturbed: Left
) -> AsyncIterator[Runs]:
    yield Runs(undisturbed, *await _disturbed(tmp_path_factory.mktemp("replicas"), servers))


async def _disturbed(folder: Path, servers: "Addresses") -> tuple[Left, Blows]:
    from native.fleet import Fleet

    servers = replace(servers, clamd="")  # the embedded form has none, and its name stands in events
    fleet = Fleet(folder, servers, f"kill{random.randrange(10**6)}", replicas=2, now=datetime.fromisoformat(NOW))
    await asyncio.to_thread(fleet.start)
    blows = Blows(fleet, random.Random(SEED))
    try:
        cases = await crowd(fleet.url, blows.begin, blows.answered)
    finally:
        await blows.end()
        await asyncio.to_thread(fleet.stop)
    settings = fleet.settings()
    data = Path(settings.pop("data"))
    async with inside(data, ShiftedClock(fleet.time()), **settings) as here:
        return await left_of(here, cases, data / "mail", data / "xoev-gateway"), blows


class TestAfterTheBlows(WhateverHappened):
    async def test_replicas_were_killed_and_put_to_sleep(self, runs: Runs) -> None:
        assert runs.blows.kills >= KILLS_MIN
        assert runs.blows.sleeps >= 1
