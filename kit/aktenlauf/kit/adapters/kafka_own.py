"""What a service itself has published, read back: after a restore its log lacks the newest of it.

Whether it lacks anything is seen from the newest records of each partition, so an ordinary start reads only these. A
partition of which something lacks is delivered as a whole: the log knows what it has.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from aktenlauf.kit.adapters.kafka_producer import AGAIN
from aktenlauf.kit.adapters.kafka_topics import REQUEST_MS, partitions_of, unavailable
from aktenlauf.kit.bus import Delivery, Lacks, Receive
from aktenlauf.kit.logs import logger

BATCH_MAX = 500
NEWEST = 100
"""Records of a partition that are looked at. More than one: two publishers at once may end on an older record."""
READ_SECONDS = 30.0
"""How long a broker may send nothing of what it said it has."""

_log = logger(__name__)


class OwnTopics:
    """The topics of `service`."""

    def __init__(self, servers: str, service: str, topics: Sequence[str]) -> None:
        self._servers, self._service, self._topics = servers, service, topics

    async def restore(self, lacks: Lacks, receive: Receive) -> None:
        """See `aktenlauf.kit.bus.Bus.restore`."""
        with unavailable():
            async with self._consumer() as consumer:
                ends = await self._ends(consumer)
                for place in [place for place in ends if await self._incomplete(consumer, place, ends, lacks)]:
                    _log.warning("the log lacks own events", topic=place.topic, partition=place.partition)
                    async for batch in _read(consumer, place, 0, ends[place]):
                        await receive([self._delivery(record) for record in batch])

    @asynccontextmanager
    async def _consumer(self) -> AsyncIterator[Any]:
        consumer = AIOKafkaConsumer(bootstrap_servers=self._servers, request_timeout_ms=REQUEST_MS)
        try:
            await consumer.start()
            yield consumer
        finally:
            await consumer.stop()

    async def _ends(self, consumer: Any) -> Mapping[TopicPartition, int]:
        """Of the partitions that hold anything, where they end now."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self._servers, request_timeout_ms=REQUEST_MS)
        try:
            await admin.start()
            places = await partitions_of(admin, self._topics)
        finally:
            await admin.close()
        ends = await consumer.end_offsets(places)
        return {place: end for place, end in sorted(ends.items()) if end}

    async def _incomplete(
        self, consumer: Any, place: TopicPartition, ends: Mapping[TopicPartition, int], lacks: Lacks
    ) -> bool:
        """Whether the log lacks something of this partition, or this cannot be told from its newest records."""
        newest = [
            record
            async for batch in _read(consumer, place, max(0, ends[place] - NEWEST), ends[place])
            for record in batch
            if not any(name == AGAIN for name, _ in record.headers)
        ]
        return not newest or any([await lacks(record.value or b"") for record in newest])

    def _delivery(self, record: Any) -> Delivery:
        place = f"{record.topic}, partition {record.partition}, offset {record.offset}"
        return Delivery(self._service, record.value or b"", place)


async def _read(consumer: Any, place: TopicPartition, start: int, end: int) -> AsyncIterator[Sequence[Any]]:
    """The records of one partition from `start` up to before `end`, in batches. Raises TimeoutError."""
    consumer.assign([place])
    consumer.seek(place, start)
    while await consumer.position(place) < end:
        async with asyncio.timeout(READ_SECONDS):
            found: Mapping[TopicPartition, Sequence[Any]] = {}
            while not found:
                found = await consumer.getmany(timeout_ms=1000, max_records=BATCH_MAX)
        for batch in found.values():
            yield [record for record in batch if record.offset < end]
