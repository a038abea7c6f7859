"""Services with logs of their own on a real Kafka, for tests. The fixtures are in conftest.py."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from aktenlauf.contracts.envelope import parse
from aktenlauf.kit.adapters.kafka_brokers import Brokers
from aktenlauf.kit.adapters.kafka_bus import KafkaBus
from aktenlauf.kit.adapters.kafka_topics import public_topic
from aktenlauf.kit.adapters.sqlite_log import SqliteLog
from aktenlauf.kit.adapters.sqlite_work import SqliteWork
from aktenlauf.kit.bus import Delivery, caught_up
from aktenlauf.kit.hear import Hearing
from aktenlauf.kit.log import Heard, Stored, walk
from aktenlauf.kit.republish import republish
from aktenlauf.kit.testing.bus_suite import OWNERS
from aktenlauf.kit.testing.samples import NOON
from aktenlauf.kit.testing.waiting import until


@asynccontextmanager
async def administering(brokers: Brokers) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(**brokers.client())
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def delete_topics(brokers: Brokers, prefix: str) -> None:
    async with administering(brokers) as admin:
        if ours := [topic for topic in await admin.list_topics() if topic.startswith(prefix)]:
            await admin.delete_topics(ours)

        async def gone() -> bool:
            return not any(topic.startswith(prefix) for topic in await admin.list_topics())

        await until(gone)


class World:
    """Services with logs of their own, on one Kafka."""

    def __init__(self, brokers: Brokers, prefix: str, folder: Path) -> None:
        self.brokers, self.prefix, self.folder = brokers, prefix, folder
        self.log, self.work = SqliteLog(folder / "log.db"), SqliteWork(folder / "work.db")
        """Of the service `hearer`."""
        self.halted: list[str] = []

    def bus(self, service: str = "hearer") -> KafkaBus:
        return KafkaBus(self.brokers, service, self.prefix)

    def hearing(self, service: str = "hearer") -> Hearing:
        return Hearing(self.log, self.work, lambda: NOON, service, self.halted.append)

    async def publish(self, owner: str, *records: Stored) -> None:
        bus = self.bus(owner)
        await bus.publish(records)
        await bus.close()

    async def republish(self, owner: str, log: SqliteLog, case: str | None = None) -> int:
        bus = self.bus(owner)
        published = await republish(owner, log, bus.publish_again, case=case)
        await bus.close()
        return published

    async def send_raw(self, owner: str, *values: bytes | None) -> None:
        """What no program of ours would send."""
        producer = AIOKafkaProducer(**self.brokers.client())
        await producer.start()
        for value in values:
            topic, headers = public_topic(self.prefix, owner), [("content-type", b"\xff\xfe")]
            await producer.send_and_wait(topic, value, key=b"0", headers=headers)
        await producer.stop()

    @asynccontextmanager
    async def listening(
        self, receive: Callable[[Sequence[Delivery]], Awaitable[None]] | None = None
    ) -> AsyncIterator[KafkaBus]:
        """One more member of the group of `hearer`, until the block ends."""
        bus = self.bus()
        task = asyncio.create_task(bus.listen(OWNERS, receive or self.hearing().receive))
        try:
            yield bus
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await bus.close()

    async def received(self, owners: Sequence[str] = OWNERS) -> list[bytes]:
        """Once the group has received all: the records in the log, in order."""
        bus = self.bus()
        await until(lambda: caught_up(bus, owners), 30)
        await bus.close()
        return [stored.record async for stored in walk(self.log)]

    async def close(self) -> None:
        await self.log.close()
        await self.work.close()


@asynccontextmanager
async def log_of(path: Path, records: Sequence[Stored]) -> AsyncIterator[SqliteLog]:
    """An owner's log that holds these records."""
    log = SqliteLog(path)
    assert set(await log.hear([stored.record for stored in records])) <= {Heard.INSERTED}
    yield log
    await log.close()


def of_streams(records: Sequence[bytes]) -> dict[str, list[int]]:
    """The versions of each stream, in order of arrival."""
    found: dict[str, list[int]] = {}
    for record in records:
        meta = parse(record).meta
        found.setdefault(meta.stream, []).append(meta.version)
    return found
