"""SQLite keeps the promises of the event log, and refuses what a newer program wrote."""

import asyncio
import sqlite3
import time
from pathlib import Path

import pytest

from aktenlauf.kit.adapters.sqlite_log import SqliteLog
from aktenlauf.kit.errors import Halt, Unavailable
from aktenlauf.kit.log import Appended
from aktenlauf.kit.testing.log_suite import LogSuite, OpenLog
from aktenlauf.kit.testing.samples import happened


class TestSqliteLog(LogSuite):
    @pytest.fixture
    def open_log(self, tmp_path: Path) -> OpenLog:
        async def open_() -> SqliteLog:
            return SqliteLog(tmp_path / "service" / "log.db")

        return open_

    async def test_a_newer_data_format_is_refused_with_a_sentence(self, open_log: OpenLog, tmp_path: Path) -> None:
        await (await open_log()).close()
        with sqlite3.connect(tmp_path / "service" / "log.db") as db:
            db.execute("PRAGMA user_version=99")
        with pytest.raises(Halt, match=r"log\.db was written by a newer version .*format 99.*Start the newer"):
            await open_log()

    async def test_what_was_acknowledged_is_synced_and_journaled(self, tmp_path: Path) -> None:
        log = SqliteLog(tmp_path / "log.db")
        pragmas = [log._writer_db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
        assert pragmas == ["wal", 2]
        await log.close()

    async def test_another_process_that_writes_is_waited_for_without_holding_the_event_loop(
        self, tmp_path: Path
    ) -> None:
        log = await _quick_log(tmp_path)
        with sqlite3.connect(tmp_path / "log.db", isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            append = asyncio.create_task(_append(log, 2))
            turns = 0
            while not log._committing.locked():  # the writer thread has it and waits for the other process
                turns += 1
                await asyncio.sleep(0)
            other.execute("COMMIT")
        assert (await append).position == 2
        assert turns > 0
        await log.close()

    @pytest.mark.parametrize(("commit_seconds", "on_the_loop"), [(0.0, True), (60.0, False)])
    async def test_a_single_append_is_committed_on_the_event_loop_only_after_a_quick_commit(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, commit_seconds: float, on_the_loop: bool
    ) -> None:
        clock = iter(range(1000))
        monkeypatch.setattr(time, "perf_counter", lambda: next(clock) * commit_seconds)
        log = SqliteLog(tmp_path / "log.db")
        await _append(log, 1)
        await _append(log, 2)
        assert bool(log._pace.row) is on_the_loop
        await log.close()

    async def test_appends_of_one_turn_share_the_writer_threads_commit(self, tmp_path: Path) -> None:
        log = await _quick_log(tmp_path)
        here = log._pace.row
        await asyncio.gather(*(_append(log, 1, f"samples/thing/{n}") for n in range(2, 30)))
        assert log._pace.row <= here
        await log.close()

    async def test_the_write_ahead_log_is_moved_into_the_file_though_all_appends_come_alone(
        self, tmp_path: Path
    ) -> None:
        log = await _quick_log(tmp_path)
        for version in range(2, 1500):
            await _append(log, version)
        assert (tmp_path / "log.db").stat().st_size > 100_000
        await log.close()

    async def test_nothing_is_appended_to_a_transaction_that_was_left_open(self, tmp_path: Path) -> None:
        log = await _quick_log(tmp_path)
        log._here_db.execute("BEGIN")
        assert (await _append(log, 2)).position == 2
        with sqlite3.connect(tmp_path / "log.db") as other:
            assert other.execute("SELECT max(position) FROM events").fetchone() == (2,)
        await log.close()

    @pytest.mark.parametrize("quick", [False, True])
    async def test_a_file_that_fails_for_good_leaves_nobody_waiting(self, tmp_path: Path, quick: bool) -> None:
        log = SqliteLog(tmp_path / "log.db")
        log._pace.quick = quick
        log._writer_db.close()
        log._here_db.close()
        for number in (1, 2):
            with pytest.raises(Unavailable):
                async with asyncio.timeout(10):
                    await log.append("samples/thing/1", 0, [happened("samples/thing/1", 1)], f"c-{number}")
        await log.close()


async def _append(log: SqliteLog, version: int, stream: str = "samples/thing/1") -> Appended:
    return await log.append(stream, version - 1, [happened(stream, version)], f"c-{version}")


async def _quick_log(tmp_path: Path) -> SqliteLog:
    """A log whose last commit was quick, whatever this machine's disk is like."""
    log = SqliteLog(tmp_path / "log.db")
    await _append(log, 1)
    log._pace.quick = True
    return log
