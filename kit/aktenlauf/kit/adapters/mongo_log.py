"""EventLog on MongoDB: one document per commit, whose `_id` is the position of its first event.

`mongo_commits` says what is stored, `mongo_writer` how several processes write at once. Commits of other processes are
found by looking for the next position now and then: no change streams.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import orjson

from aktenlauf.contracts.envelope import Meta, parse
from aktenlauf.kit.adapters.mongo import Database, in_parallel
from aktenlauf.kit.adapters.mongo_commits import Commits
from aktenlauf.kit.adapters.mongo_writer import INSERT_BYTES_MAX, Writer, result_of
from aktenlauf.kit.errors import Conflict, Halt, Unavailable
from aktenlauf.kit.log import Appended, Heard, Stored, check_commit

POLL_SECONDS = 0.2
"""How often commits of other processes are looked for, while somebody waits."""
RUN_RECORDS_MAX = 40
"""Heard records in one commit, which stays below the size of a document with the largest of them."""

Parsed = tuple[Meta, bytes]


class MongoLog:
    """See `aktenlauf.kit.log.EventLog`. Several processes may have it open. The client is closed by who opened it."""

    def __init__(self, commits: Commits) -> None:
        self._commits = commits
        self._writer = Writer(commits)
        self._hearing = asyncio.Lock()
        self._closed = False

    @classmethod
    async def open(cls, database: Database) -> "MongoLog":
        """The log in a service's database. Raises Halt for data of a newer program, Unavailable."""
        return cls(await Commits.open(database))

    async def append(
        self, stream: str, expected: int, events: Sequence[bytes], command_id: str, digest: bytes = b""
    ) -> Appended:
        check_commit(events)
        if (size := sum(len(event) + 32 for event in events)) > INSERT_BYTES_MAX:
            raise ValueError(f"a commit of {size} bytes is above the limit of {INSERT_BYTES_MAX}")
        # Who is cancelled here only does not learn the outcome.
        return await self._writer.submit(stream, expected, events, command_id, digest)

    async def known(self, stream: str, command_id: str, digest: bytes = b"") -> Appended | None:
        found = await self._open_commits.by_command(stream, [command_id])
        return result_of(found[command_id], digest, repeated=True) if found else None

    async def hear(self, records: Sequence[bytes]) -> list[Heard]:
        parsed = [(parse(record).meta, record) for record in records]
        async with self._hearing:
            while True:
                heard = _compare(parsed, *await self._known_of(parsed))
                if Heard.GAP in heard:  # an alarm for good, so not from an older state
                    await self._open_commits.see_all()
                    heard = _compare(parsed, *await self._known_of(parsed))
                if await self._commit_runs(_runs(parsed, heard)):
                    return heard

    async def read(self, stream: str, after: int = 0) -> list[Stored]:
        return await self._open_commits.of_stream(stream, after)

    async def tail(self, after: int, limit: int = 500) -> list[Stored]:
        return await self._open_commits.beyond(after, limit)

    async def wait(self, after: int, seconds: float) -> bool:
        clock = asyncio.get_running_loop().time
        commits, until = self._open_commits, clock() + seconds
        while commits.head <= after and (rest := until - clock()) > 0:
            await commits.grown(after, min(rest, max(0.0, commits.followed + POLL_SECONDS - clock())))
            if commits.head <= after and clock() >= commits.followed + POLL_SECONDS:
                await self._open_commits.follow()
        return commits.head > after

    async def head(self) -> int:
        await self._open_commits.follow()
        return self._commits.head

    async def version(self, stream: str) -> int:
        return await self._open_commits.version(stream)

    async def close(self) -> None:
        self._closed = True
        await self._writer.close()

    @property
    def _open_commits(self) -> Commits:
        if self._closed:
            raise Unavailable("the log is closed")
        return self._commits

    # --- hearing --------------------------------------------------------------------------------------------------

    async def _known_of(self, parsed: Sequence[Parsed]) -> tuple[dict[str, int], dict[tuple[str, int], str]]:
        """The versions of the streams, and the ids of the events that stand where one of `parsed` claims to."""
        commits = self._open_commits
        first: dict[str, int] = {}
        for meta, _ in parsed:
            first[meta.stream] = min(meta.version, first.get(meta.stream, meta.version))
        versions = await commits.known_versions(first)
        # What seems to be missing may have been heard by another process, while this one did not look.
        ahead = [stream for stream, version in first.items() if version > versions[stream] + 1]
        versions |= zip(ahead, await in_parallel(commits.version(stream) for stream in ahead), strict=True)
        again = [(stream, version - 1) for stream, version in first.items() if version <= versions[stream]]
        ids: dict[tuple[str, int], str] = {}
        for of_stream in await in_parallel(commits.of_stream(stream, after) for stream, after in again):
            for stored in of_stream:
                versions[stored.stream] = stored.version
                ids[stored.stream, stored.version] = _id_of(stored.record)
        return versions, ids

    async def _commit_runs(self, runs: Sequence[Sequence[Parsed]]) -> bool:
        """Append each run as a commit of its own. False: another process has heard some of it meanwhile."""
        jobs = [
            self._writer.submit(meta.stream, meta.version - 1, [record for _, record in run], meta.version)
            for run in runs
            for meta, _ in run[:1]
        ]
        results: list[Any] = await asyncio.gather(*jobs, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException) and not isinstance(result, Conflict):
                raise result
        return all(isinstance(result, Appended) and not result.repeated for result in results)


def _compare(parsed: Sequence[Parsed], versions: dict[str, int], ids: dict[tuple[str, int], str]) -> list[Heard]:
    """What each record is to the log, those before it in the batch included. Raises Halt, Unavailable."""
    heard: list[Heard] = []
    for meta, _ in parsed:
        place, version = (meta.stream, meta.version), versions[meta.stream]
        if meta.version <= version:
            if place not in ids:  # what this process knows to be there was not found: see Commits.see_all
                raise Unavailable("log: an older state was read")
            if ids[place] != meta.id:
                raise Halt(f"{place[0]} version {place[1]} is event {ids[place]} here and {meta.id} in what was heard")
            heard.append(Heard.KNOWN)
        elif meta.version == version + 1:
            versions[meta.stream], ids[place] = meta.version, meta.id
            heard.append(Heard.INSERTED)
        else:
            heard.append(Heard.GAP)
    return heard


def _runs(parsed: Sequence[Parsed], heard: Sequence[Heard]) -> list[list[Parsed]]:
    """What is to be inserted, in order, neighbours of one stream together."""
    runs: list[list[Parsed]] = []
    for item, found in zip(parsed, heard, strict=True):
        if found is not Heard.INSERTED:
            continue
        if runs and runs[-1][0][0].stream == item[0].stream and len(runs[-1]) < RUN_RECORDS_MAX:
            runs[-1].append(item)
        else:
            runs.append([item])
    return runs


def _id_of(record: bytes) -> str:
    return str(orjson.loads(record)["id"])
