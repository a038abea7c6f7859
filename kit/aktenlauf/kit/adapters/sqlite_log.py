"""EventLog on one SQLite file, `log.db`.

What arrives in one turn of the event loop is committed together: the fsync is shared by all that waited, so
throughput grows with the number of writers while each still gets its own answer. A writer thread does it; a single
small job is committed on the loop itself as long as the disk is quick (ADR 0015). Readers have a connection of their
own and see only what is committed; as positions are assigned inside the commit, they never see a gap.
"""

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any, TypeVar, cast

import orjson

from aktenlauf.contracts.envelope import Meta, parse, stamp
from aktenlauf.kit.adapters.sqlite import Pace, Reader, begin_here, open_database, open_here
from aktenlauf.kit.errors import CommandReused, Conflict, Halt, Unavailable
from aktenlauf.kit.log import ANY, Appended, Heard, Stored, check_commit

T = TypeVar("T")

DATA_FORMAT = 1
COMMIT_JOBS_MAX = 256
"""How many appends share one fsync at most: bounds the time that the first of them waits."""
SMALL_RECORDS = 8
"""Records of a job that may be committed on the event loop."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
  position INTEGER PRIMARY KEY,
  stream TEXT NOT NULL,
  version INTEGER NOT NULL,
  command TEXT,      -- on the first event of a commit, NULL on the others and on what was heard
  size INTEGER,      -- number of events of that commit
  digest BLOB,       -- of the command, to tell a repetition from a reuse
  record BLOB NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS by_stream ON events (stream, version);
CREATE UNIQUE INDEX IF NOT EXISTS by_command ON events (stream, command) WHERE command IS NOT NULL
"""

RECENT_MAX = 200
"""How many of the newest records, up to twice as many, are also kept in memory: what follows the log mostly wants
these, many times over."""

_INSERT = "INSERT INTO events (stream, version, command, size, digest, record) VALUES (?,?,?,?,?,?)"
"""SQLite gives the position: one more than the highest, as nothing is ever deleted."""
_INSERT_NEXT = (
    "INSERT INTO events (stream, version, command, size, digest, record) SELECT ?1, ?2 + 1, ?3, 1, ?4, ?5 "
    "WHERE ?2 = 0 OR EXISTS (SELECT 1 FROM events WHERE stream = ?1 AND version = ?2)"
)
"""One event after version ?2. The unique keys object if that is not the head, or if the command was carried out."""
_LAST = "SELECT max(position) FROM events"
_HEAD = "SELECT version FROM events WHERE stream = ? ORDER BY version DESC LIMIT 1"
_FAILURES = (sqlite3.Error, MemoryError)
"""Of the file or the machine, not of a job: nothing of the commit can be trusted."""
_LOOK = (
    "SELECT (SELECT version FROM events WHERE stream = ?1 ORDER BY version DESC LIMIT 1), "
    "position, version, size, digest FROM (SELECT 1) LEFT JOIN events ON stream = ?1 AND command = ?2"
)
"""The head of a stream and the commit of a command in it: all that an append asks, in one question."""
_COMMAND = "SELECT position, version, size, digest FROM events WHERE stream = ? AND command = ?"


@dataclass(slots=True)
class _Job:
    work: "Callable[[_Transaction], Any]"
    small: bool
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[Any]
    single: Callable[[sqlite3.Connection], Stored | None] | None = None
    """`_insert_next`, where the job is to append one event after a known version."""


