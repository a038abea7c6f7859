"""SQLite keeps the promises of the port `Views`."""

import sqlite3
from pathlib import Path

import pytest

from aktenlauf.kit.adapters.sqlite_views import SqliteViews
from aktenlauf.kit.errors import Halt
from aktenlauf.kit.testing.views_suite import OpenViews, ViewsSuite


class TestSqliteViews(ViewsSuite):
    @pytest.fixture
    def open_views(self, tmp_path: Path) -> OpenViews:
        async def open_() -> SqliteViews:
            return SqliteViews(tmp_path / "views.db")

        return open_

    async def test_a_newer_data_format_is_refused_with_a_sentence(self, open_views: OpenViews, tmp_path: Path) -> None:
        await (await open_views()).close()
        with sqlite3.connect(tmp_path / "views.db") as db:
            db.execute("PRAGMA user_version=99")
        with pytest.raises(Halt, match=r"views\.db was written by a newer version"):
            await open_views()
