"""A Kafka with topics of the test's own."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from aktenlauf.kit.testing.bus_suite import OWNERS

# Most tests need none of it.
if TYPE_CHECKING:
    from aktenlauf.kit.adapters.kafka_brokers import Brokers

    from .kafka_world import World


@pytest.fixture
def kafka(servers: Any) -> "Brokers":
    from aktenlauf.kit.adapters.kafka_brokers import Brokers

    return Brokers(servers.kafka)


@pytest.fixture
async def prefix(kafka: "Brokers") -> AsyncIterator[str]:
    from aktenlauf.kit.adapters.kafka_topics import make_topics, own_topics

    from .kafka_world import delete_topics

    prefix = f"test-{uuid4().hex[:12]}."
    await make_topics(kafka, [topic for owner in OWNERS for topic in own_topics(prefix, owner)])
    yield prefix
    await delete_topics(kafka, prefix)


@pytest.fixture
async def world(kafka: "Brokers", prefix: str, tmp_path: Path) -> AsyncIterator["World"]:
    from .kafka_world import World

    world = World(kafka, prefix, tmp_path)
    yield world
    await world.close()
