"""Work on one SQLite file, `work.db`. Not synced at each commit: after a power cut it is a little older, as a whole."""

import sqlite3
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from aktenlauf.contracts.envelope import timestamp
from aktenlauf.kit.adapters.sqlite import Database
from aktenlauf.kit.work import Aside, Standing

DATA_FORMAT = 1
SCHEMA = """
CREATE TABLE IF NOT EXISTS cursors (handler TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS aside (
  handler TEXT, "group" TEXT, position INTEGER, record BLOB NOT NULL, standing TEXT NOT NULL, error TEXT NOT NULL,
  since TEXT NOT NULL, PRIMARY KEY (handler, position)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS gaps (stream TEXT PRIMARY KEY, version INTEGER, at TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, until REAL NOT NULL) WITHOUT ROWID
"""


class SqliteWork:
    """See `aktenlauf.kit.work.Work`."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path, SCHEMA, DATA_FORMAT, durable=False)

    async def cursor(self, handler: str) -> int | None:
        sql = "SELECT position FROM cursors WHERE handler = ?"
        row = await self._database.read(lambda db: db.execute(sql, (handler,)).fetchone(), small=True)
        return row[0] if row else None

    async def begin(self, handler: str, position: int) -> None:
        await self._run("INSERT OR IGNORE INTO cursors VALUES (?,?)", handler, position)
        await self._database.checkpoint()  # see `advance`

    async def advance(self, handler: str, position: int, aside: Sequence[Aside] = ()) -> None:
        rows = [(a.handler, a.group, a.position, a.record, a.standing, a.error, timestamp(a.since)) for a in aside]

        def work(db: sqlite3.Connection) -> bool:
            db.executemany("INSERT OR IGNORE INTO aside VALUES (?,?,?,?,?,?,?)", rows)
            known = db.execute("SELECT 1 FROM cursors WHERE handler = ?", (handler,)).fetchone()
            db.execute(
                "INSERT INTO cursors VALUES (?,?) ON CONFLICT (handler) DO UPDATE "
                "SET position = max(position, excluded.position)",
                (handler, position),
            )
            return known is None

        is_new = await self._database.run(work, small=len(rows) <= 1)
        # Synced: the cursor of a view is in another file, and must not outlive what was put aside before it; and a
        # handler without a cursor would begin at the head, and never look at what happened since its first start.
        if rows or is_new:
            await self._database.checkpoint()

    async def aside(self, handler: str | None = None, group: str | None = None) -> Sequence[Aside]:
        sql = (
            'SELECT handler, "group", position, record, standing, error, since FROM aside '
            'WHERE (?1 IS NULL OR handler = ?1) AND (?2 IS NULL OR "group" = ?2) ORDER BY position, handler'
        )
        rows = await self._database.read(lambda db: db.execute(sql, (handler, group)).fetchall(), small=True)
        return [Aside(h, g, p, r, Standing(s), e, datetime.fromisoformat(at)) for h, g, p, r, s, e, at in rows]

    async def how_many_aside(self) -> Mapping[str, int]:
        sql = "SELECT handler, count(*) FROM aside GROUP BY handler"
        return dict(await self._database.read(lambda db: db.execute(sql).fetchall(), small=True))

    async def mark(self, handler: str, group: str, position: int, standing: Standing, error: str = "") -> None:
        sql = (
            "UPDATE aside SET standing = ?, error = CASE ? WHEN '' THEN error ELSE ? END "
            'WHERE handler = ? AND "group" = ? AND position = ?'
        )
        values = (standing, error, error, handler, group, position)
        await self._run(sql, *values)

    async def done(self, handler: str, position: int) -> None:
        await self._run("DELETE FROM aside WHERE handler = ? AND position = ?", handler, position)

    async def gap(self, stream: str, version: int, at: datetime) -> None:
        sql = "INSERT INTO gaps VALUES (?,?,?) ON CONFLICT DO UPDATE SET version = max(version, excluded.version)"
        await self._run(sql, stream, version, timestamp(at))

    async def gaps(self) -> Sequence[tuple[str, int]]:
        sql = "SELECT stream, version FROM gaps"
        return await self._database.read(lambda db: db.execute(sql).fetchall(), small=True)

    async def filled(self, stream: str, version: int) -> None:
        await self._run("DELETE FROM gaps WHERE stream = ? AND version <= ?", stream, version)

    async def take_lease(self, name: str, holder: str, seconds: float) -> bool:
        sql = (
            "INSERT INTO leases VALUES (?1, ?2, ?3) ON CONFLICT (name) DO UPDATE SET holder = ?2, until = ?3 "
            "WHERE holder = ?2 OR until < ?4"
        )
        now = time.time()
        values = (name, holder, now + seconds, now)
        return await self._database.run(lambda db: db.execute(sql, values).rowcount == 1, small=True)

    async def give_lease(self, name: str, holder: str) -> None:
        await self._run("DELETE FROM leases WHERE name = ? AND holder = ?", name, holder)

    async def close(self) -> None:
        await self._database.close()

    async def _run(self, sql: str, *params: Any) -> None:
        await self._database.run(lambda db: db.execute(sql, params), small=True)
