"""What every MongoDB adapter shares: making the client, its promises for reading and writing, and its errors.

No other module names the driver's classes or its errors. It is motor today; pymongo's own asynchronous client takes
the same calls, so the adapters are written for both, and the suites run over both (ADR 0017). An adapter is given a
`Database`; whoever opened the client closes it.

Every write is acknowledged by a majority and journaled, every read is of what a majority has, on the primary: nothing
that was read or acknowledged is ever taken back by an election. No more than that is asked of the server (no
transactions, no change streams, no partial indexes), so that others which speak its protocol serve as well.
"""

import asyncio
import inspect
import os
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary, WeakValueDictionary

from pymongo import AsyncMongoClient, ReadPreference, WriteConcern
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import (
    BulkWriteError,
    DuplicateKeyError,
    PyMongoError,
    ServerSelectionTimeoutError,
)
from pymongo.read_concern import ReadConcern
from pymongo.uri_parser import parse_uri, split_options

from aktenlauf.kit.errors import Halt, Unavailable

# motor has one pool of threads for all clients of a process, by default five for each core. Calls to a server that is
# silent hold theirs for seconds: those to others (keyring, sessions) must find one all the same. It asks at its import.
os.environ.setdefault("MOTOR_MAX_WORKERS", "64")
from motor.motor_asyncio import AsyncIOMotorClient

T = TypeVar("T")
Row = dict[str, Any]
Client = AsyncMongoClient[Row]
"""motor's client has the same calls, and says so by the suites, not by its type."""
Database = AsyncDatabase[Row]
Collection = AsyncCollection[Row]

__all__ = [
    "Client",
    "Collection",
    "Database",
    "DuplicateKeyError",
    "Row",
    "check_format",
    "check_url",
    "close_client",
    "close_clients",
    "database_names",
    "database_of",
    "duplicate_at",
    "in_parallel",
    "insert_if_new",
    "never_sent",
    "open_client",
    "open_database",
    "translated",
    "update_if",
]

FIND_SERVER_MS = 5_000
"""How long a call looks for a primary before it gives up. The driver tries a call once more where the connection broke,
so that a server that is silent is waited for twice."""
ANSWER_MS = 10_000
"""How long a call waits for an answer of a server that it has found."""
MAJORITY_MS = 8_000
"""How long a server waits for the majority: less than ANSWER_MS, so that it can still say so."""
PARALLEL = 8
"""Calls that one caller has under way at once."""
_DUPLICATE_KEY = 11000
_SRV = "mongodb+srv://"

_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, Client]] = WeakKeyDictionary()
"""What `open_database` has opened: a client belongs to the event loop that it was used in."""
_turns: WeakValueDictionary[tuple[str, Any], asyncio.Lock] = WeakValueDictionary()


def check_url(url: str) -> None:
    """Raises ValueError with what was expected, and nothing of the URL. Asks no server, and no DNS for `+srv`."""
    try:
        if url.startswith(_SRV):
            parts = urlsplit(url)
            if not parts.hostname or parts.port is not None or "," in parts.netloc.rpartition("@")[2]:
                raise ValueError
            if parts.query:
                split_options(parts.query)
        elif url.startswith("mongodb://"):  # the driver would take any word for a host
            parse_uri(url)
        else:
            raise ValueError
    except (PyMongoError, ValueError, TypeError):
        raise ValueError(
            "needs mongodb://user:password@host:port/?options (or mongodb+srv://) with user and password "
            "percent-encoded, and options and values that MongoDB knows"
        ) from None


def open_client(url: str, driver: Callable[..., Any] = AsyncIOMotorClient) -> Client:
    """A client of the server or replica set at `url`. Does not connect yet; belongs to the running event loop.

    What the URL says of these options counts.

    Raises Unavailable where `mongodb+srv://` is not found in DNS.
    """
    options: dict[str, Any] = {
        "serverSelectionTimeoutMS": FIND_SERVER_MS,
        "connectTimeoutMS": ANSWER_MS,
        "socketTimeoutMS": ANSWER_MS,
        "waitQueueTimeoutMS": ANSWER_MS,
        "appname": "aktenlauf",
    }
    said = urlsplit(url).query.lower()
    with translated():
        client = driver(url, **{name: value for name, value in options.items() if f"{name.lower()}=" not in said})
    return cast(Client, client)


