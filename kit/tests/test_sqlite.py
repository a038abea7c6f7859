"""What the SQLite adapters share: a reader waits for no writer, and small work holds nobody up."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from aktenlauf.kit.adapters.sqlite import HERE_MAX, Database
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


@pytest.mark.parametrize(("seconds", "on_the_loop"), [(0.0, True), (60.0, False)])
async def test_small_work_is_done_on_the_event_loop_only_after_quick_work(
    database: Database, monkeypatch: pytest.MonkeyPatch, seconds: float, on_the_loop: bool
) -> None:
    clock = iter(range(1000))
    monkeypatch.setattr(time, "perf_counter", lambda: next(clock) * seconds)
    for ask in (database.read, database.run):
        assert await ask(_thread, small=True) != threading.current_thread()
        assert (await ask(_thread, small=True) == threading.current_thread()) is on_the_loop
        assert await ask(_thread) != threading.current_thread()


async def test_now_and_then_small_work_goes_to_a_thread_so_that_others_get_their_turn(database: Database) -> None:
    for ask in (database.read, database.run):
        done = {await ask(_thread, small=True) for _ in range(3 * HERE_MAX)}
        assert len(done - {threading.current_thread()}) == 1


async def test_the_write_ahead_log_is_moved_into_the_file_though_all_work_is_small(
    database: Database, tmp_path: Path
) -> None:
    for number in range(3000):
        await database.run(partial(_insert, number), small=True)
    assert (tmp_path / "numbers.db").stat().st_size > 20_000


async def test_small_work_waits_for_another_writer_without_holding_the_event_loop(
    database: Database, tmp_path: Path
) -> None:
    await write(database, 1)
    with sqlite3.connect(tmp_path / "numbers.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(database.run(partial(_insert, 2), small=True))
        assert await database.read(count, small=True) == 1
        assert not writing.done()
        other.execute("COMMIT")
    await writing
    assert await database.read(count, small=True) == 2


async def test_small_work_that_fails_leaves_nothing(database: Database) -> None:
    def half(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO numbers VALUES (1)")
        raise LookupError

    for _ in range(3):
        with pytest.raises(LookupError):
            await database.run(half, small=True)
        assert await database.read(count, small=True) == 0


async def test_small_queries_cannot_write(database: Database) -> None:
    for _ in range(3):
        with pytest.raises(Unavailable, match="readonly"):
            await database.read(lambda db: db.execute("INSERT INTO numbers VALUES (1)"), small=True)


def _thread(_: sqlite3.Connection) -> threading.Thread:
    return threading.current_thread()


def _insert(number: int, db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO numbers VALUES (?)", (number,))