class SqliteLog:
    """See `aktenlauf.kit.log.EventLog`. `path` is the file; several processes may open it."""

    def __init__(self, path: Path) -> None:
        self._writer_db = open_database(path, SCHEMA, DATA_FORMAT)
        self._here_db = open_here(path)
        self._pace = Pace()
        self._reader = Reader(path)
        self._gathered: list[_Job] = []
        """What arrived in this turn of the event loop."""
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._committing = threading.Lock()
        self._head = _one(self._writer_db, _LAST)
        """Last position that is committed."""
        self._recent: list[Stored] = []
        """The newest records that were committed here, at consecutive positions; only ever added to, or replaced."""
        self._waiting: set[asyncio.Event] = set()
        self._closed = False
        self._writer = threading.Thread(target=self._write, name="log-write", daemon=True)
        self._writer.start()

    # --- the port -------------------------------------------------------------------------------------------------

    async def append(
        self, stream: str, expected: int, events: Sequence[bytes], command_id: str, digest: bytes = b""
    ) -> Appended:
        check_commit(events)
        single = None
        if len(events) == 1 and expected != ANY:
            single = lambda db: _insert_next(db, stream, expected, events[0], command_id, digest)  # noqa: E731
        return await self._submit(
            lambda transaction: transaction.append(stream, expected, events, command_id, digest), len(events), single
        )

    async def hear(self, records: Sequence[bytes]) -> list[Heard]:
        parsed = [(parse(record).meta, record) for record in records]
        return await self._submit(lambda transaction: transaction.hear(parsed), len(parsed))

    async def known(self, stream: str, command_id: str, digest: bytes = b"") -> Appended | None:
        return await self._read(lambda db: _known(db, stream, command_id, digest), small=True)

    async def read(self, stream: str, after: int = 0) -> list[Stored]:
        sql = "SELECT position, stream, version, record FROM events WHERE stream = ? AND version > ? ORDER BY version"
        return await self._read(lambda db: [Stored(*row) for row in db.execute(sql, (stream, after))], small=True)

    async def tail(self, after: int, limit: int = 500) -> list[Stored]:
        if recent := self._recent_beyond(after, limit):
            return recent
        sql = "SELECT position, stream, version, record FROM events WHERE position > ? ORDER BY position LIMIT ?"
        return await self._read(lambda db: [Stored(*row) for row in db.execute(sql, (after, limit))])

    async def wait(self, after: int, seconds: float) -> bool:
        woken = asyncio.Event()
        self._waiting.add(woken)  # before looking, lest a commit between the two goes unnoticed
        try:
            if self._head > after:
                return True
            async with asyncio.timeout(seconds):  # wait_for of 3.11 loses a cancellation that meets the event
                await woken.wait()
        except TimeoutError:
            return await self.head() > after  # another process may have written
        finally:
            self._waiting.discard(woken)
        return True

    async def head(self) -> int:
        return await self._read(lambda db: _one(db, _LAST), small=True)

    async def version(self, stream: str) -> int:
        return await self._read(lambda db: _one(db, _HEAD, stream), small=True)

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._hand_over()
        self._jobs.put(None)
        await asyncio.to_thread(self._writer.join)
        await self._reader.close()
        self._writer_db.close()
        self._here_db.close()

    def _recent_beyond(self, after: int, limit: int) -> list[Stored]:
        """As `tail`, from memory; empty where that does not reach back far enough, or knows nothing newer."""
        recent = self._recent
        if not recent or after + 1 < recent[0].position:
            return []
        start = after + 1 - recent[0].position
        return recent[start : start + limit]

    # --- reading --------------------------------------------------------------------------------------------------

    async def _read(self, query: Callable[[sqlite3.Connection], T], *, small: bool = False) -> T:
        if self._closed:
            raise Unavailable("the log is closed")
        return await self._reader.read(query, small=small)

    # --- writing ---------------------------------------------------------------------------------------------------

    async def _submit(
        self,
        work: "Callable[[_Transaction], T]",
        records: int,
        single: Callable[[sqlite3.Connection], Stored | None] | None = None,
    ) -> T:
        if self._closed:
            raise Unavailable("the log is closed")
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()
        if not self._gathered or self._gathered[0].loop is not loop:
            loop.call_soon(self._hand_over)  # after all that is ready to run now, and may have something to append
        self._gathered.append(_Job(work, records <= SMALL_RECORDS, loop, done, single))
        # Who is cancelled here only does not learn the outcome: the job is done as a whole all the same.
        return cast(T, await done)

    def _hand_over(self) -> None:
        jobs, self._gathered = self._gathered, []
        if len(jobs) == 1 and self._pace.may_stay and jobs[0].small and self._commit_here(jobs):
            return
        for job in jobs:
            self._jobs.put(job)

    def _commit_here(self, jobs: list[_Job]) -> bool:
        """Commit on the event loop, unless that might take long; False: nothing was done."""
        if not self._jobs.empty() or not self._committing.acquire(blocking=False):
            return False
        try:
            if self._insert_here(jobs[0]):
                return True
            if not begin_here(self._here_db):
                return False
            outcomes, grown = self._commit(self._here_db, jobs, self._pace.here)
        finally:
            self._committing.release()
        self._settle([(jobs[0].done, outcomes[0])], grown)
        return True

    def _insert_here(self, job: _Job) -> bool:
        """Append one event in a statement that is its own transaction; False: nothing was done.

        Whatever stands against it is looked up, and answered for, by the transaction that comes next.
        """
        if job.single is None:
            return False
        began = time.perf_counter()
        try:
            if self._here_db.in_transaction:  # a failure left it open: nothing in it would last
                return False
            new = job.single(self._here_db)
        except sqlite3.Error:
            return False
        if new is None:
            return False
        self._pace.here(time.perf_counter() - began)
        self._head = max(self._head, new.position)
        self._remember([new])
        self._settle([(job.done, Appended(new.stream, new.version, new.position))], grown=True)
        return True

    def _write(self) -> None:
        """The writer thread."""
        while (job := self._jobs.get()) is not None:
            jobs = [job]
            while len(jobs) < COMMIT_JOBS_MAX:
                try:
                    further = self._jobs.get_nowait()
                except queue.Empty:
                    break
                if further is None:
                    self._jobs.put(None)
                    break
                jobs.append(further)
            with self._committing:
                outcomes, grown = self._commit(self._writer_db, jobs, self._pace.elsewhere)
            self._answer(jobs, outcomes, grown)

    def _commit(
        self, db: sqlite3.Connection, jobs: list[_Job], took: Callable[[float], None]
    ) -> tuple[list[Any], bool]:
        """The outcome of each job, and whether the log has grown. Only one thread at a time is in here."""
        began = time.perf_counter()
        try:
            if not db.in_transaction:
                db.execute("BEGIN IMMEDIATE")
            transaction = _Transaction(db)
            outcomes = [_attempt(job, transaction) for job in jobs]
            db.execute("COMMIT")
        except _FAILURES as error:
            with suppress(sqlite3.Error):  # then the next BEGIN fails, until it can be rolled back
                if db.in_transaction:
                    db.execute("ROLLBACK")
            took(inf)
            return [Unavailable(f"log: {error}")] * len(jobs), False
        took(time.perf_counter() - began)
        grown = transaction.last > self._head
        self._head = max(self._head, transaction.last)
        self._remember(transaction.inserted)
        return outcomes, grown

    def _answer(self, jobs: list[_Job], outcomes: list[Any], grown: bool) -> None:
        """From the writer thread to whoever waits."""
        by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Any]]] = {}
        for job, outcome in zip(jobs, outcomes, strict=True):
            by_loop.setdefault(job.loop, []).append((job.done, outcome))
        for loop, settled in by_loop.items():
            with suppress(RuntimeError):  # its loop is closed: nobody waits there any more
                loop.call_soon_threadsafe(self._settle, settled, grown)

    def _remember(self, new: list[Stored]) -> None:
        recent = self._recent
        if new and recent and recent[-1].position + 1 != new[0].position:
            self._recent = new  # another process wrote in between
        else:
            recent += new
        if len(self._recent) > 2 * RECENT_MAX:
            self._recent = self._recent[-RECENT_MAX:]

    def _settle(self, settled: list[tuple[asyncio.Future[Any], Any]], grown: bool) -> None:
        for done, outcome in settled:
            if done.done():
                continue
            if isinstance(outcome, Exception):
                done.set_exception(outcome)
            else:
                done.set_result(outcome)
        if grown:
            for woken in self._waiting:
                woken.set()


