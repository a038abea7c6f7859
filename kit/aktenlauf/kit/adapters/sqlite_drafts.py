"""Drafts on one SQLite file, `drafts.db`."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from aktenlauf.contracts.envelope import timestamp
from aktenlauf.kit.adapters.sqlite import Database
from aktenlauf.kit.drafts import Draft
from aktenlauf.kit.errors import Conflict

DATA_FORMAT = 1
SCHEMA = """
CREATE TABLE IF NOT EXISTS drafts (
  "case" TEXT PRIMARY KEY, party TEXT NOT NULL, version INTEGER NOT NULL, sealed TEXT NOT NULL,
  saved_at TEXT NOT NULL, expires_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_party ON drafts (party, saved_at);
CREATE INDEX IF NOT EXISTS by_expiry ON drafts (expires_at)
"""
_COLUMNS = '"case", party, version, sealed, saved_at, expires_at'


class SqliteDrafts:
    """See `aktenlauf.kit.drafts.Drafts`."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path, SCHEMA, DATA_FORMAT)

    async def save(self, draft: Draft) -> None:
        def work(db: sqlite3.Connection) -> None:
            row = db.execute('SELECT version FROM drafts WHERE "case" = ?', (draft.case,)).fetchone()
            stored = row[0] if row else 0
            if stored != draft.version - 1:
                raise Conflict(f"draft {draft.case}", draft.version - 1, stored)
            times = (timestamp(draft.saved_at), timestamp(draft.expires_at))
            values = (draft.case, draft.party, draft.version, draft.sealed, *times)
            db.execute("REPLACE INTO drafts VALUES (?,?,?,?,?,?)", values)

        await self._database.run(work, small=True)

    async def load(self, case: str) -> Draft | None:
        found = await self._select('WHERE "case" = ?', case)
        return found[0] if found else None

    async def of_party(self, party: str) -> Sequence[Draft]:
        return await self._select("WHERE party = ? ORDER BY saved_at DESC", party)

    async def expired(self, now: datetime, limit: int = 100) -> Sequence[Draft]:
        return await self._select("WHERE expires_at <= ? ORDER BY expires_at LIMIT ?", timestamp(now), limit)

    async def delete(self, case: str) -> None:
        await self._database.run(lambda db: db.execute('DELETE FROM drafts WHERE "case" = ?', (case,)))
        await self._database.checkpoint()

    async def close(self) -> None:
        await self._database.close()

    async def _select(self, where: str, *params: Any) -> list[Draft]:
        sql = f"SELECT {_COLUMNS} FROM drafts {where}"  # noqa: S608 only our own constants
        rows = await self._database.read(lambda db: db.execute(sql, params).fetchall(), small=True)
        at = datetime.fromisoformat
        return [Draft(c, p, v, s, at(saved), at(expires)) for c, p, v, s, saved, expires in rows]
