"""Topics for a benchmark, deleted afterwards, on the Kafka that AKTENLAUF_KAFKA names or that deploy/native starts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

from aiokafka.admin import AIOKafkaAdminClient

from aktenlauf.cli.bench.on_servers import servers as native_servers
from aktenlauf.cli.bench.report import Result
from aktenlauf.kit.adapters.kafka_brokers import Brokers
from aktenlauf.kit.adapters.kafka_settings import configured_brokers
from aktenlauf.kit.adapters.kafka_topics import make_topics, own_topics
from aktenlauf.kit.settings import load_settings


@dataclass(frozen=True, slots=True)
class Place:
    """Where a benchmark may work: the topics of a service called `review`, under a prefix of its own."""

    brokers: Brokers
    prefix: str


def _native(result: Result) -> Brokers | None:
    found = native_servers(result)
    return Brokers(found.kafka) if found else None


@asynccontextmanager
async def kafka(result: Result) -> AsyncIterator[Place | None]:
    """None, with a note in the result, where there is no Kafka. Raises Unavailable where it does not answer."""
    settings = load_settings()
    brokers = configured_brokers(settings) if settings.kafka else await asyncio.to_thread(_native, result)
    if not brokers:
        result.notes.append("NO KAFKA: AKTENLAUF_KAFKA names none, and nothing was measured.")
        yield None
        return
    place = Place(brokers, f"bench-{uuid4().hex[:12]}.")
    topics = own_topics(place.prefix, "review")
    await make_topics(brokers, topics)
    try:
        yield place
    finally:
        admin = AIOKafkaAdminClient(**brokers.client())
        await admin.start()
        await admin.delete_topics(list(topics))
        await admin.close()
