"""Keyring on one SQLite file, `keyring.db`."""

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from aktenlauf.kit.adapters.key_wrap import KEY_BYTES, KeyWrap
from aktenlauf.kit.adapters.sqlite import Database
from aktenlauf.kit.errors import Erased, Halt

DATA_FORMAT = 1
SCHEMA = """
CREATE TABLE IF NOT EXISTS keys (
  name TEXT PRIMARY KEY,
  wrapped BLOB,      -- NULL: destroyed, the tombstone
  kek TEXT           -- id of the key-encryption key
) WITHOUT ROWID
"""


def load_or_make_kek(path: Path) -> bytes:
    """The 32-byte KEK in `path`, made on first use with mode 0600. Raises Halt if the file holds something else."""
    if not path.exists():
        _make_kek(path)
    kek = path.read_bytes()
    if len(kek) != KEY_BYTES:
        raise Halt(f"{path.name} must hold exactly {KEY_BYTES} bytes, it holds {len(kek)}")
    return kek


def _make_kek(path: Path) -> None:
    """Written beside and linked when whole and synced: a crash leaves no half key, and of two processes one wins."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(os.urandom(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        os.link(part, path)
    part.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class SqliteKeyring:
    """See `aktenlauf.kit.keyring.Keyring`. `keks`: the key-encryption key in use, then those still to be read."""

    def __init__(self, path: Path, *keks: bytes) -> None:
        self._wrap = KeyWrap(keks)
        self._database = Database(path, SCHEMA, DATA_FORMAT)

    async def create(self, name: str) -> bytes:
        fresh = self._wrap.new_key()

        def work(db: sqlite3.Connection) -> bytes:
            db.execute("INSERT OR IGNORE INTO keys VALUES (?,?,?)", (name, fresh, self._wrap.kek))
            return self._unwrap(db, name)

        return await self._database.run(work, small=True)

    async def get(self, name: str) -> bytes:
        return await self._database.read(lambda db: self._unwrap(db, name), small=True)

    async def destroy(self, name: str) -> None:
        sql = "INSERT INTO keys VALUES (?, NULL, NULL) ON CONFLICT (name) DO UPDATE SET wrapped = NULL, kek = NULL"
        await self._database.run(lambda db: db.execute(sql, (name,)))
        # secure_delete overwrites the page; the checkpoint takes the key out of the write-ahead log as well.
        await self._database.checkpoint()

    async def rewrap(self) -> int:
        def work(db: sqlite3.Connection) -> int:
            rows = db.execute("SELECT name, wrapped, kek FROM keys WHERE kek <> ? LIMIT 100", (self._wrap.kek,))
            fresh = [(self._wrap.rewrap(wrapped, kek), self._wrap.kek, name) for name, wrapped, kek in rows.fetchall()]
            db.executemany("UPDATE keys SET wrapped = ?, kek = ? WHERE name = ?", fresh)
            return len(fresh)

        done = 0
        while some := await self._database.run(work):
            done += some
        await self._database.checkpoint()
        return done

    async def close(self) -> None:
        await self._database.close()

    def _unwrap(self, db: sqlite3.Connection, name: str) -> bytes:
        row = db.execute("SELECT wrapped, kek FROM keys WHERE name = ?", (name,)).fetchone()
        if row is None:
            raise KeyError(name)
        wrapped, kek = row
        if wrapped is None:
            raise Erased(name)
        return self._wrap.unwrap(wrapped, kek)
