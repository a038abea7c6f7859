"""How fast events come into the log, one commit each: our port, a bare SQLite loop, the library eventsourcing.

The contestants take turns in short rounds, so that whatever else the machine does hits all of them. A ratio is the
median of the rounds' ratios.
"""

import asyncio
import importlib.util
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from aktenlauf.cli.bench.report import Result, Tell
from aktenlauf.contracts.envelope import encode, stamp
from aktenlauf.contracts.review import CaseAssigned
from aktenlauf.kit.adapters.sqlite import open_database
from aktenlauf.kit.adapters.sqlite_log import DATA_FORMAT, SCHEMA, SqliteLog
from aktenlauf.kit.ids import new_id

WRITERS = 64
ROUND_SECONDS = 0.15
EVENTS_PER_STREAM = 5
POOL = 1000
"""Different pre-serialised events, used in turn."""

_INSERT = "INSERT INTO events (position, stream, version, command, size, digest, record) VALUES (?,?,?,?,?,?,?)"

Contestant = Callable[[float], Awaitable[float]]
"""Appends for so many seconds; gives events per second."""


async def measure(folder: Path, seconds: float, tell: Tell) -> Result:
    """Rounds of all contestants for about `seconds`."""
    result = Result("append")
    log, crowded = SqliteLog(folder / "log.db"), SqliteLog(folder / "crowded.db")
    contestants = {"bare_driver": bare_driver(folder / "bare.db"), "port": writers(log, 1, "one")}
    if library := eventsourcing(folder / "eventsourcing.db"):
        contestants["eventsourcing"] = library
    else:
        result.notes.append("EVENTSOURCING IS NOT INSTALLED: ratio_to_eventsourcing is not measured (dev group).")
    contestants[f"port_{WRITERS}_writers"] = writers(crowded, WRITERS, "crowd")
    rates = await _rounds(contestants, seconds, tell)
    await log.close()
    await crowded.close()
    for name, values in rates.items():
        result.add(f"{name}_events_per_second", median(values), "1/s")
    result.add("ratio_to_bare_driver", _ratio(rates, "port", "bare_driver"), "", 0.6)
    result.add("ratio_to_eventsourcing", _ratio(rates, "port", "eventsourcing"), "", 1.3)
    result.add(f"ratio_{WRITERS}_to_1", _ratio(rates, f"port_{WRITERS}_writers", "port"), "", 3)
    result.settings = _settings(folder / "bare.db", len(rates["port"]))
    result.series = dict(rates)
    return result


async def _rounds(contestants: dict[str, Contestant], seconds: float, tell: Tell) -> dict[str, list[float]]:
    rates: dict[str, list[float]] = {name: [] for name in contestants}
    share = min(ROUND_SECONDS, seconds / len(contestants))
    turns = list(contestants.items())
    began = time.perf_counter()
    for contestant in contestants.values():  # files grow to their first pages, code is warm
        await contestant(share / 5)
    while not all(rates.values()) or time.perf_counter() - began < seconds:
        turns.reverse()  # nobody always pays for what the one before left to the disk
        for name, contestant in turns:
            tell((time.perf_counter() - began) / seconds, name)
            rates[name].append(await contestant(share))
    return rates


def _ratio(rates: dict[str, list[float]], ours: str, theirs: str) -> float | None:
    if theirs not in rates:
        return None
    return median(a / b for a, b in zip(rates[ours], rates[theirs], strict=True))


def events() -> list[bytes]:
    """Unstamped records as the command runner makes them."""
    return [_event(f"c-{number:06}") for number in range(POOL)]


def _event(case: str) -> bytes:
    """Some 400 bytes: short names, since most events of the log are of this size and not with a sealed part."""
    return encode(
        CaseAssigned(staff="s-7f3a"),
        service="review",
        stream=f"review/case/{case}",
        event_id=new_id(),
        time=datetime.now(UTC),
        subject=case,
        office=None,
        causationid=new_id(),
        correlationid="r-000001",
        actor="s-7f3a",
        traceparent=None,
    )


def places(prefix: str) -> Iterator[tuple[str, int]]:
    """Streams and versions, a few events to a stream, without end."""
    number = 0
    while True:
        for version in range(1, EVENTS_PER_STREAM + 1):
            yield f"review/case/{prefix}-{number:012}", version
        number += 1


def bare_driver(path: Path) -> Contestant:
    """An insert loop without anything of ours but table, indexes, PRAGMAs and payload."""
    db = open_database(path, SCHEMA, DATA_FORMAT)
    payload = [stamp(event, 1) for event in events()]
    where = enumerate(places("bare"), 1)

    async def insert(seconds: float) -> float:
        count, began = 0, time.perf_counter()
        while (now := time.perf_counter()) - began < seconds:
            position, (stream, version) = next(where)
            db.execute(
                _INSERT, (position, stream, version, f"command-{position:012}", 1, b"", payload[position % POOL])
            )
            count += 1
        return count / (now - began)

    return insert


def writers(log: SqliteLog, number: int, prefix: str) -> Contestant:
    """So many concurrent writers through the port, each one event a commit on streams of its own."""
    payload = events()
    where = [enumerate(places(f"{prefix}-{writer}")) for writer in range(number)]

    async def write(writer: int, until: float) -> int:
        count = 0
        while time.perf_counter() < until:
            n, (stream, version) = next(where[writer])
            await log.append(stream, version - 1, [payload[n % POOL]], f"command-{writer}-{n:012}")
            count += 1
        return count

    async def all_write(seconds: float) -> float:
        began = time.perf_counter()
        counts = await asyncio.gather(*(write(writer, began + seconds) for writer in range(number)))
        return sum(counts) / (time.perf_counter() - began)

    return all_write


def eventsourcing(path: Path) -> Contestant | None:
    """`Application.save` of one new aggregate a time, on the library's own SQLite module; None if not installed."""
    if importlib.util.find_spec("eventsourcing") is None:
        return None
    from aktenlauf.cli.bench.library import saving

    return saving(path)


def _settings(bare: Path, rounds: int) -> dict[str, Any]:
    db = sqlite3.connect(bare)
    journal = db.execute("PRAGMA journal_mode").fetchone()[0]
    db.close()
    return {
        "journal_mode": journal,
        "synchronous": "FULL (eventsourcing: WAL and SQLite's default, which is FULL)",
        "event_bytes": round(median(len(stamp(event, 1)) for event in events())),
        "events_per_stream": EVENTS_PER_STREAM,
        "writers": WRITERS,
        "rounds": rounds,
        "round_seconds": ROUND_SECONDS,
    }
