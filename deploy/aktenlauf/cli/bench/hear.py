"""How fast events on Kafka become a view: through our bus and log, and FastStream's way of one commit a message.

FastStream only counts the messages: no log, no view. The two take turns, each time as a new group that hears history
from the start. A rate is taken from the first message on, so joining the group does not count.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from faststream import AckPolicy
from faststream.kafka import KafkaBroker

from aktenlauf.cli.bench.on_kafka import Place, kafka
from aktenlauf.cli.bench.report import Result, Tell
from aktenlauf.cli.bench.tail import ACTIVE, mixed, worklist
from aktenlauf.contracts.envelope import parse
from aktenlauf.kit.adapters.kafka_bus import KafkaBus
from aktenlauf.kit.adapters.kafka_topics import public_topic
from aktenlauf.kit.adapters.sqlite_log import SqliteLog
from aktenlauf.kit.adapters.sqlite_views import SqliteViews
from aktenlauf.kit.adapters.sqlite_work import SqliteWork
from aktenlauf.kit.bus import Delivery
from aktenlauf.kit.clock import system_clock
from aktenlauf.kit.hear import Hearing
from aktenlauf.kit.log import Stored
from aktenlauf.kit.tail import BATCH_MAX, ViewTail

EVENTS = 20_000
ONE_BY_ONE = 3_000
"""Messages of a round of FastStream's: enough for seconds."""

_quiet = logging.getLogger("aktenlauf.bench")
_quiet.setLevel(logging.CRITICAL)


async def measure(folder: Path, seconds: float, tell: Tell, events: int = EVENTS) -> Result:
    """Rounds of both for about `seconds`."""
    result = Result("hear")
    ours: list[float] = []
    each: list[float] = []
    async with kafka(result) as place:
        if place is not None:
            tell(0, f"publishing {events} events")
            await _publish(place, list(mixed(ACTIVE, events)))
            began = time.perf_counter()
            while not ours or time.perf_counter() - began < seconds:
                tell((time.perf_counter() - began) / seconds, "into a view, then FastStream's commit a message")
                ours.append(await _hear(place, folder / str(len(ours)), events))
                each.append(await _commit_each(place, min(events, ONE_BY_ONE)))
    result.add_rates(("hear", ours), ("commit_each", each), 5)
    result.settings = {"events": events, "mixed_cases": ACTIVE, "rounds": len(ours)}
    return result


async def _publish(place: Place, records: Sequence[bytes]) -> None:
    bus = KafkaBus(place.brokers, "review", place.prefix)
    stored = [Stored(n, (meta := parse(r).meta).stream, meta.version, r) for n, r in enumerate(records, 1)]
    for start in range(0, len(stored), BATCH_MAX):
        await bus.publish(stored[start : start + BATCH_MAX])
    await bus.close()


async def _hear(place: Place, folder: Path, events: int) -> float:
    """Events a second from the topic into the log and from there into a view."""
    log, work, views = SqliteLog(folder / "log.db"), SqliteWork(folder / "work.db"), SqliteViews(folder / "views.db")
    bus = KafkaBus(place.brokers, f"hearer-{uuid4().hex}", place.prefix)
    hearing, began = Hearing(log, work, system_clock), 0.0

    async def receive(deliveries: Sequence[Delivery]) -> None:
        nonlocal began
        began = began or time.perf_counter()
        await hearing.receive(deliveries)

    tail = ViewTail(log, views, [worklist], work, system_clock)
    await tail.prepare()
    tasks = [asyncio.ensure_future(loop) for loop in (bus.listen({"review"}, receive), tail.run())]
    await tail.progress.reach(events)
    spent = time.perf_counter() - began
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for port in (bus, log, work, views):
        await port.close()
    return events / spent


async def _commit_each(place: Place, messages: int) -> float:
    """Messages a second where FastStream commits after each."""
    broker = KafkaBroker(place.brokers.servers, consumer_only=True, logger=_quiet)
    left, began, done = messages, 0.0, asyncio.Event()

    @broker.subscriber(
        public_topic(place.prefix, "review"),
        group_id=f"{place.prefix}each-{uuid4().hex}",
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.ACK,
    )
    async def count(body: Any) -> None:
        nonlocal left, began
        began = began or time.perf_counter()
        left -= 1
        if left == 0:
            done.set()

    await broker.start()
    await done.wait()
    spent = time.perf_counter() - began
    await broker.stop()
    return messages / spent
