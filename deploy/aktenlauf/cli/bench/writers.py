"""Three processes of writers on one log in MongoDB, and one of them alone, in turns: what do more replicas bring?

Every writer has a stream of its own and one that all share. Only a real MongoDB, which AKTENLAUF_TEST_MONGO names, is
held to a rate: FerretDB is another database that speaks its protocol.
"""

import asyncio
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson

from aktenlauf.cli.bench.on_servers import servers
from aktenlauf.cli.bench.report import Result, Tell, middle
from aktenlauf.kit.adapters.mongo import close_client, database_of, open_client
from aktenlauf.kit.adapters.mongo_log import MongoLog
from aktenlauf.kit.log import walk

PROCESSES, WRITERS, COMMITS = 3, 8, 50
"""Writers of each process, commits of each writer: at most 1,800 events, which FerretDB bears."""
REAL = "AKTENLAUF_TEST_MONGO"
RETRIES_MAX = 0.2


@dataclass(frozen=True, slots=True)
class Round:
    """What one round found: commits a second, the share of inserts that met another writer, positions that lack."""

    rate: float
    retries: float
    lacking: int


async def measure(folder: Path, seconds: float, tell: Tell) -> Result:
    """Rounds of one process and of three for about `seconds`."""
    result = Result("writers")
    real = os.environ.get(REAL, "")
    found = None if real else await asyncio.to_thread(servers, result)
    url = real or (found.mongo if found else "")
    one: list[Round] = []
    three: list[Round] = []
    began = time.perf_counter()
    while url and (not one or time.perf_counter() - began < seconds):
        tell((time.perf_counter() - began) / seconds, "one process, then three")
        one.append(await _round(url, 1))
        three.append(await _round(url, PROCESSES))
    _report(result, one, three, bool(real))
    return result


def _report(result: Result, one: Sequence[Round], three: Sequence[Round], real: bool) -> None:
    ratios = [more.rate / single.rate for more, single in zip(three, one, strict=True)]
    result.add("one_process_commits_per_second", middle([r.rate for r in one]), "1/s")
    result.add("three_processes_commits_per_second", middle([r.rate for r in three]), "1/s")
    result.add("ratio_three_to_one", middle(ratios), "", 1.0 if real else None)
    result.add("retries_share", middle([r.retries for r in three]), "", RETRIES_MAX, less=True)
    result.add("positions_lacking", sum(r.lacking for r in three) if three else None, "", 0, less=True)
    result.settings = {
        "writers_of_each": WRITERS,
        "commits_of_each": COMMITS,
        "rounds": len(one),
        "server": _server(real),
    }
    result.series = {"one": [r.rate for r in one], "three": [r.rate for r in three]}
    if three and not real:
        result.notes.append(f"On FerretDB; its rates mean nothing for MongoDB. {REAL} names a real one.")


def _server(real: bool) -> str:
    return "MongoDB" if real else "FerretDB"


async def _round(url: str, processes: int) -> Round:
    """All writers of so many processes at once on a new log."""
    name = f"bench-{uuid4().hex[:12]}"
    client = open_client(url)
    try:
        log = await MongoLog.open(database_of(client, name))  # the indexes are made once, before the clock runs
        replies = await _write(url, name, processes)
        positions = [stored.position async for stored in walk(log)]
        await log.close()
    finally:
        await client.drop_database(name)
        await close_client(client)
    inserts = sum(reply["inserts"] for reply in replies)
    return Round(
        rate=processes * WRITERS * COMMITS / max(reply["seconds"] for reply in replies),
        retries=sum(reply["taken"] for reply in replies) / inserts,
        lacking=len(set(range(1, max(positions) + 1)) - set(positions)),
    )


async def _write(url: str, database: str, processes: int) -> list[dict[str, Any]]:
    """What the processes said at the end; they begin when all are ready."""
    program = ["-m", "aktenlauf.kit.testing.mongo_writers", url, database]
    pipe = asyncio.subprocess.PIPE
    started = [
        await asyncio.create_subprocess_exec(
            sys.executable, *program, f"p{n}", str(WRITERS), str(COMMITS), stdin=pipe, stdout=pipe
        )
        for n in range(processes)
    ]
    for process in started:
        if process.stdout is not None:
            await process.stdout.readline()
    said = await asyncio.gather(*(process.communicate(b"go\n") for process in started))
    return [orjson.loads(output.splitlines()[-1]) for output, _ in said]