class _Transaction:
    """What one commit brings: `last` is the last new position, 0 if there is none, `inserted` the new records."""

    __slots__ = ("_db", "inserted", "last")

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.last = 0
        self.inserted: list[Stored] = []

    def append(self, stream: str, expected: int, events: Sequence[bytes], command: str, digest: bytes) -> Appended:
        """See `EventLog.append`."""
        if len(events) == 1 and expected != ANY:
            if new := _insert_next(self._db, stream, expected, events[0], command, digest):
                self.last = new.position
                self.inserted.append(new)
                return Appended(stream, new.version, new.position)
        version, *commit = self._db.execute(_LOOK, (stream, command)).fetchone()
        if commit[0] is not None:
            return _earlier(stream, command, digest, *commit)
        version = version or 0
        if expected not in (ANY, version):
            raise Conflict(stream, expected, version)
        of_command: tuple[Any, ...] = (command, len(events), digest)
        rows: list[tuple[Any, ...]] = []
        for number, event in enumerate(events, 1):
            rows.append((stream, version + number, *of_command, stamp(event, version + number)))
            of_command = (None, None, None)
        self._insert(rows)
        return Appended(stream, version + len(rows), self.last)

    def hear(self, parsed: list[tuple[Meta, bytes]]) -> list[Heard]:
        """See `EventLog.hear`."""
        heard: list[Heard] = []
        rows: list[tuple[Any, ...]] = []
        ids: dict[str, list[str]] = {}
        """Of each stream, the ids of the events in `rows`."""
        heads: dict[str, int] = {}
        """Of each stream, the version in the log."""
        for meta, record in parsed:
            stream = meta.stream
            if stream not in heads:
                heads[stream], ids[stream] = _one(self._db, _HEAD, stream), []
            new = ids[stream]
            version = heads[stream] + len(new)
            if meta.version <= version:
                ahead = meta.version - heads[stream]
                _same_or_halt(meta, new[ahead - 1] if ahead > 0 else _id_of(self._db, stream, meta.version))
                heard.append(Heard.KNOWN)
            elif meta.version == version + 1:
                new.append(meta.id)
                rows.append((stream, meta.version, None, None, None, record))
                heard.append(Heard.INSERTED)
            else:
                heard.append(Heard.GAP)
        self._insert(rows)
        return heard

    def _insert(self, rows: list[tuple[Any, ...]]) -> None:
        """The last thing that a job does: what it may object to, it has said before anything was written."""
        for row in rows:
            self.last = cast(int, self._db.execute(_INSERT, row).lastrowid)
            self.inserted.append(Stored(self.last, row[0], row[1], row[-1]))


