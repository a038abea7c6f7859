"""What the SQLite adapters share: a reader waits for no writer, and sees what was committed before."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aktenlauf.kit.adapters.sqlite import Database
from aktenlauf.kit.errors import Unavailable

SCHEMA = "CREATE TABLE IF NOT EXISTS numbers (number INTEGER PRIMARY KEY)"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(tmp_path / "numbers.db", SCHEMA, 1)
    yield database
    await database.close()


def count(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT count(*) FROM numbers").fetchone()[0])


async def write(database: Database, number: int) -> None:
    await database.run(lambda db: db.execute("INSERT INTO numbers VALUES (?)", (number,)))


async def test_what_was_written_is_read(database: Database) -> None:
    for number in range(20):
        await write(database, number)
        assert await database.read(count) == number + 1


async def test_a_read_waits_for_no_writer_and_sees_nothing_of_what_is_not_committed(database: Database) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def slowly(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO numbers VALUES (1)")
        begun.set()
        assert may_end.wait(20)

    writing = asyncio.create_task(database.run(slowly))
    await asyncio.to_thread(begun.wait, 20)
    assert await asyncio.wait_for(database.read(count), 10) == 0
    may_end.set()
    await writing
    assert await database.read(count) == 1


async def test_a_read_does_not_keep_the_write_ahead_log_from_being_emptied(database: Database) -> None:
    await write(database, 1)
    assert await database.read(count) == 1
    await write(database, 2)
    await database.checkpoint()
    with pytest.raises(LookupError):
        await database.read(_fail)
    await write(database, 3)
    await database.checkpoint()
    assert await database.read(count) == 3


def _fail(db: sqlite3.Connection) -> None:
    count(db)
    raise LookupError


async def test_a_query_cannot_write(database: Database) -> None:
    with pytest.raises(Unavailable, match="readonly"):
        await database.read(lambda db: db.execute("INSERT INTO numbers VALUES (1)"))
    assert await database.read(count) == 0


async def test_after_the_end_nothing_is_read(database: Database) -> None:
    assert await database.read(count) == 0
    await database.close()
    with pytest.raises(Unavailable):
        await database.read(count)
