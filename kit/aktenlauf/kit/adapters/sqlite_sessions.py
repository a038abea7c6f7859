"""Sessions in one SQLite file for the whole installation."""

import asyncio
import hmac
import secrets
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from aktenlauf.kit.errors import Unavailable
from aktenlauf.kit.identity import Person, Side
from aktenlauf.kit.sessions import IDLE, LONGEST, RENEW_EVERY, Session, TokenKeys, new_token, token_keys

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
_NONCE_BYTES = 12

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
        keys = token_keys(token)
        if keys is None:
            raise AssertionError("a fresh token has keys")
        await self._run(lambda: self._insert(keys, side, person, _seconds(now)))
        return token

    async def load(self, side: Side, token: str, now: datetime) -> Session | None:
        keys = token_keys(token)
        if keys is None:
            return None
        return await self._run(lambda: self._load(keys, side, _seconds(now)))

    async def end(self, token: str) -> None:
        keys = token_keys(token)
        if keys is not None:
            await self._run(lambda: self._db.execute("DELETE FROM session WHERE record = ?", [keys.record]))

    async def end_all(self, subject: str) -> None:
        mark = self._mark(subject)
        await self._run(lambda: self._db.execute("DELETE FROM session WHERE subject = ?", [mark]))

    def close(self) -> None:
        """Close the file. No call may follow."""
        with self._lock:
            self._db.close()

    async def _run(self, work: Callable[[], T]) -> T:
        def locked() -> T:
            with self._lock:
                try:
                    return work()
                except sqlite3.OperationalError as error:
                    raise Unavailable(f"sessions: {error}") from error

        return await asyncio.to_thread(locked)

    def _insert(self, keys: TokenKeys, side: Side, person: Person, now: int) -> None:
        self._db.execute(
            "DELETE FROM session WHERE seen <= ? OR created <= ?",
            [now - int(IDLE.total_seconds()), now - int(LONGEST.total_seconds())],
        )
        nonce = secrets.token_bytes(_NONCE_BYTES)
        box = nonce + AESGCM(keys.box).encrypt(nonce, person.model_dump_json().encode(), _bound(side, now))
        self._db.execute(
            "INSERT INTO session (record, subject, created, seen, box) VALUES (?, ?, ?, ?, ?)",
            [keys.record, self._mark(person.subject), now, now, box],
        )

    def _load(self, keys: TokenKeys, side: Side, now: int) -> Session | None:
        row = self._db.execute("SELECT created, seen, box FROM session WHERE record = ?", [keys.record]).fetchone()
        if row is None:
            return None
        created, seen, box = row
        person = _open(keys, side, created, box)
        if person is None:
            return None
        session = Session(side, person, _time(created), _time(seen))
        if _time(now) >= session.ends:
            self._db.execute("DELETE FROM session WHERE record = ?", [keys.record])
            return None
        if now - seen < RENEW_EVERY.total_seconds():
            return session
        self._db.execute("UPDATE session SET seen = max(seen, ?) WHERE record = ?", [now, keys.record])
        return Session(side, person, _time(created), _time(now))

    def _mark(self, subject: str) -> bytes:
        return hmac.digest(self._secret, b"session subject " + subject.encode(), "sha256")


def _open(keys: TokenKeys, side: Side, created: int, box: bytes) -> Person | None:
    """The person, or None where side or time of sign-in are not those that were sealed with it."""
    try:
        plain = AESGCM(keys.box).decrypt(box[:_NONCE_BYTES], box[_NONCE_BYTES:], _bound(side, created))
    except InvalidTag:
        return None
    return Person.model_validate_json(plain)


def _bound(side: Side, created: int) -> bytes:
    return f"{side} {created}".encode()


def _seconds(at: datetime) -> int:
    if at.tzinfo is None:
        raise ValueError("a session's time needs a time zone")
    return int(at.timestamp())


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
