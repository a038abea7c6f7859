"""What every SQLite adapter shares: opening a file safely, and where its work is done.

A file has a thread that writes and one that reads. What touches only a handful of rows is done on the event loop
instead, as long as the disk is quick: two changes of thread cost more than the work itself (ADR 0015).

WAL with synchronous=FULL: what was acknowledged survives a crash of the machine, not only of the process. A newer
data format is refused with a sentence, so that an older program never writes into what it does not understand.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from aktenlauf.kit.errors import Halt, Unavailable

T = TypeVar("T")

QUICK_SECONDS = 0.001
"""Work that took less may be followed by some on the event loop."""
HERE_MAX = 128
"""How often in a row that may be. The next is a thread's: others get their turn meanwhile, and the write-ahead log is
moved into the file, which nothing on the event loop does."""


def open_database(path: Path, schema: str, data_format: int, *, durable: bool = True) -> sqlite3.Connection:
    """Open or create `path`. Raises Halt for data written by a newer program.

    `durable=False` is for what can be rebuilt (views): it survives a kill, not a power cut.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
    db.execute("PRAGMA secure_delete=ON")
    found = db.execute("PRAGMA user_version").fetchone()[0]
    if found > data_format:
        db.close()
        raise Halt(
            f"{path.name} was written by a newer version of Aktenlauf (data format {found}, this program knows "
            f"{data_format}). Start the newer version, or restore a backup made with this one."
        )
    db.executescript(f"BEGIN IMMEDIATE; {schema}; PRAGMA user_version={data_format}; COMMIT;")
    return db


def open_here(path: Path, *, durable: bool = True) -> sqlite3.Connection:
    """A connection for the event loop, to a file that is there: waits for nobody, moves no write-ahead log."""
    db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=0)
    db.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
    db.execute("PRAGMA secure_delete=ON")
    db.execute("PRAGMA wal_autocheckpoint=0")
    return db


def begin_here(db: sqlite3.Connection) -> bool:
    """Whether the file is free to write now. One that fails is the thread's affair, which answers for it.

    What an earlier failure left open is rolled back first: a BEGIN inside would fail, but keep the write lock.
    """
    try:
        if db.in_transaction:
            db.execute("ROLLBACK")
        db.execute("BEGIN IMMEDIATE")
    except sqlite3.Error:
        return False
    return True


class Pace:
    """Whether the next small work may be done on the event loop: the last was quick, and not too many came in a row."""

    __slots__ = ("quick", "row")

    def __init__(self) -> None:
        self.quick = False
        self.row = 0

    @property
    def may_stay(self) -> bool:
        return self.quick and self.row < HERE_MAX

    def here(self, seconds: float) -> None:
        """Work on the event loop took so long."""
        self.row += 1
        self.quick = seconds < QUICK_SECONDS

    def elsewhere(self, seconds: float) -> None:
        """Work in a thread took so long, the wait for its turn not counted."""
        self.row = 0
        self.quick = seconds < QUICK_SECONDS


class Reader:
    """What reads one file: a thread with a connection, and one for the event loop. It waits for no writer."""

    def __init__(self, path: Path) -> None:
        self._name = path.stem
        self._here, self._db = open_here(path), open_here(path)
        self._here.execute("PRAGMA query_only=ON")
        self._db.execute("PRAGMA query_only=ON")
        self._db.execute("PRAGMA busy_timeout=10000")
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"{path.stem}-read")
        self._pace = Pace()

    async def read(self, query: Callable[[sqlite3.Connection], T], *, small: bool = False) -> T:
        """The result of `query` on one state of the data. It only reads, and keeps no cursor open."""
        if small and self._pace.may_stay:
            return _measured(self._pace.here, lambda: self._on_one_state(self._here, query))
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._thread, lambda: _measured(self._pace.elsewhere, lambda: self._on_one_state(self._db, query))
        )

    async def close(self) -> None:
        """Wait for what was queued, then close."""
        self._here.close()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._db.close)
        self._thread.shutdown(wait=False)

    def _on_one_state(self, db: sqlite3.Connection, query: Callable[[sqlite3.Connection], T]) -> T:
        try:
            db.execute("BEGIN")
            return query(db)
        except sqlite3.OperationalError as error:
            raise Unavailable(f"{self._name}: {error}") from error
        finally:
            if db.in_transaction:
                db.execute("COMMIT")


class Database:
    """One file. Calls queue up for its threads and never block the event loop, but for `small` ones while it is quick.

    Small is what touches a handful of rows, however many there are.
    """

    def __init__(self, path: Path, schema: str, data_format: int, *, durable: bool = True) -> None:
        self._name = path.stem
        self._db = open_database(path, schema, data_format, durable=durable)
        self._here = open_here(path, durable=durable)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=path.stem)
        self._pace = Pace()
        self._reader = Reader(path)
        self._closed = False

    async def run(self, work: Callable[[sqlite3.Connection], T], *, small: bool = False) -> T:
        """Run `work` in one transaction: all of it or, if it raises, nothing. Raises Unavailable."""
        self._open()
        if small and self._pace.may_stay and begin_here(self._here):
            return _measured(self._pace.here, lambda: self._commit(self._here, work))
        return await self._in_thread(lambda: _measured(self._pace.elsewhere, lambda: self._transaction(work)))

    async def read(self, query: Callable[[sqlite3.Connection], T], *, small: bool = False) -> T:
        """The result of `query` on one state of the data: what was committed before the call is in it.

        Waits for no writer. `query` only reads, and keeps no cursor open. Raises Unavailable.
        """
        self._open()
        return await self._reader.read(query, small=small)

    async def checkpoint(self) -> None:
        """Move everything out of the write-ahead log and empty it: nothing overwritten stays readable in it.

        Raises Unavailable if another connection still reads from it.
        """

        def truncate() -> None:
            (busy, _, _) = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if busy:
                raise Unavailable("database: another process reads an older state")

        self._open()
        await self._in_thread(truncate)

    async def close(self) -> None:
        """Wait for what was queued, then close. Repeating it changes nothing."""
        if not self._closed:
            self._closed = True
            await self._reader.close()
            self._here.close()
            await self._in_thread(self._db.close)
            self._thread.shutdown(wait=False)

    def _open(self) -> None:
        if self._closed:
            raise Unavailable("the database is closed")

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            self._db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise Unavailable(f"{self._name}: {error}") from error
        return self._commit(self._db, work)

    def _commit(self, db: sqlite3.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
        """What has begun, to its end."""
        try:
            result = work(db)
            db.execute("COMMIT")
            return result
        except sqlite3.OperationalError as error:
            raise Unavailable(f"{self._name}: {error}") from error
        finally:
            if db.in_transaction:  # also after a COMMIT that failed; SQLite may have rolled back by itself
                db.execute("ROLLBACK")


def _measured(tell: Callable[[float], None], work: Callable[[], T]) -> T:
    began = time.perf_counter()
    try:
        return work()
    finally:
        tell(time.perf_counter() - began)
