"""Work on MongoDB, in four collections of a service's database: cursors, what was put aside, gaps, leases."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from aktenlauf.contracts.envelope import timestamp
from aktenlauf.kit.adapters.mongo import (
    Database,
    Row,
    check_format,
    in_parallel,
    insert_if_new,
    translated,
    update_if,
)
from aktenlauf.kit.work import Aside, Standing

DATA_FORMAT = 1


class MongoWork:
    """See `aktenlauf.kit.work.Work`. The client is closed by who opened it."""

    def __init__(self, database: Database) -> None:
        self._cursors, self._aside = database["work_cursors"], database["work_aside"]
        self._gaps, self._leases = database["work_gaps"], database["work_leases"]

    @classmethod
    async def open(cls, database: Database) -> "MongoWork":
        """The work of a service's database. Raises Halt for data of a newer program, Unavailable."""
        await check_format(database, "work", DATA_FORMAT)
        with translated():
            await database["work_aside"].create_index([("handler", 1), ("position", 1)])
            await database["work_aside"].create_index([("handler", 1), ("group", 1), ("position", 1)])
        return cls(database)

    async def cursor(self, handler: str) -> int | None:
        with translated():
            row = await self._cursors.find_one({"_id": handler})
        return row["position"] if row else None

    async def begin(self, handler: str, position: int) -> None:
        await insert_if_new(self._cursors, {"_id": handler, "position": position})

    async def advance(self, handler: str, position: int, aside: Sequence[Aside] = ()) -> None:
        await in_parallel(insert_if_new(self._aside, _row(one)) for one in aside)
        # The cursor behind what was put aside: a crash in between repeats without effect.
        while not await self._moved(handler, position):
            await self.begin(handler, position)

    async def _moved(self, handler: str, position: int) -> bool:
        with translated():
            done = await self._cursors.update_one({"_id": handler}, {"$max": {"position": position}})
        return bool(done.matched_count)

    async def aside(self, handler: str | None = None, group: str | None = None) -> Sequence[Aside]:
        wanted = {name: value for name, value in (("handler", handler), ("group", group)) if value is not None}
        with translated():
            rows = await self._aside.find(wanted).sort([("position", 1), ("handler", 1)]).to_list(None)
        return [_aside(row) for row in rows]

    async def how_many_aside(self) -> Mapping[str, int]:
        with translated():
            # By a filter that an index answers alone: the records themselves are long.
            rows = self._aside.find({"handler": {"$gt": ""}}, {"_id": False, "handler": True})
            return Counter([row["handler"] async for row in rows])

    async def mark(self, handler: str, group: str, position: int, standing: Standing, error: str = "") -> None:
        change = {"standing": str(standing)} | ({"error": error} if error else {})
        with translated():
            await self._aside.update_one({"_id": _id(handler, position), "group": group}, {"$set": change})

    async def done(self, handler: str, position: int) -> None:
        with translated():
            await self._aside.delete_one({"_id": _id(handler, position)})

    async def gap(self, stream: str, version: int, at: datetime) -> None:
        change = {"$max": {"version": version}, "$setOnInsert": {"at": timestamp(at)}}
        with translated():  # in one: another replica may find the gap filled up to an older version meanwhile
            await self._gaps.update_one({"_id": stream}, change, upsert=True)

    async def gaps(self) -> Sequence[tuple[str, int]]:
        with translated():
            return [(row["_id"], row["version"]) async for row in self._gaps.find({})]

    async def filled(self, stream: str, version: int) -> None:
        with translated():
            await self._gaps.delete_one({"_id": stream, "version": {"$lte": version}})

    async def take_lease(self, name: str, holder: str, seconds: float) -> bool:
        now = time.time()
        lease = {"holder": holder, "until": now + seconds}
        mine_or_over = {"_id": name, "$or": [{"holder": holder}, {"until": {"$lt": now}}]}
        renewed = await update_if(self._leases, mine_or_over, {"$set": lease})
        return renewed or await insert_if_new(self._leases, {"_id": name, **lease})

    async def give_lease(self, name: str, holder: str) -> None:
        with translated():
            await self._leases.delete_one({"_id": name, "holder": holder})

    async def close(self) -> None:
        """Nothing to do: whoever opened the client closes it."""


def _id(handler: str, position: int) -> str:
    return f"{handler} {position}"


def _row(aside: Aside) -> Row:
    """The time as text: the server's own have milliseconds only."""
    return {
        "_id": _id(aside.handler, aside.position),
        "handler": aside.handler,
        "group": aside.group,
        "position": aside.position,
        "record": aside.record,
        "standing": str(aside.standing),
        "error": aside.error,
        "since": timestamp(aside.since),
    }


def _aside(row: Mapping[str, Any]) -> Aside:
    since = datetime.fromisoformat(row["since"])
    standing = Standing(row["standing"])
    return Aside(row["handler"], row["group"], row["position"], row["record"], standing, row["error"], since)
