"""A process of writers on a log in MongoDB, for tests and measurements of several at once.

    python -m aktenlauf.kit.testing.mongo_writers URL DATABASE NAME WRITERS COMMITS

Says `ready`, waits for a line, then each writer makes COMMITS appends, one after the other. Then it says in one line of
JSON: `seconds`, `inserts` and how many of them were `taken` (met another writer), and all `answers`.
"""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from typing import Any

from aktenlauf.kit.adapters.mongo import close_clients, open_database
from aktenlauf.kit.adapters.mongo_commits import Commit
from aktenlauf.kit.adapters.mongo_log import MongoLog
from aktenlauf.kit.log import ANY, Appended
from aktenlauf.kit.testing.samples import happened

SHARED = "samples/thing/shared"


async def write(log: MongoLog, name: str, commits: int) -> list[Appended]:
    """One writer: its own stream by expected version, every fifth time one that all share, by ANY; 1 or 2 events."""
    answers: list[Appended] = []
    own, version = f"samples/thing/{name}", 0
    for number in range(commits):
        stream, expected = (SHARED, ANY) if number % 5 == 4 else (own, version)
        events = [happened(stream, number) for _ in range(1 + number % 2)]
        answers.append(await log.append(stream, expected, events, f"{name}-{number}"))
        version = answers[-1].version if stream == own else version
    return answers


def count_inserts(log: MongoLog) -> dict[str, int]:
    """How often the log inserts from now on, and how often it met another writer."""
    counts, insert = {"inserts": 0, "taken": 0}, log._commits.insert

    async def counted(commits: Sequence[Commit]) -> None:
        counts["inserts"] += 1
        try:
            await insert(commits)
        except BaseException:
            counts["taken"] += 1
            raise

    log._commits.insert = counted  # type: ignore[method-assign]
    return counts


async def main(url: str, database: str, name: str, writers: int, commits: int) -> dict[str, Any]:
    """What is said at the end."""
    log = await MongoLog.open(open_database(url, database))
    counts = count_inserts(log)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    began = time.perf_counter()
    answers = await asyncio.gather(*(write(log, f"{name}-{n}", commits) for n in range(writers)))
    seconds = time.perf_counter() - began
    await log.close()
    await close_clients()
    return {"seconds": seconds, **counts, "answers": [answer for of_writer in answers for answer in of_writer]}


if __name__ == "__main__":
    url, database, name, writers, commits = sys.argv[1:]
    print(json.dumps(asyncio.run(main(url, database, name, int(writers), int(commits)))))
