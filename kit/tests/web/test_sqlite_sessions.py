"""SQLite keeps the promises of the port, and its file alone tells nothing."""

import sqlite3
import stat
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from aktenlauf.kit.adapters.sqlite_sessions import SqliteSessions
from aktenlauf.kit.errors import Unavailable
from aktenlauf.kit.testing.sessions_suite import NOW, PERSON, SessionsSuite


def all_bytes(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


def change(folder: Path, sql: str) -> None:
    """As somebody would who gets at the file."""
    with closing(sqlite3.connect(folder / "sessions.db", isolation_level=None)) as db:
        db.execute(sql)


class TestSqliteSessions(SessionsSuite):
    @pytest.fixture
    async def sessions(self, tmp_path: Path) -> AsyncIterator[SqliteSessions]:
        store = SqliteSessions(tmp_path / "sessions.db", b"s" * 32)
        yield store
        await store.close()

    async def test_the_files_hold_neither_token_nor_person(self, sessions: SqliteSessions, tmp_path: Path) -> None:
        token = await sessions.create("public", PERSON, NOW)
        await sessions.load("public", token, NOW)
        written = all_bytes(tmp_path)
        marks = (token, PERSON.subject, "Tiên", "tien@example.org", "2001-02-03", "applicant")
        assert [mark for mark in marks if mark.encode() in written] == []
        assert b"session_subject" in written  # the search itself works

    async def test_a_prolonged_record_does_not_outlive_its_twelve_hours(
        self, sessions: SqliteSessions, tmp_path: Path
    ) -> None:
        token = await sessions.create("public", PERSON, NOW)
        change(tmp_path, "UPDATE session SET created = created + 3600")
        assert await sessions.load("public", token, NOW) is None

    async def test_sessions_survive_a_restart(self, sessions: SqliteSessions, tmp_path: Path) -> None:
        token = await sessions.create("public", PERSON, NOW)
        again = SqliteSessions(tmp_path / "sessions.db", b"s" * 32)
        assert await again.load("public", token, NOW) is not None
        await again.close()

    async def test_a_file_that_fails_is_unavailable_and_signs_nobody_out(
        self, sessions: SqliteSessions, tmp_path: Path
    ) -> None:
        token = await sessions.create("public", PERSON, NOW)
        change(tmp_path, "ALTER TABLE session RENAME TO away")
        with pytest.raises(Unavailable):
            await sessions.load("public", token, NOW)
        change(tmp_path, "ALTER TABLE away RENAME TO session")
        assert await sessions.load("public", token, NOW) is not None

    def test_the_file_is_readable_by_its_owner_alone(self, sessions: SqliteSessions, tmp_path: Path) -> None:
        assert stat.S_IMODE((tmp_path / "sessions.db").stat().st_mode) == 0o600
