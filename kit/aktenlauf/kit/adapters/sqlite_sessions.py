"""Sessions in one SQLite file for the whole installation."""

import sqlite3
from dataclasses import astuple, replace
from datetime import datetime
from pathlib import Path

from aktenlauf.kit.adapters.session_records import Record, ended_before, new_record, opened, seconds, subject_mark
from aktenlauf.kit.adapters.sqlite import Database
from aktenlauf.kit.identity import Person, Side
from aktenlauf.kit.sessions import RENEW_EVERY, Session, new_token, token_keys

DATA_FORMAT = 1
SCHEMA = """
CREATE TABLE IF NOT EXISTS session (
  record BLOB PRIMARY KEY, subject BLOB NOT NULL, created INTEGER NOT NULL, seen INTEGER NOT NULL,
  box BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS session_subject ON session (subject);
CREATE INDEX IF NOT EXISTS session_seen ON session (seen)
"""


class SqliteSessions:
    """The `Sessions` port on `path` (created, readable by its owner alone).

    `secret` keys the hash by which the sessions of one person are found again, so that the file does not even
    confirm a guess of who was here. Durable: a sign-out must survive a power cut.
    """

    def __init__(self, path: Path, secret: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        self._secret = secret
        self._database = Database(path, SCHEMA, DATA_FORMAT)

    async def create(self, side: Side, person: Person, now: datetime) -> str:
        token = new_token()
        record = new_record(token, side, person, now, self._secret)

        def work(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM session WHERE seen <= ? OR created <= ?", ended_before(now))
            db.execute("INSERT INTO session (record, subject, created, seen, box) VALUES (?,?,?,?,?)", astuple(record))

        await self._database.run(work, small=True)
        return token

    async def load(self, side: Side, token: str, now: datetime) -> Session | None:
        keys = token_keys(token)
        if keys is None:
            return None
        sql = "SELECT record, subject, created, seen, box FROM session WHERE record = ?"
        row = await self._database.read(lambda db: db.execute(sql, (keys.record,)).fetchone(), small=True)
        session = opened(Record(*row), keys, side) if row else None
        if session is None:
            return None
        if now >= session.ends:
            await self._delete("record", keys.record)
            return None
        if now - session.seen < RENEW_EVERY:
            return session
        sql = "UPDATE session SET seen = max(seen, ?) WHERE record = ?"
        await self._database.run(lambda db: db.execute(sql, (seconds(now), keys.record)), small=True)
        return replace(session, seen=now)

    async def end(self, token: str) -> None:
        keys = token_keys(token)
        if keys is not None:
            await self._delete("record", keys.record)

    async def end_all(self, subject: str) -> None:
        await self._delete("subject", subject_mark(self._secret, subject))

    async def close(self) -> None:
        """Close the file. No call may follow."""
        await self._database.close()

    async def _delete(self, column: str, value: bytes) -> None:
        sql = f"DELETE FROM session WHERE {column} = ?"  # noqa: S608 only our own constants
        await self._database.run(lambda db: db.execute(sql, (value,)), small=True)
