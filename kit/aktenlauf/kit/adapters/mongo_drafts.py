"""Drafts in one collection of a service's database, one document a version.

A save inserts its version and then takes away the one before: each is atomic by itself on every server that speaks
the protocol, while FerretDB (1.24) lets two updates with the same condition both succeed. The newest version counts;
an older one beside it was left over by a crash, and goes at the next save or when it expires.
"""

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
            for field in ("case", "party", "expires_at"):
                await database["drafts"].create_index(field)
        return cls(database)

    async def save(self, draft: Draft) -> None:
        stored = await self.load(draft.case)
        if stored == draft:
            return  # this very save, whose answer was lost
        version = stored.version if stored else 0
        if version != draft.version - 1 or not await self._follow(draft):
            raise Conflict(f"draft {draft.case}", draft.version - 1, version)

    async def _follow(self, draft: Draft) -> bool:
        """Put this version in place of the one before; False if another was quicker."""
        row = _row(draft)
        if not await insert_if_new(self._drafts, row):
            return False
        if draft.version == 1:
            return True
        with translated():
            before = await self._drafts.delete_one({"_id": _key(draft.case, draft.version - 1)})
            if before.deleted_count == 0:  # replaced and passed over, or deleted, since it was read
                await self._drafts.delete_one({"_id": row["_id"]})
                return False
            await self._drafts.delete_many({"case": draft.case, "version": {"$lt": draft.version}})
        return True

    async def load(self, case: str) -> Draft | None:
        versions = await self._find({"case": case})
        return max(versions, key=lambda draft: draft.version, default=None)

    async def of_party(self, party: str) -> Sequence[Draft]:
        newest = {draft.case: draft for draft in sorted(await self._find({"party": party}), key=lambda d: d.version)}
        return sorted(newest.values(), key=lambda draft: draft.saved_at, reverse=True)

    async def expired(self, now: datetime, limit: int = 100) -> Sequence[Draft]:
        with translated():
            found = self._drafts.find({"expires_at": {"$lte": timestamp(now)}}).sort("expires_at", 1).limit(limit)
            drafts = [_draft(row) async for row in found]
        return [draft for draft in drafts if await self._is_newest(draft)]

    async def _is_newest(self, draft: Draft) -> bool:
        """Whether nothing came after it; else it is left over, and taken away."""
        newest = await self.load(draft.case)
        if newest and newest.version > draft.version:
            with translated():
                await self._drafts.delete_one({"_id": _key(draft.case, draft.version)})
        return newest == draft

    async def delete(self, case: str) -> None:
        with translated():
            await self._drafts.delete_many({"case": case})

    async def close(self) -> None:
        """Nothing to do: whoever opened the client closes it."""

    async def _find(self, query: Row) -> list[Draft]:
        with translated():
            return [_draft(row) async for row in self._drafts.find(query)]


def _key(case: str, version: int) -> str:
    return f"{case}/{version}"


def _row(draft: Draft) -> Row:
    """Times as text, which orders as they do: the server's own have milliseconds only."""
    return {
        "_id": _key(draft.case, draft.version),
        "case": draft.case,
        "party": draft.party,
        "version": draft.version,
        "sealed": draft.sealed,
        "saved_at": timestamp(draft.saved_at),
        "expires_at": timestamp(draft.expires_at),
    }


def _draft(row: dict[str, Any]) -> Draft:
    at = datetime.fromisoformat
    return Draft(row["case"], row["party"], row["version"], row["sealed"], at(row["saved_at"]), at(row["expires_at"]))
