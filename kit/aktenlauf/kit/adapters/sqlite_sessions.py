"""Sessions in one SQLite file for the whole installation."""

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import astuple, replace
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import TypeVar

from aktenlauf.kit.adapters.session_records import Record, ended_before, new_record, opened, seconds, subject_mark
from aktenlauf.kit.errors import Unavailable
from aktenlauf.kit.identity import Person, Side
from aktenlauf.kit.sessions import RENEW_EVERY, Session, TokenKeys, new_token, token_keys

_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA busy_timeout = 5000;
PRAGMA secure_delete = ON;
CREATE TABLE IF NOT EXISTS session (
  record BLOB PRIMARY KEY, subject BLOB NOT NULL, created INTEGER NOT NULL, seen INTEGER NOT NULL,
  box BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS session_subject ON session (subject);
CREATE INDEX IF NOT EXISTS session_seen ON session (seen);
"""

T = TypeVar("T")


class SqliteSessions:
    """The `Sessions` port on `path` (created, readable by its owner alone).

    `secret` keys the hash by which the sessions of one person are found again, so that the file does not even
    confirm a guess of who was here. synchronous=FULL: a sign-out must survive a power cut.
    """

    def __init__(self, path: Path, secret: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        self._secret = secret
        self._lock = Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.executescript(_SCHEMA)

    async def create(self, side: Side, person: Person, now: datetime) -> str:
        token = new_token()
        record = new_record(token, side, person, now, self._secret)
        await self._run(lambda: self._insert(record, now))
        return token

    async def load(self, side: Side, token: str, now: datetime) -> Session | None:
        keys = token_keys(token)
        if keys is None:
            return None
        return await self._run(lambda: self._load(keys, side, now))

    async def end(self, token: str) -> None:
        keys = token_keys(token)
        if keys is not None:
            await self._run(lambda: self._db.execute("DELETE FROM session WHERE record = ?", [keys.record]))

    async def end_all(self, subject: str) -> None:
        mark = subject_mark(self._secret, subject)
        await self._run(lambda: self._db.execute("DELETE FROM session WHERE subject = ?", [mark]))

    async def close(self) -> None:
        """Close the file. No call may follow."""
        await self._run(self._db.close)

    async def _run(self, work: Callable[[], T]) -> T:
        def locked() -> T:
            with self._lock:
                try:
                    return work()
                except sqlite3.OperationalError as error:
                    raise Unavailable(f"sessions: {error}") from error

        return await asyncio.to_thread(locked)

    def _insert(self, record: Record, now: datetime) -> None:
        self._db.execute("DELETE FROM session WHERE seen <= ? OR created <= ?", ended_before(now))
        sql = "INSERT INTO session (record, subject, created, seen, box) VALUES (?, ?, ?, ?, ?)"
        self._db.execute(sql, astuple(record))

    def _load(self, keys: TokenKeys, side: Side, now: datetime) -> Session | None:
        sql = "SELECT record, subject, created, seen, box FROM session WHERE record = ?"
        row = self._db.execute(sql, [keys.record]).fetchone()
        session = opened(Record(*row), keys, side) if row else None
        if session is None:
            return None
        if now >= session.ends:
            self._db.execute("DELETE FROM session WHERE record = ?", [keys.record])
            return None
        if now - session.seen < RENEW_EVERY:
            return session
        self._db.execute("UPDATE session SET seen = max(seen, ?) WHERE record = ?", [seconds(now), keys.record])
        return replace(session, seen=now)
