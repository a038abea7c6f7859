"""Hearing from Kafka: offsets are committed by us, once the receiver has all records of a batch.

What a crash, a rebalance or an error lets come again is a repeat for the log. So whatever goes wrong, the consumer is
made anew and begins at what was committed: nothing that its client had handed over, or lost on the way to us, counts
before that. Topics are read one at a time, so that one that cannot be decoded holds back no other (ADR 0024).
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CorruptRecordException, IllegalStateError, KafkaError, UnsupportedCodecError

from aktenlauf.kit.adapters.kafka_brokers import Brokers
from aktenlauf.kit.adapters.kafka_topics import REQUEST_MS, delivery_of, make_topics, stop, unavailable
from aktenlauf.kit.bus import Receive
from aktenlauf.kit.errors import Halt
from aktenlauf.kit.logs import logger
from aktenlauf.kit.patience import patiently
from aktenlauf.kit.telemetry import BUS_ERRORS

BATCH_MAX = 500
POLL_SECONDS = 0.05
"""Pause between two looks, where there was nothing."""
HEARTBEAT_MS, SESSION_MS = 1000, 10_000
RETRY_MS = 500
"""Between two attempts to reach a broker that is away: each is some lines in the client's log."""
METADATA_MS = 5_000
"""After which a topic that was made meanwhile is noticed."""

_UNDECODABLE = (CorruptRecordException, UnsupportedCodecError, ValueError)
"""What the client raises for bytes that are no records: a broken sum, a codec it lacks, a header that is no text."""
_log = logger(__name__)


class Subscription:
    """One member of the consumer group, for the topics given with their owners."""

    def __init__(self, brokers: Brokers, group: str, owners: Mapping[str, str], receive: Receive) -> None:
        self._brokers, self._group, self._owners, self._receive = brokers, group, owners, receive
        self._halted: set[str] = set()
        """Topics that the receiver will have no more of."""

    async def hear(self) -> None:
        """Until something goes wrong; then nothing that was not received is committed. Raises Unavailable."""
        with unavailable():
            await make_topics(self._brokers, self._owners)
            async with self._joined() as consumer:
                undecodable: set[str] = set()
                while True:
                    silent = self._halted | undecodable
                    # Each time, as partitions that a rebalance brings are not paused.
                    consumer.pause(*[place for place in consumer.assignment() if place.topic in silent])
                    heard = [await self._hear_some(consumer, t, undecodable) for t in self._owners if t not in silent]
                    if not any(heard):
                        await asyncio.sleep(POLL_SECONDS)

    @asynccontextmanager
    async def _joined(self) -> AsyncIterator[Any]:
        consumer = AIOKafkaConsumer(
            *self._owners,
            **self._brokers.client(),
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            request_timeout_ms=REQUEST_MS,
            retry_backoff_ms=RETRY_MS,
            metadata_max_age_ms=METADATA_MS,
            heartbeat_interval_ms=HEARTBEAT_MS,
            session_timeout_ms=SESSION_MS,
        )
        try:
            await consumer.start()
            yield consumer
        except asyncio.CancelledError as error:
            if (task := asyncio.current_task()) and task.cancelling():
                raise
            # A task of the client's own was cancelled, which it hands on to us: it would hear nothing any more.
            raise KafkaError("a task of the client ended") from error
        finally:
            await stop(consumer)

    async def _hear_some(self, consumer: Any, topic: str, undecodable: set[str]) -> bool:
        """Receive and commit what there is of one topic; whether there was something."""
        places = [place for place in consumer.assignment() if place.topic == topic]
        if not places:
            return False
        try:
            found = await consumer.getmany(*places, timeout_ms=0, max_records=BATCH_MAX)
        except _UNDECODABLE as error:
            # What it had of other partitions of this topic is lost to this consumer, which so reads none of it again.
            BUS_ERRORS.add(1, {"what": "not decoded"})
            _log.critical("a topic cannot be decoded: it is read no further", topic=topic, error=error)
            undecodable.add(topic)
            return False
        records = [record for batch in found.values() for record in batch]
        if records and await self._take(topic, records):
            await _commit(consumer, records)
        return bool(records)

    async def _take(self, topic: str, records: Sequence[Any]) -> bool:
        """Have the receiver take a batch, however long that takes; False where it will have no more of the topic."""
        owner = self._owners[topic]
        deliveries = [delivery_of(owner, record) for record in records]
        try:
            await patiently(f"hearing {owner}", self._receive, deliveries, again=may_succeed)
        except Halt:  # the receiver has told
            self._halted.add(topic)
            return False
        return True


def may_succeed(error: BaseException) -> bool:
    """Whatever the receiver met, its batch comes again: only a contradiction stops the topic."""
    return isinstance(error, Exception) and not isinstance(error, Halt)


async def _commit(consumer: Any, records: Sequence[Any]) -> None:
    """Of the partitions that are still ours. Where it fails, the records come again to whoever has them now."""
    offsets = {TopicPartition(r.topic, r.partition): r.offset + 1 for r in records}
    ours = {place: offset for place, offset in offsets.items() if place in consumer.assignment()}
    try:
        if ours:
            await consumer.commit(ours)
    except (KafkaError, IllegalStateError) as error:
        _log.info("not committed, so it comes again", error=error)