async def close_client(client: Client) -> None:
    """Let go of all connections. Repeating it changes nothing."""
    closing: Any = client.close()  # motor's closes at once, pymongo's is awaited
    if inspect.isawaitable(closing):
        await closing


def database_of(client: Client, name: str) -> Database:
    """A database with the promises that all adapters rest on."""
    return client.get_database(
        name,
        read_preference=ReadPreference.PRIMARY,
        read_concern=ReadConcern("majority"),
        write_concern=WriteConcern("majority", j=True, wtimeout=MAJORITY_MS),
    )


def open_database(url: str, name: str) -> Database:
    """A database of the server at `url`. All of one process share a client, which `close_clients` closes."""
    clients = _clients.setdefault(asyncio.get_running_loop(), {})
    if url not in clients:
        clients[url] = open_client(url)
    return database_of(clients[url], name)


async def database_names(url: str) -> Sequence[str]:
    """Of the databases at `url` that these credentials may see. Raises Unavailable."""
    with translated():
        return await open_database(url, "admin").client.list_database_names()


async def close_clients() -> None:
    """Close what `open_database` has opened in this event loop."""
    for client in _clients.pop(asyncio.get_running_loop(), {}).values():
        await close_client(client)


@contextmanager
def translated() -> Iterator[None]:
    """Around every use of the driver: raises Unavailable for whatever the driver raises.

    The message names kind and code alone: the driver's own quotes documents. A duplicate key that an adapter expects
    is caught inside.
    """
    try:
        yield
    except PyMongoError as error:
        code = getattr(error, "code", None)
        raise Unavailable(f"database: {type(error).__name__}{f' {code}' if code else ''}") from error


def never_sent(error: Unavailable) -> bool:
    """Whether the call that failed so never left this process: no server was found."""
    return isinstance(error.__cause__, ServerSelectionTimeoutError)


def duplicate_at(error: Unavailable) -> int | None:
    """Which document of an ordered insert met a duplicate key, or None where it failed otherwise.

    The ones before it are acknowledged, the ones behind it were not tried.
    """
    details: Any = error.__cause__.details if isinstance(error.__cause__, BulkWriteError) else None
    if details is None or details["writeConcernErrors"] or not details["writeErrors"]:
        return None
    first = details["writeErrors"][0]
    return int(first["index"]) if first["code"] == _DUPLICATE_KEY else None


async def insert_if_new(collection: Collection, row: Row) -> bool:
    """Insert a document unless one with a key of its is there. False: it was. Raises Unavailable."""
    with translated():
        try:
            await collection.insert_one(row)
        except DuplicateKeyError:
            return False
    return True


async def update_if(collection: Collection, expected: Row, change: Row) -> bool:
    """Change the one document that is as `expected` (its `_id` and more). False: it is not so. Raises Unavailable.

    MongoDB looks and writes in one step. FerretDB 1.24 looks first and then writes whatever it finds, so of two at
    once both can succeed: at least those of one process take turns at a document. Only for what can be made again.
    """
    turn = _turns.setdefault((collection.full_name, expected["_id"]), asyncio.Lock())
    async with turn:
        with translated():
            done = await collection.update_one(expected, change)
    return done.matched_count == 1


async def in_parallel(calls: Iterable[Awaitable[T]]) -> list[T]:
    """The results in order, PARALLEL calls at a time. Raises the first error, once all have ended."""
    free = asyncio.Semaphore(PARALLEL)

    async def one(call: Awaitable[T]) -> T:
        async with free:
            return await call

    results = await asyncio.gather(*(one(call) for call in calls), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return cast(list[T], results)


async def check_format(database: Database, part: str, data_format: int) -> None:
    """Note the data format of one part of a database. Raises Halt for data of a newer program, Unavailable."""
    formats = database["formats"]
    with translated():
        found = await formats.find_one({"_id": part})
        if found and found["format"] > data_format:
            raise Halt(
                f"{part} in the database {database.name} was written by a newer version of Aktenlauf (data format "
                f"{found['format']}, this program knows {data_format}). Start the newer version, or restore a backup "
                "made with this one."
            )
    if not found and await insert_if_new(formats, {"_id": part, "format": data_format}):
        return
    with translated():
        await formats.update_one({"_id": part}, {"$max": {"format": data_format}})
