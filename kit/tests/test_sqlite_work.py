"""SQLite keeps the promises of the port `Work`."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from aktenlauf.kit.adapters.sqlite_work import SqliteWork
from aktenlauf.kit.errors import Halt
from aktenlauf.kit.testing.work_suite import OpenWork, WorkSuite, aside
from aktenlauf.kit.work import Aside


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

    @pytest.mark.parametrize("rows", [[], [aside(3)]])
    async def test_a_first_cursor_and_what_is_put_aside_outlive_a_power_cut(
        self, tmp_path: Path, rows: list[Aside]
    ) -> None:
        """Of a file that is not synced at each commit, a power cut leaves what stands in it, without its log."""
        work = SqliteWork(tmp_path / "work.db")
        await work.advance("reactions", 3, rows)
        (tmp_path / "after").mkdir()
        shutil.copy(tmp_path / "work.db", tmp_path / "after" / "work.db")
        await work.close()
        again = SqliteWork(tmp_path / "after" / "work.db")
        assert (await again.cursor("reactions"), list(await again.aside())) == (3, rows)
        await again.close()
