"""The library eventsourcing as a contestant. Imported only where it is installed (dev group)."""

import time
import warnings
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate

BATCH = 50
"""Objects made ready between two looks at the clock; making them is not counted."""
PAYLOAD = "x" * 200
"""With the library's own attributes about the size of our events: 371 bytes and a topic of 60."""


class Case(Aggregate):
    """An aggregate; its first event carries the payload."""

    def __init__(self, record: str) -> None:
        self.record = record


def saving(path: Path) -> Callable[[float], Awaitable[float]]:
    """`Application.save` of one new aggregate a time, on the library's own SQLite module."""
    env = {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(path)}
    application: Any = Application(env=env)

    async def save(seconds: float) -> float:
        count, spent = 0, 0.0
        while spent < seconds:
            cases = [Case(record=PAYLOAD) for _ in range(BATCH)]
            began = time.perf_counter()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                for case in cases:
                    application.save(case)
            spent += time.perf_counter() - began
            count += len(cases)
        return count / spent

    return save
