"""SQLite keeps the promises of the port `Work`."""

import sqlite3
from pathlib import Path

import pytest

from aktenlauf.kit.adapters.sqlite_work import SqliteWork
from aktenlauf.kit.errors import Halt
from aktenlauf.kit.testing.work_suite import OpenWork, WorkSuite


class TestSqliteWork(WorkSuite):
    @pytest.fixture
    def open_work(self, tmp_path: Path) -> OpenWork:
        async def open_() -> SqliteWork:
            return SqliteWork(tmp_path / "work.db")

        return open_

    async def test_a_newer_data_format_is_refused_with_a_sentence(self, open_work: OpenWork, tmp_path: Path) -> None:
        await (await open_work()).close()
        with sqlite3.connect(tmp_path / "work.db") as db:
            db.execute("PRAGMA user_version=99")
        with pytest.raises(Halt, match=r"work\.db was written by a newer version"):
            await open_work()
