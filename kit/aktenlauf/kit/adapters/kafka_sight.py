"""Looking at topics from outside a group: where they end, and how far a group has come."""

import asyncio
from collections.abc import Collection
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError

from aktenlauf.kit.adapters.kafka_brokers import Brokers
from aktenlauf.kit.adapters.kafka_topics import REQUEST_MS, make_topics, partitions_of, unavailable


class Sight:
    """Looks at how far a group is. Keeps its connections, as it is asked often."""

    def __init__(self, brokers: Brokers) -> None:
        self._brokers = brokers
        self._admin: Any = None
        self._consumer: Any = None
        self._looking = asyncio.Lock()

    async def received_all(self, group: str, topics: Collection[str]) -> bool:
        """Whether the group has committed everything up to the ends as they are now. Raises Unavailable."""
        async with self._looking:
            try:
                with unavailable():
                    async with asyncio.timeout(REQUEST_MS / 1000):
                        return await self._received_all(group, topics)
            except BaseException:
                await self._drop()
                raise

    async def close(self) -> None:
        """Let go of the connections."""
        async with self._looking:
            await self._drop()

    async def _received_all(self, group: str, topics: Collection[str]) -> bool:
        if self._consumer is None:
            await make_topics(self._brokers, topics)
            await self._connect()
        places = await partitions_of(self._admin, topics)
        ends = await self._consumer.end_offsets(places)
        try:
            committed = await self._admin.list_consumer_group_offsets(group)
        except GroupCoordinatorNotAvailableError:  # it moves, or this is the cluster's first group: nothing is known
            committed = {}
        return all(place in committed and committed[place].offset >= end for place, end in ends.items() if end)

    async def _connect(self) -> None:
        self._admin = AIOKafkaAdminClient(**self._brokers.client(), request_timeout_ms=REQUEST_MS)
        await self._admin.start()
        self._consumer = AIOKafkaConsumer(**self._brokers.client(), request_timeout_ms=REQUEST_MS)
        await self._consumer.start()

    async def _drop(self) -> None:
        admin, self._admin, consumer, self._consumer = self._admin, None, self._consumer, None
        with unavailable():
            if consumer is not None:
                await consumer.stop()
            if admin is not None:
                await admin.close()
