"""SQLite keeps the promises of the port `Drafts`."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from aktenlauf.kit.adapters.sqlite_drafts import SqliteDrafts
from aktenlauf.kit.errors import Halt
from aktenlauf.kit.testing.drafts_suite import DRAFT, DraftsSuite, OpenDrafts


class TestSqliteDrafts(DraftsSuite):
    @pytest.fixture
    def open_drafts(self, tmp_path: Path) -> OpenDrafts:
        async def open_() -> SqliteDrafts:
            return SqliteDrafts(tmp_path / "drafts.db")

        return open_

    async def test_a_newer_data_format_is_refused_with_a_sentence(
        self, open_drafts: OpenDrafts, tmp_path: Path
    ) -> None:
        await (await open_drafts()).close()
        with sqlite3.connect(tmp_path / "drafts.db") as db:
            db.execute("PRAGMA user_version=99")
        with pytest.raises(Halt, match=r"drafts\.db was written by a newer version"):
            await open_drafts()

    async def test_a_deleted_draft_is_in_none_of_the_files(self, open_drafts: OpenDrafts, tmp_path: Path) -> None:
        def files() -> bytes:
            return b"".join(path.read_bytes() for path in tmp_path.iterdir())

        drafts = await open_drafts()
        await drafts.save(replace(DRAFT, sealed="a-token-to-be-found"))
        assert b"a-token-to-be-found" in files()
        await drafts.delete(DRAFT.case)
        assert b"a-token-to-be-found" not in files()
        await drafts.close()
