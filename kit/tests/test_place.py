"""A handler's place is stored when that matters, and not for every record that passes by."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from aktenlauf.kit.adapters.sqlite_work import SqliteWork
from aktenlauf.kit.work import AHEAD_MAX, Aside, Place


@pytest.fixture
async def work(tmp_path: Path) -> AsyncIterator[SqliteWork]:
    opened = SqliteWork(tmp_path / "work.db")
    yield opened
    await opened.close()


async def test_a_place_is_stored_once_the_handler_acted(work: SqliteWork) -> None:
    place = Place(work, "publisher")
    await place.move(3, acted=True)
    assert await work.cursor("publisher") == 3


class Slow(SqliteWork):
    """Its disk takes its time."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.done = asyncio.Event()

    async def advance(self, handler: str, position: int, aside: Sequence[Aside] = ()) -> None:
        await self.done.wait()
        await super().advance(handler, position, aside)


async def test_nobody_sees_a_place_that_a_restart_would_not_find(tmp_path: Path) -> None:
    work = Slow(tmp_path / "slow.db")
    place = Place(work, "publisher")
    moving = asyncio.create_task(place.move(3, acted=True))
    await asyncio.sleep(0)
    assert place.position == 0
    work.done.set()
    await moving
    assert place.position == await work.cursor("publisher") == 3
    await work.close()


async def test_passing_over_foreign_records_is_not_stored_until_it_is_quiet(work: SqliteWork) -> None:
    place = Place(work, "publisher")
    await place.move(3, acted=False)
    assert (place.position, await work.cursor("publisher")) == (3, None)
    await place.store()
    assert await work.cursor("publisher") == 3


async def test_what_is_read_again_after_a_crash_is_bounded(work: SqliteWork) -> None:
    place = Place(work, "publisher")
    for position in range(1, 3 * AHEAD_MAX):
        await place.move(position, acted=False)
        assert position - (await work.cursor("publisher") or 0) < AHEAD_MAX


async def test_a_new_start_goes_on_where_the_last_one_stored(work: SqliteWork) -> None:
    await Place(work, "publisher").move(7, acted=True)
    again = Place(work, "publisher")
    await again.read()
    assert again.position == 7
