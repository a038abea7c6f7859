"""Looking at topics from outside a group: where they end, and how far a group has come."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    KafkaError,
    NotCoordinatorForGroupError,
)

from aktenlauf.kit.adapters.kafka_brokers import Brokers
from aktenlauf.kit.adapters.kafka_topics import (
    REQUEST_MS,
    committed_of,
    make_topics,
    partitions_of,
    stop,
    unavailable,
)

_NOT_KNOWN = (GroupCoordinatorNotAvailableError, GroupLoadInProgressError, NotCoordinatorForGroupError)
"""The group's coordinator moves or starts, or this is the cluster's first group."""


class Sight:
    """Looks at how far a group is. Keeps its connections, as it is asked often."""

    def __init__(self, brokers: Brokers) -> None:
        self._brokers = brokers
        self._admin: Any = None
        self._consumer: Any = None
        self._looking = asyncio.Lock()

    async def behind(self, group: str, owners: Mapping[str, str]) -> Mapping[str, int]:
        """By owner of the topics, how far what the group has committed is from their ends. Raises Unavailable."""
        if not owners:
            return {}
        async with self._looking:
            try:
                with unavailable():
                    async with asyncio.timeout(REQUEST_MS / 1000):
                        return await self._behind(group, owners)
            except BaseException:
                await self._drop()
                raise

    async def close(self) -> None:
        """Let go of the connections."""
        async with self._looking:
            await self._drop()

    async def _behind(self, group: str, owners: Mapping[str, str]) -> Mapping[str, int]:
        if self._consumer is None:
            await make_topics(self._brokers, owners)
            await self._connect()
        ends = await self._consumer.end_offsets(await partitions_of(self._admin, owners))
        try:
            committed = await committed_of(self._admin, group)
        except _NOT_KNOWN:
            committed = {}
        behind = dict.fromkeys(owners.values(), 0)
        for place, end in ends.items():
            behind[owners[place.topic]] += max(0, end - committed.get(place, 0))
        return behind

    async def _connect(self) -> None:
        self._admin = AIOKafkaAdminClient(**self._brokers.client(), request_timeout_ms=REQUEST_MS)
        await self._admin.start()
        self._consumer = AIOKafkaConsumer(**self._brokers.client(), request_timeout_ms=REQUEST_MS)
        await self._consumer.start()

    async def _drop(self) -> None:
        admin, self._admin, consumer, self._consumer = self._admin, None, self._consumer, None
        try:
            if consumer is not None:
                await stop(consumer)
        finally:
            if admin is not None:
                with suppress(KafkaError, OSError, TimeoutError):
                    await admin.close()
