"""What the SQLite log keeps in memory is what its file holds, and a batch that is heard is judged as a whole."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aktenlauf.kit.adapters.sqlite_log import RECENT_MAX, SqliteLog
from aktenlauf.kit.errors import Conflict, Halt
from aktenlauf.kit.log import Heard
from aktenlauf.kit.testing.samples import happened, heard


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[SqliteLog]:
    opened = SqliteLog(tmp_path / "log.db")
    yield opened
    await opened.close()


async def append(log: SqliteLog, number: int) -> None:
    stream = f"samples/thing/{number}"
    await log.append(stream, 0, [happened(stream, number)], f"command-{number}")


async def on_file(path: Path, after: int, limit: int) -> list[tuple[int, bytes]]:
    """As a process sees it that has nothing in memory."""
    fresh = SqliteLog(path / "log.db")
    found = [(stored.position, stored.record) for stored in await fresh.tail(after, limit)]
    await fresh.close()
    return found


@pytest.mark.parametrize("after", [0, 1, RECENT_MAX // 2, RECENT_MAX, RECENT_MAX + 9, RECENT_MAX + 10, 9999])
async def test_the_tail_is_the_same_from_memory_and_from_the_file(log: SqliteLog, tmp_path: Path, after: int) -> None:
    for number in range(RECENT_MAX + 10):
        await append(log, number)
    found = [(stored.position, stored.record) for stored in await log.tail(after, 7)]
    assert found == await on_file(tmp_path, after, 7)


async def test_what_another_process_wrote_in_between_is_not_left_out(log: SqliteLog, tmp_path: Path) -> None:
    other = SqliteLog(tmp_path / "log.db")
    for number in range(9):
        await append(other if number % 3 == 1 else log, number)
    for after in range(9):
        positions = [stored.position for stored in await log.tail(after)]
        assert positions == list(range(after + 1, 10))[: len(positions)]
        assert positions
    await other.close()


async def test_a_refused_commit_is_not_remembered(log: SqliteLog) -> None:
    await append(log, 1)
    with pytest.raises(Conflict):
        await log.append("samples/thing/1", 7, [happened("samples/thing/1", 8)], "stale")
    assert [stored.position for stored in await log.tail(0)] == [1]


async def test_a_record_twice_in_one_batch_is_inserted_once(log: SqliteLog) -> None:
    first, second = heard("samples/thing/1", 1), heard("samples/thing/1", 2)
    assert await log.hear([first, first, second, first]) == [Heard.INSERTED, Heard.KNOWN, Heard.INSERTED, Heard.KNOWN]
    assert [stored.record for stored in await log.read("samples/thing/1")] == [first, second]


async def test_a_batch_that_contradicts_itself_is_not_inserted_at_all(log: SqliteLog) -> None:
    with pytest.raises(Halt):
        await log.hear([heard("samples/thing/1", 1), heard("samples/thing/2", 1), heard("samples/thing/1", 1)])
    assert await log.head() == 0


async def test_the_stored_head_is_known_at_once_after_a_restart(log: SqliteLog, tmp_path: Path) -> None:
    await append(log, 1)
    again = SqliteLog(tmp_path / "log.db")
    assert await again.wait(0, 0.001)
    await again.close()
