"""Bus of the distributed form: Apache Kafka. Each direction has a module of its own."""

from collections.abc import Collection, Mapping, Sequence

import orjson

from aktenlauf.contracts.envelope import is_private
from aktenlauf.kit.adapters.kafka_brokers import Brokers
from aktenlauf.kit.adapters.kafka_consumer import Subscription, may_succeed
from aktenlauf.kit.adapters.kafka_producer import KafkaProducer, Message
from aktenlauf.kit.adapters.kafka_restore import Restoring
from aktenlauf.kit.adapters.kafka_sight import Sight
from aktenlauf.kit.adapters.kafka_topics import check_topics, make_topics, own_topics, public_topic
from aktenlauf.kit.bus import Lacks, Receive
from aktenlauf.kit.log import Stored
from aktenlauf.kit.patience import patiently


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
        if owners:
            subscription = Subscription(self._brokers, self._group, self._topics(owners), receive)
            await patiently("hearing", subscription.hear, again=may_succeed)

    async def restore(self, owners: Collection[str], lacks: Lacks, receive: Receive) -> None:
        topics = dict.fromkeys((self._public, self._private), self._service) | self._topics(owners)
        await make_topics(self._brokers, topics)
        await check_topics(self._brokers, (self._public, self._private))
        await Restoring(self._brokers, self._service, self._group, topics).restore(lacks, receive)

    async def behind(self, owners: Collection[str]) -> Mapping[str, int]:
        return await self._sight.behind(self._group, self._topics(owners))

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
