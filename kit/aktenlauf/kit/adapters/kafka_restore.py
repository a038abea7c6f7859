"""What a log lacks of what Kafka holds: after a restore from an older copy, what the service published itself since
then, and what its group had received.

Whether anything lacks is seen from the newest records of each partition, so an ordinary start reads only these. A
partition of which something lacks is delivered as a whole: the log knows what it has.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from aktenlauf.contracts.envelope import parse
from aktenlauf.kit.adapters.kafka_brokers import Brokers
from aktenlauf.kit.adapters.kafka_producer import AGAIN
from aktenlauf.kit.adapters.kafka_topics import REQUEST_MS, committed_of, delivery_of, partitions_of, stop, unavailable
from aktenlauf.kit.bus import Delivery, Lacks, Receive
from aktenlauf.kit.hear import fault_of
from aktenlauf.kit.logs import logger

BATCH_MAX = 500
NEWEST = 500
"""Records of a partition that are looked at: as many as a publisher that slept may add of older ones when it wakes."""
READ_SECONDS = 30.0
"""How long a broker may send nothing of what it said it has."""

_log = logger(__name__)


class Restoring:
    """Looks through topics, given with their owners, for what the log of `service` lacks."""

    def __init__(self, brokers: Brokers, service: str, group: str, owners: Mapping[str, str]) -> None:
        self._brokers, self._service, self._group, self._owners = brokers, service, group, owners

    async def restore(self, lacks: Lacks, receive: Receive) -> None:
        """See `aktenlauf.kit.bus.Bus.restore`."""
        with unavailable():
            async with self._connected() as (admin, consumer):
                ends = await self._ends(admin, consumer)
                incomplete = await self._incomplete(consumer, ends, lacks)
                for topic in sorted({place.topic for place in incomplete}):
                    _log.warning("the log lacks events, or may lack some", topic=topic)
                async for batch in _read(consumer, dict.fromkeys(incomplete, 0), ends):
                    await receive(self._deliveries(batch))

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[tuple[Any, Any]]:
        admin = AIOKafkaAdminClient(**self._brokers.client(), request_timeout_ms=REQUEST_MS)
        consumer = AIOKafkaConsumer(
            **self._brokers.client(),
            request_timeout_ms=REQUEST_MS,
            auto_offset_reset="earliest",  # where a partition's beginning was cut off, its end is not what is left
        )
        try:
            await admin.start()
            await consumer.start()
            yield admin, consumer
        finally:
            try:
                await stop(consumer)
            finally:
                await admin.close()

    async def _ends(self, admin: Any, consumer: Any) -> Mapping[TopicPartition, int]:
        """Up to where the log should have it: own topics up to their ends, others as far as the group had come."""
        ends = await consumer.end_offsets(await partitions_of(admin, self._owners))
        others = [place for place in ends if self._owners[place.topic] != self._service]
        committed = await committed_of(admin, self._group) if others else {}
        known = {
            place: end if self._owners[place.topic] == self._service else min(end, committed.get(place, 0))
            for place, end in sorted(ends.items())
        }
        return {place: end for place, end in known.items() if end > 0}

    async def _incomplete(
        self, consumer: Any, ends: Mapping[TopicPartition, int], lacks: Lacks
    ) -> Collection[TopicPartition]:
        """Partitions of which the log lacks something, or whose newest records cannot tell."""
        complete: set[TopicPartition] = set()
        lacking: set[TopicPartition] = set()
        starts = {place: max(0, end - NEWEST) for place, end in ends.items()}
        async for batch in _read(consumer, starts, ends):
            place = TopicPartition(batch[0].topic, batch[0].partition)
            telling = [record for record in batch if not any(name == AGAIN for name, _ in record.headers)]
            acceptable = [one for one in self._deliveries(telling) if not fault_of(one, self._service)]
            if any(await asyncio.gather(*map(lacks, _newest_of_streams(acceptable)))):
                lacking.add(place)
            elif telling:
                complete.add(place)
        return lacking | (ends.keys() - complete)

    def _deliveries(self, records: Sequence[Any]) -> list[Delivery]:
        return [delivery_of(self._owners[record.topic], record) for record in records]


def _newest_of_streams(deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Of each stream the delivery with the highest version: who has that has all before it."""
    newest: dict[str, tuple[int, Delivery]] = {}
    for delivery in deliveries:
        meta = parse(delivery.record).meta
        if meta.version > newest.get(meta.stream, (0, delivery))[0]:
            newest[meta.stream] = meta.version, delivery
    return [delivery for _, delivery in newest.values()]


async def _read(
    consumer: Any, starts: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]
) -> AsyncIterator[Sequence[Any]]:
    """The records of partitions between start and end, in batches of one partition. Raises TimeoutError."""
    if not starts:
        return  # a consumer to which nothing is assigned does not stop
    consumer.assign(list(starts))
    for place, start in starts.items():
        consumer.seek(place, start)
    left = set(starts)
    while left:
        async with asyncio.timeout(READ_SECONDS):
            found: Mapping[TopicPartition, Sequence[Any]] = {}
            while not found:
                found = await consumer.getmany(*left, timeout_ms=1000, max_records=BATCH_MAX)
        for place, records in found.items():
            if batch := [record for record in records if record.offset < ends[place]]:
                yield batch
            if await consumer.position(place) >= ends[place]:
                left.discard(place)
