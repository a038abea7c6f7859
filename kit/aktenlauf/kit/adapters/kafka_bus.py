"""Bus of the distributed form: Apache Kafka.

Offsets are committed by us, once the receiver has all records of a batch: what a crash or a rebalance lets come again
is a repeat for the log. FastStream runs the consumer; its own ways of acknowledging are not used, as each of them
passes over a record that could not be handled or repeats it without a pause.
"""

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import orjson
from aiokafka import TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import FAKE_CONSUMER, KafkaMessage

from aktenlauf.contracts.envelope import is_private
from aktenlauf.kit.adapters.kafka_brokers import Brokers
from aktenlauf.kit.adapters.kafka_producer import KafkaProducer, Message
from aktenlauf.kit.adapters.kafka_restore import Restoring
from aktenlauf.kit.adapters.kafka_sight import Sight
from aktenlauf.kit.adapters.kafka_topics import (
    REQUEST_MS,
    delivery_of,
    make_topics,
    own_topics,
    public_topic,
    unavailable,
)
from aktenlauf.kit.bus import Lacks, Receive
from aktenlauf.kit.errors import Halt
from aktenlauf.kit.log import Stored
from aktenlauf.kit.logs import logger
from aktenlauf.kit.patience import patiently

BATCH_MAX = 500
POLL_MS = 50
"""How long FastStream asks for records, and then rests if there were none."""
STOP_SECONDS = 5.0
"""How long a batch that is being received may take when we stop; after that it comes again."""
HEARTBEAT_MS, SESSION_MS = 1000, 10_000
RETRY_MS = 500
"""Between two attempts to reach a broker that is away: each is some lines in the client's log."""
METADATA_MS = 5_000
"""After which a topic that was made meanwhile is noticed."""

_log = logger(__name__)
_client_log = logging.getLogger("aktenlauf.kafka")
_client_log.setLevel(logging.ERROR)  # each start would warn that FastStream makes no topics: we do


class KafkaBus:
    """See `aktenlauf.kit.bus.Bus`. Names of topics and groups begin with `prefix`."""

    def __init__(self, brokers: Brokers, service: str, prefix: str) -> None:
        self._brokers, self._service, self._prefix = brokers, service, prefix
        self._public, self._private = own_topics(prefix, service)
        self._group = f"{prefix}{service}"
        self._producer = KafkaProducer(brokers, (self._public, self._private))
        self._sight = Sight(brokers)

    async def publish(self, records: Sequence[Stored]) -> None:
        await self._producer.send([self._message(stored) for stored in records])

    async def publish_again(self, records: Sequence[Stored]) -> None:
        """As `publish`, for what may have been published before."""
        await self._producer.send([self._message(stored) for stored in records], again=True)

    async def listen(self, owners: Collection[str], receive: Receive) -> None:
        if not owners:
            return
        subscription = _Subscription(self._brokers, self._group, self._topics(owners), receive)
        try:
            await patiently("connecting to the bus", subscription.start)
            await asyncio.get_running_loop().create_future()  # until cancelled
        finally:
            await subscription.stop()

    async def restore(self, owners: Collection[str], lacks: Lacks, receive: Receive) -> None:
        topics = dict.fromkeys((self._public, self._private), self._service) | self._topics(owners)
        await make_topics(self._brokers, topics)
        await Restoring(self._brokers, self._service, self._group, topics).restore(lacks, receive)

    async def caught_up(self, owners: Collection[str]) -> bool:
        return await self._sight.received_all(self._group, self._topics(owners))

    async def close(self) -> None:
        await self._producer.close()
        await self._sight.close()

    def _topics(self, owners: Collection[str]) -> dict[str, str]:
        """The public topics of others, with their owners."""
        return {public_topic(self._prefix, owner): owner for owner in owners}

    def _message(self, stored: Stored) -> Message:
        if is_private(stored.stream):
            return Message(self._private, stored.stream.encode(), stored.record)
        case: str = orjson.loads(stored.record)[
            "subject"
        ]  # it is our own: `parse`, which checks, costs four times that
        return Message(self._public, case.encode(), stored.record)


class _Subscription:
    """One member of the consumer group, for the topics given with their owners."""

    def __init__(self, brokers: Brokers, group: str, owners: Mapping[str, str], receive: Receive) -> None:
        self._brokers, self._owners, self._receive = brokers, owners, receive
        self._halted: set[str] = set()
        """Topics that the receiver will have no more of."""
        self._broker = KafkaBroker(
            **brokers.faststream(),
            consumer_only=True,
            request_timeout_ms=REQUEST_MS,
            retry_backoff_ms=RETRY_MS,
            metadata_max_age_ms=METADATA_MS,
            graceful_timeout=STOP_SECONDS,
            logger=_client_log,
            log_level=logging.DEBUG,
            apply_types=False,
        )
        self._subscriber = self._broker.subscriber(
            *owners,
            group_id=group,
            batch=True,
            max_records=BATCH_MAX,
            batch_timeout_ms=POLL_MS,
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.MANUAL,
            heartbeat_interval_ms=HEARTBEAT_MS,
            session_timeout_ms=SESSION_MS,
            parser=_unparsed,
            decoder=_undecoded,
        )
        self._subscriber(self._handle)

    async def start(self) -> None:
        """Join the group. Raises Unavailable."""
        await make_topics(self._brokers, self._owners)
        try:
            with unavailable():
                await self._broker.start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Let a batch that is being received finish, then leave the group."""
        with unavailable():
            await self._broker.stop()

    async def _handle(self, records: Sequence[Any]) -> None:
        """Must not raise, as FastStream would go on with the next batch."""
        consumer = self._subscriber.consumer
        batches: dict[str, list[Any]] = {}
        for record in records:
            batches.setdefault(record.topic, []).append(record)
        for topic, batch in batches.items():
            if topic not in self._halted:
                await self._take(topic, batch)
        received = [record for record in records if record.topic not in self._halted]
        if consumer is not None:
            # Each time, as partitions that a rebalance brings are not paused.
            consumer.pause(*[place for place in consumer.assignment() if place.topic in self._halted])
            await self._commit(consumer, received)

    async def _take(self, topic: str, batch: Sequence[Any]) -> None:
        owner = self._owners[topic]
        deliveries = [delivery_of(owner, record) for record in batch]
        try:
            await patiently(f"hearing {owner}", self._receive, deliveries, again=_may_succeed)
        except Halt:  # the receiver has told
            self._halted.add(topic)

    async def _commit(self, consumer: Any, records: Sequence[Any]) -> None:
        """Of the partitions that are still ours. Where it fails, the records come again to whoever has them now."""
        offsets = {TopicPartition(r.topic, r.partition): r.offset + 1 for r in records}
        ours = {place: offset for place, offset in offsets.items() if place in consumer.assignment()}
        try:
            if ours:
                await consumer.commit(ours)
        except (KafkaError, IllegalStateError) as error:
            _log.info("not committed, so it comes again", error=error)


async def _unparsed(records: tuple[Any, ...]) -> KafkaMessage:
    """Headers are not looked at: one that is no text would else keep its whole batch from us."""
    return KafkaMessage(body=b"", raw_message=records, consumer=FAKE_CONSUMER)


async def _undecoded(message: KafkaMessage) -> Any:
    return message.raw_message


def _may_succeed(error: BaseException) -> bool:
    """Whatever the receiver met, its batch comes again: only a contradiction stops the topic."""
    return isinstance(error, Exception) and not isinstance(error, Halt)
