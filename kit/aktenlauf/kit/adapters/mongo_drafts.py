"""Drafts in one collection of a service's database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from aktenlauf.contracts.envelope import timestamp
from aktenlauf.kit.adapters.mongo import Database, Row, check_format, insert_if_new, translated
from aktenlauf.kit.drafts import Draft
from aktenlauf.kit.errors import Conflict

DATA_FORMAT = 1


class MongoDrafts:
    """See `aktenlauf.kit.drafts.Drafts`."""

    def __init__(self, database: Database) -> None:
        self._drafts = database["drafts"]

    @classmethod
    async def open(cls, database: Database) -> "MongoDrafts":
        """Make the indexes that are missing. Raises Halt for data of a newer program, Unavailable."""
        await check_format(database, "drafts", DATA_FORMAT)
        with translated():
            await database["drafts"].create_index([("party", 1), ("saved_at", -1)])
            await database["drafts"].create_index("expires_at")
        return cls(database)

    async def save(self, draft: Draft) -> None:
        if await self._replace(draft):
            return
        stored = await self.load(draft.case)
        if stored != draft:  # else it is this very save, whose answer was lost
            raise Conflict(f"draft {draft.case}", draft.version - 1, stored.version if stored else 0)

    async def _replace(self, draft: Draft) -> bool:
        """Whether the stored version was the one before."""
        row = _row(draft)
        if draft.version == 1:
            return await insert_if_new(self._drafts, row)
        with translated():
            done = await self._drafts.replace_one({"_id": draft.case, "version": draft.version - 1}, row)
        return done.matched_count == 1

    async def load(self, case: str) -> Draft | None:
        with translated():
            row = await self._drafts.find_one({"_id": case})
        return _draft(row) if row else None

    async def of_party(self, party: str) -> Sequence[Draft]:
        with translated():
            return [_draft(row) async for row in self._drafts.find({"party": party}).sort("saved_at", -1)]

    async def expired(self, now: datetime, limit: int = 100) -> Sequence[Draft]:
        with translated():
            found = self._drafts.find({"expires_at": {"$lte": timestamp(now)}}).sort("expires_at", 1).limit(limit)
            return [_draft(row) async for row in found]

    async def delete(self, case: str) -> None:
        with translated():
            await self._drafts.delete_one({"_id": case})

    async def close(self) -> None:
        """Nothing to do: whoever opened the client closes it."""


def _row(draft: Draft) -> Row:
    """Times as text, which orders as they do: the server's own have milliseconds only."""
    return {
        "_id": draft.case,
        "party": draft.party,
        "version": draft.version,
        "sealed": draft.sealed,
        "saved_at": timestamp(draft.saved_at),
        "expires_at": timestamp(draft.expires_at),
    }


def _draft(row: dict[str, Any]) -> Draft:
    at = datetime.fromisoformat
    return Draft(row["_id"], row["party"], row["version"], row["sealed"], at(row["saved_at"]), at(row["expires_at"]))
