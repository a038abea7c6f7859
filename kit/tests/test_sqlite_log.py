"""SQLite keeps the promises of the event log, and refuses what a newer program wrote."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from aktenlauf.kit.adapters.sqlite_log import SqliteLog
from aktenlauf.kit.errors import Halt, Unavailable
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

    async def test_a_file_that_fails_for_good_leaves_nobody_waiting(self, tmp_path: Path) -> None:
        log = SqliteLog(tmp_path / "log.db")
        log._writer_db.close()
        for number in (1, 2):
            with pytest.raises(Unavailable):
                async with asyncio.timeout(10):
                    await log.append("samples/thing/1", 0, [happened("samples/thing/1", 1)], f"c-{number}")
        await log.close()
