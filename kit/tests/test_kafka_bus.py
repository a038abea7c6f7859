"""Kafka keeps the promises of the bus, and what can happen to a topic loses nothing."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from uuid import uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from aktenlauf.kit.adapters.kafka_bus import KafkaBus
from aktenlauf.kit.adapters.kafka_topics import make_topics, own_topics
from aktenlauf.kit.bus import Bus
from aktenlauf.kit.log import Stored
from aktenlauf.kit.testing.bus_suite import OWNERS, BusSuite, Exchange

pytestmark = pytest.mark.servers


async def delete_topics(servers: str, prefix: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    try:
        ours = [topic for topic in await admin.list_topics() if topic.startswith(prefix)]
        if ours:
            await admin.delete_topics(ours)
    finally:
        await admin.close()


@pytest.fixture
def servers() -> str:
    if not (servers := os.environ.get("AKTENLAUF_KAFKA")):
        pytest.skip("needs the servers: Kafka")
    return servers


@pytest.fixture
async def prefix(servers: str) -> AsyncIterator[str]:
    prefix = f"test-{uuid4().hex[:12]}."
    yield prefix
    await delete_topics(servers, prefix)


class Cluster:
    """An `Exchange` on Kafka. The receiving service is called `hearer`."""

    def __init__(self, servers: str, prefix: str) -> None:
        self._servers, self._prefix = servers, prefix

    async def publish(self, owner: str, records: Sequence[Stored]) -> None:
        bus = KafkaBus(self._servers, owner, self._prefix)
        await bus.publish(records)
        await bus.close()

    async def connect(self) -> Bus:
        return KafkaBus(self._servers, "hearer", self._prefix)


class TestKafkaBus(BusSuite):
    @pytest.fixture
    async def exchange(self, servers: str, prefix: str) -> Exchange:
        await make_topics(servers, [topic for owner in OWNERS for topic in own_topics(prefix, owner)])
        return Cluster(servers, prefix)
