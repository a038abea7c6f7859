"""A handler's place is stored when that matters, and not for every record that passes by."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aktenlauf.kit.adapters.sqlite_work import SqliteWork
from aktenlauf.kit.work import AHEAD_MAX, Place


@pytest.fixture
async def work(tmp_path: Path) -> AsyncIterator[SqliteWork]:
    opened = SqliteWork(tmp_path / "work.db")
    yield opened
    await opened.close()


async def test_a_place_is_stored_once_the_handler_acted(work: SqliteWork) -> None:
    place = Place(work, "publisher")
    await place.move(3, acted=True)
    assert await work.cursor("publisher") == 3


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
