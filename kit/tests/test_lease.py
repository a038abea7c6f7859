"""One replica follows the log; another takes over when it ends, dies or sleeps."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aktenlauf.kit import lease as module
from aktenlauf.kit.adapters.sqlite_work import SqliteWork
from aktenlauf.kit.errors import Unavailable
from aktenlauf.kit.lease import Lease


@pytest.fixture
async def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SqliteWork]:
    monkeypatch.setattr(module, "RENEW_SECONDS", 0.02)
    work = SqliteWork(tmp_path / "work.db")
    yield work
    await work.close()


class Replica:
    """A process that wants the lease; `holding` is set while it does its duty."""

    def __init__(self, work: SqliteWork, name: str) -> None:
        self.holding = asyncio.Event()
        self.terms = 0
        self.task = asyncio.create_task(Lease(work, "tail", name).keep(self._duty))

    async def _duty(self) -> None:
        self.terms += 1
        self.holding.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.holding.clear()

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def test_one_of_two_replicas_does_the_duty_and_the_other_follows_at_once_when_it_stops(work: SqliteWork) -> None:
    first = Replica(work, "a")
    await asyncio.wait_for(first.holding.wait(), 5)
    second = Replica(work, "b")
    assert not await work.take_lease("tail", "b", 60)
    await first.stop()
    await asyncio.wait_for(second.holding.wait(), 5)
    assert not first.holding.is_set()
    await second.stop()


async def test_a_holder_that_overslept_its_lease_ends_its_duty_and_waits_again(work: SqliteWork) -> None:
    sleeper = Replica(work, "a")
    await asyncio.wait_for(sleeper.holding.wait(), 5)
    await work.give_lease("tail", "a")  # as if it had run out while the process slept
    assert await work.take_lease("tail", "b", 60)
    async with asyncio.timeout(5):
        while sleeper.holding.is_set():
            await asyncio.sleep(0.01)
    assert not await work.take_lease("tail", "a", 60)
    await work.give_lease("tail", "b")
    await asyncio.wait_for(sleeper.holding.wait(), 5)
    assert sleeper.terms == 2
    await sleeper.stop()


async def test_a_holder_that_was_killed_has_its_lease_back_at_once_under_its_own_name(work: SqliteWork) -> None:
    assert await work.take_lease("tail", "a", 60)
    again = Replica(work, "a")
    await asyncio.wait_for(again.holding.wait(), 5)
    await again.stop()


async def test_a_duty_that_fails_for_good_is_told_and_gives_the_lease_back(work: SqliteWork) -> None:
    async def duty() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await Lease(work, "tail", "a").keep(duty)
    assert await work.take_lease("tail", "b", 60)


class AwayAtTheEnd(SqliteWork):
    """Its database is away whenever a lease is to be given back."""

    async def give_lease(self, name: str, holder: str) -> None:
        raise Unavailable("database: away")


async def test_a_database_that_is_away_when_the_lease_is_given_back_keeps_nobody_from_the_next_term(
    work: SqliteWork, tmp_path: Path
) -> None:
    away = AwayAtTheEnd(tmp_path / "work.db")
    replica = Replica(away, "a")
    await asyncio.wait_for(replica.holding.wait(), 5)
    await work.give_lease("tail", "a")
    assert await work.take_lease("tail", "b", 60)
    async with asyncio.timeout(5):
        while replica.holding.is_set():
            await asyncio.sleep(0.01)
    await work.give_lease("tail", "b")
    await asyncio.wait_for(replica.holding.wait(), 5)
    await replica.stop()
    assert replica.task.cancelled()
    await away.close()
