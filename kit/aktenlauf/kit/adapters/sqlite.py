"""What every SQLite adapter shares: opening a file safely, and threads that own a connection each.

WAL with synchronous=FULL: what was acknowledged survives a crash of the machine, not only of the process. A newer
data format is refused with a sentence, so that an older program never writes into what it does not understand.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from aktenlauf.kit.errors import Halt, Unavailable

T = TypeVar("T")


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


class Database:
    """A connection that writes, one that reads, each with a thread: calls queue up and never block the event loop.

    The one for reading is opened when it is first used.
    """

    def __init__(self, path: Path, schema: str, data_format: int, *, durable: bool = True) -> None:
        self._path = path
        self._db = open_database(path, schema, data_format, durable=durable)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=path.stem)
        self._reading_db: sqlite3.Connection | None = None
        self._reading_thread = ThreadPoolExecutor(1, thread_name_prefix=f"{path.stem}-read")
        self._closed = False

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` in one transaction: all of it or, if it raises, nothing. Raises Unavailable."""
        return await self._call(lambda: self._transaction(work))

    async def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """The result of `query` on one state of the data: what was committed before the call is in it.

        Waits for no writer. `query` only reads, and keeps no cursor open. Raises Unavailable.
        """
        return await self._call(lambda: self._reading(query), self._reading_thread)

    def _reading(self, query: Callable[[sqlite3.Connection], T]) -> T:
        try:
            if self._reading_db is None:
                self._reading_db = sqlite3.connect(
                    self._path, check_same_thread=False, isolation_level=None, timeout=10
                )
                self._reading_db.execute("PRAGMA query_only=ON")
            self._reading_db.execute("BEGIN")
            return query(self._reading_db)
        except sqlite3.OperationalError as error:
            raise Unavailable(f"database: {error}") from error
        finally:
            if self._reading_db is not None and self._reading_db.in_transaction:
                self._reading_db.execute("COMMIT")

    def _transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            result = work(self._db)
            self._db.execute("COMMIT")
            return result
        except sqlite3.OperationalError as error:
            raise Unavailable(f"database: {error}") from error
        finally:
            if self._db.in_transaction:  # also after a COMMIT that failed; SQLite may have rolled back by itself
                self._db.execute("ROLLBACK")

    async def checkpoint(self) -> None:
        """Move everything out of the write-ahead log and empty it: nothing overwritten stays readable in it.

        Raises Unavailable if another connection still reads from it.
        """

        def truncate() -> None:
            (busy, _, _) = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if busy:
                raise Unavailable("database: another process reads an older state")

        await self._call(truncate)

    async def close(self) -> None:
        """Wait for what was queued, then close. Repeating it changes nothing."""
        if not self._closed:
            self._closed = True
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._reading_thread, self._close_reading)
            await loop.run_in_executor(self._thread, self._db.close)
            self._reading_thread.shutdown(wait=False)
            self._thread.shutdown(wait=False)

    def _close_reading(self) -> None:
        if self._reading_db is not None:
            self._reading_db.close()

    async def _call(self, work: Callable[[], T], thread: ThreadPoolExecutor | None = None) -> T:
        if self._closed:
            raise Unavailable("the database is closed")
        return await asyncio.get_running_loop().run_in_executor(thread or self._thread, work)
