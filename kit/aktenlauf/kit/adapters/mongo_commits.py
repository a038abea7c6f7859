"""The collection `log`: one document per commit, whose `_id` IS the position of its first event.

    {_id: 7, stream: "intake/application/…", version: 1, last: 2, command: "…", digest: …, records: […, …]}
    {_id: 9, …}

So the next commit's `_id` is `_id` plus the number of records. Unique are `_id`, (stream, version) and (stream,
command). What was heard came without a command: it has its version instead, a number, which no command's id is.

Documents are only ever inserted. What a majority has of them is also known here: how far it reaches (`head`), how far
the streams in use do (`versions`), and the newest records.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from aktenlauf.kit.adapters.mongo import Database, Row, check_format, in_parallel, translated
from aktenlauf.kit.log import Stored

DATA_FORMAT = 1
FORMAT_OF = "log"
RECENT_MAX = 200
"""How many of the newest records are kept in memory: what follows the log mostly wants these, many times over."""
ROWS_AT_ONCE = 100
"""Commits that are read ahead."""
STREAMS_MAX = 20_000
"""How many streams' versions are kept in memory."""
STEPS_MAX = 32
"""Commits that are read one by one before a range is: some servers find one document quickly, and a range slowly."""

_PLACE = {"records": False}
"""All of a commit but what happened."""


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit. `records` are stamped; empty where only its place was asked for."""

    position: int
    stream: str
    version: int
    last: int
    """Version of its last event."""
    command: str | int
    digest: bytes
    records: Sequence[bytes] = ()

    @property
    def end(self) -> int:
        """Position of its last event."""
        return self.position + self.last - self.version

    def stored(self) -> list[Stored]:
        """Its records at their places."""
        return [
            Stored(self.position + n, self.stream, self.version + n, record) for n, record in enumerate(self.records)
        ]

    def row(self) -> Row:
        """As it is inserted."""
        return {
            "_id": self.position,
            "stream": self.stream,
            "version": self.version,
            "last": self.last,
            "command": self.command,
            "digest": self.digest,
            "records": list(self.records),
        }


def _commit(row: Mapping[str, Any]) -> Commit:
    place = (row["_id"], row["stream"], row["version"], row["last"], row["command"], row["digest"])
    return Commit(*place, row.get("records", ()))


class Commits:
    """Reads and inserts commits. Every method raises Unavailable."""

    def __init__(self, database: Database) -> None:
        self._rows, self._formats = database["log"], database["formats"]
        self.head = 0
        """Position up to which this process knows that a majority has everything."""
        self.versions: dict[str, int] = {}
        """Of some streams, the version that they have at least. Each is the end of a commit: so it can be built on."""
        self.followed = 0.0
        """When `follow` last began, by the loop's clock."""
        self._recent: list[Stored] = []
        self._following = asyncio.Lock()
        self._waiting: set[asyncio.Event] = set()

    @classmethod
    async def open(cls, database: Database) -> "Commits":
        """Make the indexes that are missing, and find the end. Raises Halt for data of a newer program."""
        await check_format(database, FORMAT_OF, DATA_FORMAT)
        commits = cls(database)
        with translated():
            await commits._rows.create_index([("stream", 1), ("version", 1)], unique=True)
            await commits._rows.create_index([("stream", 1), ("command", 1)], unique=True)
            async for row in commits._rows.find({}, _PLACE).sort("_id", -1).limit(1):
                commits.head = _commit(row).end
        return commits

    # --- what is there --------------------------------------------------------------------------------------------

    async def follow(self) -> None:
        """Go on from the last commit known to the one behind which there is none, and stop at a missing position."""
        self.followed = asyncio.get_running_loop().time()
        async with self._following:
            with translated():
                for _ in range(STEPS_MAX):
                    row = await self._rows.find_one({"_id": self.head + 1})
                    if row is None:
                        return
                    self.learn([_commit(row)])
                async for row in self._rows.find({"_id": {"$gt": self.head}}).sort("_id", 1):
                    if row["_id"] > self.head + 1:
                        return
                    self.learn([_commit(row)])

    async def beyond(self, after: int, limit: int) -> list[Stored]:
        """Up to `limit` records with position > `after`, in order, up to the first missing position."""
        if after >= self.head:
            await self.follow()
        if after >= self.head:
            return []
        return self._recent_beyond(after, limit) or await self._read_beyond(after, limit)

    async def _read_beyond(self, after: int, limit: int) -> list[Stored]:
        found: list[Stored] = []
        async with aclosing(self._rows_beyond(after)) as rows:
            async for row in rows:
                for stored in _commit(row).stored():
                    if stored.position == after + len(found) + 1:
                        found.append(stored)
                    elif stored.position > after:
                        return found[:limit]
                if len(found) >= limit:
                    break
        return found[:limit]

    async def _rows_beyond(self, after: int) -> AsyncGenerator[Row, None]:
        """The commits with something beyond `after`, in order. Not all at once: a single one may hold many records."""
        with translated():
            rows = self._rows.find({"_id": {"$gt": after}}).sort("_id", 1).batch_size(ROWS_AT_ONCE)
            try:
                row = await anext(rows, None)
                if row is None or row["_id"] != after + 1:  # `after` is within a commit
                    for before in (
                        await self._rows.find({"_id": {"$lte": after}}).sort("_id", -1).limit(1).to_list(None)
                    ):
                        yield before
                while row is not None:
                    yield row
                    row = await anext(rows, None)
            finally:
                await rows.close()

    async def of_stream(self, stream: str, after: int) -> list[Stored]:
        """The records of a stream with version > `after`."""
        with translated():
            rows = await self._rows.find({"stream": stream, "last": {"$gt": after}}).sort("version", 1).to_list(None)
        found = [stored for row in rows for stored in _commit(row).stored() if stored.version > after]
        if found:
            self._note(stream, found[-1].version)
        return found

    async def by_command(self, stream: str, commands: Iterable[str | int]) -> dict[str | int, Commit]:
        """The commits of a stream that these commands made."""
        of_commands = {"stream": stream, "command": {"$in": list(commands)}}
        with translated():
            rows = await self._rows.find(of_commands, _PLACE).to_list(None)
        return {row["command"]: _commit(row) for row in rows}

    async def version(self, stream: str) -> int:
        """The version that a stream has now: step by step from the one known, or else from the newest commit."""
        known = self.versions.get(stream)
        if known is None:
            return await self._newest_version(stream)
        for _ in range(STEPS_MAX):
            with translated():
                row = await self._rows.find_one({"stream": stream, "version": known + 1}, _PLACE)
            if row is None:
                return known
            known = int(row["last"])
            self._note(stream, known)
        return await self._newest_version(stream)

    async def _newest_version(self, stream: str) -> int:
        with translated():
            rows = await self._rows.find({"stream": stream}, _PLACE).sort("version", -1).limit(1).to_list(None)
        newest = int(rows[0]["last"]) if rows else 0
        self._note(stream, newest)
        return newest

    async def known_versions(self, streams: Iterable[str]) -> dict[str, int]:
        """The version that each stream has at least, from memory where it is there."""
        known = {stream: self.versions.get(stream) for stream in streams}
        unknown = [stream for stream, version in known.items() if version is None]
        looked_up = await in_parallel(self.version(stream) for stream in unknown)
        return {stream: version for stream, version in known.items() if version is not None} | dict(
            zip(unknown, looked_up, strict=True)
        )

    async def see_all(self) -> None:
        """Return once reads see whatever was acknowledged to anybody before.

        A primary that has just been elected does not, for a moment: what it has of its predecessor's counts as the
        majority's only once a write of its own does (MongoDB, `src/mongo/db/repl/README.md`, "Transitioning to
        PRIMARY"). A write that changes nothing waits for that too, with write concern majority. Raises Unavailable
        where the majority is not reached; a refused insert would not, as the driver tells of the refusal alone.
        """
        with translated():
            await self._formats.update_one({"_id": FORMAT_OF}, {"$max": {"format": DATA_FORMAT}})

    # --- what is new ----------------------------------------------------------------------------------------------

    async def insert(self, commits: Sequence[Commit]) -> None:
        """Insert in order, stopping at the first that fails; return once a majority has all of them."""
        with translated():
            await self._rows.insert_many([commit.row() for commit in commits])

    def learn(self, commits: Iterable[Commit]) -> None:
        """Take note of commits that a majority has, in order; what is known is passed over."""
        grown = False
        for commit in commits:
            if commit.position == self.head + 1:
                self.head, grown = commit.end, True
                self._note(commit.stream, commit.last)
                self._remember(commit.stored())
        if grown:
            for woken in self._waiting:
                woken.set()

    async def grown(self, after: int, seconds: float) -> None:
        """Return as soon as the head is known to be beyond `after`, or after `seconds`."""
        woken = asyncio.Event()
        self._waiting.add(woken)  # before looking, lest a commit between the two goes unnoticed
        try:
            if self.head <= after:
                async with asyncio.timeout(seconds):  # wait_for of 3.11 loses a cancellation that meets the event
                    await woken.wait()
        except TimeoutError:
            pass
        finally:
            self._waiting.discard(woken)

    def _note(self, stream: str, version: int) -> None:
        known = self.versions.pop(stream, 0)  # out and in again: the first is then the one longest unused
        self.versions[stream] = max(known, version)
        if len(self.versions) > STREAMS_MAX:
            del self.versions[next(iter(self.versions))]

    def _remember(self, new: list[Stored]) -> None:
        recent = self._recent
        if recent and recent[-1].position + 1 != new[0].position:
            recent = []
        self._recent = (recent + new)[-RECENT_MAX:]

    def _recent_beyond(self, after: int, limit: int) -> list[Stored]:
        """From memory; empty where that does not reach back far enough."""
        recent = self._recent
        if not recent or after + 1 < recent[0].position:
            return []
        start = after + 1 - recent[0].position
        return recent[start : start + limit]
