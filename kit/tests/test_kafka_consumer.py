"""Whatever happens to a consumer, it hears on and loses nothing; while it is deaf, that can be seen."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.protocol.group import HeartbeatRequest

from aktenlauf.kit.adapters.kafka_topics import public_topic, stop
from aktenlauf.kit.bus import Delivery, caught_up
from aktenlauf.kit.testing.bus_suite import OWNERS
from aktenlauf.kit.testing.samples import stored
from aktenlauf.kit.testing.waiting import until

from .kafka_world import World, administering, of_streams

pytestmark = pytest.mark.servers

CASES = 48
"""So many that every partition has some."""


async def tell(world: World, owner: str, version: int) -> None:
    await world.publish(owner, *(stored(f"{owner}/thing/{case}", version, case + 1) for case in range(CASES)))


async def compressed_in_a_way_that_is_not_installed(world: World, owner: str) -> None:
    """By the broker, which may be told to for a topic."""
    topic = public_topic(world.prefix, owner)
    async with administering(world.brokers) as admin:
        resource = ConfigResource(ConfigResourceType.TOPIC, topic, configs={"compression.type": "zstd"})
        await admin.alter_configs([resource])

        async def applied() -> bool:
            (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
            return any(entry[:2] == ("compression.type", "zstd") for entry in answer.resources[0][4])

        await until(applied)


async def with_a_header_that_is_no_text(world: World, owner: str) -> None:
    """By a program that is none of ours. Our client would not send it but in its slower form, which asks less."""
    environment = {**os.environ, "AIOKAFKA_NO_EXTENSIONS": "1"}
    command = [sys.executable, "-c", SEND_NO_TEXT, world.brokers.servers, public_topic(world.prefix, owner)]
    await asyncio.to_thread(subprocess.run, command, env=environment, check=True)


SEND_NO_TEXT = """
import asyncio, sys
from aiokafka import AIOKafkaProducer

class NoText(str):
    def encode(self, *_):
        return bytes([255, 254])

async def send():
    producer = AIOKafkaProducer(bootstrap_servers=sys.argv[1])
    await producer.start()
    await producer.send_and_wait(sys.argv[2], b"{}", headers=[(NoText("x"), b"")])
    await producer.stop()

asyncio.run(send())
"""


@pytest.mark.parametrize("spoil", [compressed_in_a_way_that_is_not_installed, with_a_header_that_is_no_text])
async def test_a_topic_that_cannot_be_decoded_holds_back_no_other_and_none_of_it_counts_as_heard(
    world: World, spoil: Any
) -> None:
    await spoil(world, "samples")
    await tell(world, "samples", 1)
    async with world.listening() as bus:
        for version in (1, 2, 3):
            await tell(world, "others", version)
            await world.received(["others"])
        heard = of_streams(await world.received(["others"]))
        assert {s: v for s, v in heard.items() if s.startswith("others/")} == {
            f"others/thing/{case}": [1, 2, 3] for case in range(CASES)
        }
        assert await world.work.gaps() == []
        behind = await bus.behind(OWNERS)
        assert behind["others"] == 0
        assert behind["samples"] > 0


@pytest.mark.parametrize("code", [-1, 30], ids=["unknown", "not authorised"])
async def test_a_heartbeat_that_is_refused_once_does_not_make_deaf(
    world: World, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    refused = asyncio.Event()
    send = GroupCoordinator._send_req

    async def refusing(self: Any, request: Any) -> Any:
        answer = await send(self, request)
        if isinstance(request, HeartbeatRequest) and not refused.is_set():
            refused.set()
            answer.error_code = code
        return answer

    async with world.listening():
        await tell(world, "samples", 1)
        await world.received()
        monkeypatch.setattr(GroupCoordinator, "_send_req", refusing)
        await asyncio.wait_for(refused.wait(), 10)
        await tell(world, "samples", 2)
        assert of_streams(await world.received()) == {f"samples/thing/{case}": [1, 2] for case in range(CASES)}


async def test_members_that_waited_for_their_database_longer_than_the_group_waits_hear_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both leave and are called to a rebalance at the same moment: a task of the client ends by that."""
    made: list[Any] = []
    initialise = GroupCoordinator.__init__

    def impatient(self: Any, *args: Any, **named: Any) -> None:
        initialise(self, *args, **{**named, "max_poll_interval_ms": 3000})
        made.append(self)

    monkeypatch.setattr(GroupCoordinator, "__init__", impatient)
    database, receive = asyncio.Event(), world.hearing().receive

    async def waiting(batch: Sequence[Delivery]) -> None:
        await database.wait()
        await receive(batch)

    async with world.listening(waiting) as bus, world.listening(waiting):
        await until(lambda: _both_have_partitions(made), 30)
        await tell(world, "samples", 1)
        await asyncio.sleep(1)
        made[1]._subscription._last_fetch_ended += 0.2  # a little after the other
        await asyncio.sleep(5)
        database.set()
        await until(lambda: caught_up(bus, OWNERS), 60)
        await tell(world, "samples", 2)
        assert of_streams(await world.received()) == {f"samples/thing/{case}": [1, 2] for case in range(CASES)}


async def _both_have_partitions(made: Sequence[Any]) -> bool:
    return len(made) == 2 and all(one._subscription.assigned_partitions() for one in made)


async def test_a_consumer_that_is_cancelled_from_within_while_it_is_stopped_is_stopped_all_the_same(
    world: World,
) -> None:
    """Its fetcher cancels tasks of its own and waits for them; one that sleeps after an error hands that on."""
    consumer = AIOKafkaConsumer(**world.brokers.client())
    await consumer.start()
    close = consumer._fetcher.close

    async def close_and_wait_for_a_task_that_sleeps() -> None:
        await close()
        task = asyncio.create_task(asyncio.sleep(60))
        task.cancel()
        await task

    consumer._fetcher.close = close_and_wait_for_a_task_that_sleeps
    await asyncio.wait_for(stop(consumer), 5)
    assert not any(connection.connected() for connection in consumer._client._conns.values())
