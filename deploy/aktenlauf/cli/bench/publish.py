"""How fast the log reaches Kafka: our publisher, and the bare client with the same records and promises.

The two take turns, so that whatever else the machine does hits both. The ratio is the median of the rounds' ratios.
"""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from aiokafka import AIOKafkaProducer

from aktenlauf.cli.bench.on_kafka import Place, kafka
from aktenlauf.cli.bench.report import Result, Tell
from aktenlauf.cli.bench.tail import ACTIVE, HEARD_AT_ONCE, mixed
from aktenlauf.contracts.envelope import parse
from aktenlauf.kit.adapters.kafka_bus import KafkaBus
from aktenlauf.kit.adapters.kafka_topics import public_topic
from aktenlauf.kit.adapters.sqlite_log import SqliteLog
from aktenlauf.kit.adapters.sqlite_work import SqliteWork
from aktenlauf.kit.log import EventLog, Stored
from aktenlauf.kit.tail import BATCH_MAX, Publisher

EVENTS = 10_000


class Counting(KafkaBus):
    """Tells when so many records are published."""

    def __init__(self, place: Place, expected: int) -> None:
        super().__init__(place.brokers, "review", place.prefix)
        self._left = expected
        self.done = asyncio.Event()

    async def publish(self, records: Sequence[Stored]) -> None:
        await super().publish(records)
        self._left -= len(records)
        if self._left <= 0:
            self.done.set()


async def measure(folder: Path, seconds: float, tell: Tell, events: int = EVENTS) -> Result:
    """Rounds of both for about `seconds`."""
    result = Result("publish")
    ours: list[float] = []
    bare: list[float] = []
    records = list(mixed(ACTIVE, events))
    async with kafka(result) as place:
        if place is not None:
            log = SqliteLog(folder / "log.db")
            for start in range(0, events, HEARD_AT_ONCE):
                await log.hear(records[start : start + HEARD_AT_ONCE])
            began = time.perf_counter()
            while not ours or time.perf_counter() - began < seconds:
                tell((time.perf_counter() - began) / seconds, "from the log, then the bare client")
                ours.append(events / await _from_log(log, place, folder / f"work-{len(ours)}.db", events))
                bare.append(events / await _bare(place, records))
            await log.close()
    result.add_rates(("publish", ours), ("bare_client", bare), 0.5)
    result.settings = {"events": events, "batch": BATCH_MAX, "rounds": len(ours)}
    return result


async def _from_log(log: EventLog, place: Place, work_file: Path, events: int) -> float:
    """Seconds in which a publisher that starts at the log's beginning has all acknowledged."""
    bus, work = Counting(place, events), SqliteWork(work_file)
    await bus.publish([])  # connects
    began = time.perf_counter()
    task = asyncio.create_task(Publisher("review", log, bus, work).run())
    await bus.done.wait()
    spent = time.perf_counter() - began
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await bus.close()
    await work.close()
    return spent


async def _bare(place: Place, records: Sequence[bytes]) -> float:
    """Seconds in which aiokafka alone has all acknowledged: idempotent, as many under way at a time as we have."""
    topic = public_topic(place.prefix, "review")
    keyed = [(parse(record).meta.case.encode(), record) for record in records]
    producer = AIOKafkaProducer(**place.brokers.client(), enable_idempotence=True)
    await producer.start()
    began = time.perf_counter()
    for start in range(0, len(keyed), BATCH_MAX):
        sent = [await producer.send(topic, value, key) for key, value in keyed[start : start + BATCH_MAX]]
        await asyncio.gather(*sent)
    spent = time.perf_counter() - began
    await producer.stop()
    return spent