def _attempt(job: _Job, transaction: _Transaction) -> Any:
    """One job in the shared transaction; its refusal is its own, but if the file fails, all of them have failed."""
    try:
        return job.work(transaction)
    except _FAILURES:
        raise
    except Exception as refusal:
        return refusal


def _insert_next(
    db: sqlite3.Connection, stream: str, expected: int, event: bytes, command: str, digest: bytes
) -> Stored | None:
    """Append one event after a known version, as most commands do, in one statement; None: something objects to it."""
    record = stamp(event, expected + 1)
    try:
        inserted = db.execute(_INSERT_NEXT, (stream, expected, command, digest, record))
    except sqlite3.IntegrityError:
        return None
    return Stored(cast(int, inserted.lastrowid), stream, expected + 1, record) if inserted.rowcount else None


def _one(db: sqlite3.Connection, sql: str, *params: Any) -> int:
    row = db.execute(sql, params).fetchone()
    return (row[0] or 0) if row else 0


def _known(db: sqlite3.Connection, stream: str, command: str, digest: bytes) -> Appended | None:
    row = db.execute(_COMMAND, (stream, command)).fetchone()
    if row is None:
        return None
    return _earlier(stream, command, digest, *row)


def _earlier(
    stream: str, command: str, digest: bytes, position: int, version: int, size: int, earlier: bytes
) -> Appended:
    """What a commit that is there led to. Raises CommandReused."""
    if digest and earlier and digest != earlier:
        raise CommandReused(command)
    return Appended(stream, version + size - 1, position + size - 1, repeated=True)


def _id_of(db: sqlite3.Connection, stream: str, version: int) -> str:
    sql = "SELECT record FROM events WHERE stream = ? AND version = ?"
    return str(orjson.loads(db.execute(sql, (stream, version)).fetchone()[0])["id"])


def _same_or_halt(meta: Meta, known: str) -> None:
    if known != meta.id:
        raise Halt(f"{meta.stream} version {meta.version} is event {known} here and {meta.id} in what was heard")
