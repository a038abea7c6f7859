"""Kafka keeps the promises of the bus, and what can happen to a topic loses nothing."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import GroupLoadInProgressError
from aiokafka.protocol.commit import OffsetFetchRequest, OffsetFetchResponse_v3
from aiokafka.protocol.produce import ProduceRequest

from aktenlauf.contracts.envelope import RECORD_BYTES_MAX, parse
from aktenlauf.kit.adapters import kafka_producer
from aktenlauf.kit.adapters.kafka_brokers import Brokers
from aktenlauf.kit.adapters.kafka_bus import KafkaBus
from aktenlauf.kit.adapters.kafka_topics import PARTITIONS, make_topics, own_topics
from aktenlauf.kit.bus import Bus, Delivery, caught_up
from aktenlauf.kit.errors import Halt, Unavailable
from aktenlauf.kit.hear import HANDLER
from aktenlauf.kit.log import Stored, walk
from aktenlauf.kit.service import Service
from aktenlauf.kit.testing import toy
from aktenlauf.kit.testing.bus_suite import OWNERS, BusSuite, Exchange, records_of
from aktenlauf.kit.testing.samples import heard, stored
from aktenlauf.kit.testing.toy import told
from aktenlauf.kit.testing.waiting import until

from .kafka_world import World, administering, delete_topics, log_of, of_streams

pytestmark = pytest.mark.servers


class Cluster:
    """An `Exchange` on Kafka. The receiving service is called `hearer`."""

    def __init__(self, brokers: Brokers, prefix: str) -> None:
        self._brokers, self._prefix = brokers, prefix

    async def publish(self, owner: str, records: Sequence[Stored]) -> None:
        bus = KafkaBus(self._brokers, owner, self._prefix)
        await bus.publish(records)
        await bus.close()

    async def connect(self) -> Bus:
        return KafkaBus(self._brokers, "hearer", self._prefix)


class TestKafkaBus(BusSuite):
    @pytest.fixture
    async def exchange(self, kafka: Brokers, prefix: str) -> Exchange:
        return Cluster(kafka, prefix)


def all_of(owner: str, cases: int, versions: int) -> dict[str, list[int]]:
    return {f"{owner}/thing/{case}": list(range(1, versions + 1)) for case in range(cases)}


async def test_two_replicas_of_which_one_joins_and_one_leaves_while_they_process_lose_nothing(world: World) -> None:
    shares, cases, published = {"first": 0, "second": 0}, 24, 0

    def counted(name: str) -> Callable[[Sequence[Delivery]], Awaitable[None]]:
        hearing = world.hearing()

        async def receive(deliveries: Sequence[Delivery]) -> None:
            await hearing.receive(deliveries)
            shares[name] += len(deliveries)

        return receive

    async def more() -> None:
        """The next version of all cases."""
        nonlocal published
        await owner.publish([stored(f"samples/thing/{case}", published + 1, 1) for case in range(cases)])
        published += 1

    async def more_until_both_have_some() -> bool:
        await more()
        return all(shares.values())

    owner = world.bus("samples")
    async with world.listening(counted("second")):
        async with world.listening(counted("first")):
            await until(more_until_both_have_some, 30)
            await more()
        for _ in range(10):
            await more()
        found = await world.received()
    await owner.close()
    assert of_streams(found) == all_of("samples", cases, published)
    assert await world.work.gaps() == []


async def test_what_is_published_twice_is_heard_once(world: World) -> None:
    records = records_of("samples", 3, 3)
    await world.publish("samples", *records)
    await world.publish("samples", *records)
    async with world.listening():
        assert of_streams(await world.received()) == all_of("samples", 3, 3)


async def test_bytes_that_are_no_envelope_are_put_aside_with_their_place_and_the_rest_goes_on(world: World) -> None:
    await world.publish("samples", stored("samples/thing/0", 1, 1))
    await world.send_raw("samples", b"\xff\xfe", None, b"{}")
    await world.publish("samples", stored("samples/thing/0", 2, 2))
    async with world.listening():
        assert of_streams(await world.received()) == {"samples/thing/0": [1, 2]}
    asides = await world.work.aside(HANDLER)
    assert sorted(aside.record for aside in asides) == [b"", b"{}", b"\xff\xfe"]
    places = [aside.group.split(", ") for aside in sorted(asides, key=lambda aside: aside.group)]
    assert {place[0] for place in places} == {f"{world.prefix}samples"}
    assert [place[2] for place in places] == ["offset 1", "offset 2", "offset 3"]


async def test_an_envelope_from_the_wrong_topic_is_put_aside(world: World) -> None:
    await world.publish("others", stored("samples/thing/1", 1, 1), stored("others/thing/1", 1, 2))
    async with world.listening():
        assert of_streams(await world.received()) == {"others/thing/1": [1]}
    (aside,) = await world.work.aside(HANDLER)
    assert "must agree" in aside.error


async def test_an_event_of_an_unknown_newer_type_is_stored(world: World) -> None:
    record = heard("samples/thing/1", 1).replace(b"happened.v1", b"happened.v9")
    await world.publish("samples", Stored(1, "samples/thing/1", 1, record))
    async with world.listening():
        assert await world.received() == [record]
    assert parse(record).event is None


async def test_a_gap_is_recorded_and_healed_once_the_owner_publishes_the_case_again(
    world: World, tmp_path: Path
) -> None:
    records = records_of("samples", 2, 4)
    missing = [stored for stored in records if (stored.stream, stored.version) == ("samples/thing/1", 2)]
    await world.publish("samples", *[stored for stored in records if stored not in missing])
    async with world.listening():
        assert of_streams(await world.received()) == {"samples/thing/0": [1, 2, 3, 4], "samples/thing/1": [1]}
        assert [tuple(gap) for gap in await world.work.gaps()] == [("samples/thing/1", 4)]
        async with log_of(tmp_path / "owner" / "log.db", records) as log:
            assert await world.republish("samples", log, "1") == 4
        assert of_streams(await world.received()) == all_of("samples", 2, 4)
    assert await world.work.gaps() == []


async def test_another_event_at_a_known_version_halts_that_topic_alone(world: World) -> None:
    await world.publish("samples", stored("samples/thing/1", 1, 1))
    async with world.listening() as bus:
        await world.received()
        await world.publish("samples", stored("samples/thing/1", 1, 1), stored("samples/thing/1", 2, 2))

        async def halted() -> bool:
            return world.halted == ["samples"]

        await until(halted)
        await world.publish("others", stored("others/thing/1", 1, 1))
        assert of_streams(await world.received(["others"])) == {"samples/thing/1": [1], "others/thing/1": [1]}
        assert not await caught_up(bus, ["samples"])


async def test_a_topic_that_was_deleted_is_published_again_from_the_log(world: World, tmp_path: Path) -> None:
    records = records_of("samples", 5, 10)
    await world.publish("samples", *records)
    async with world.listening():
        await world.received()
        await delete_topics(world.brokers, f"{world.prefix}samples")
        await make_topics(world.brokers, own_topics(world.prefix, "samples"))
        async with log_of(tmp_path / "owner" / "log.db", records) as log:
            assert await world.republish("samples", log) == 50
        await world.publish("samples", stored("samples/thing/0", 11, 51))
        expected = all_of("samples", 5, 10) | {"samples/thing/0": list(range(1, 12))}
        assert of_streams(await world.received()) == expected
    (world.folder / "late").mkdir()
    late = World(world.brokers, world.prefix, world.folder / "late")
    bus = late.bus("late")
    task = asyncio.create_task(bus.listen(["samples"], late.hearing("late").receive))
    await until(lambda: caught_up(bus, ["samples"]), 30)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await bus.close()
    assert of_streams([stored.record async for stored in walk(late.log)]) == expected
    await late.close()


async def test_after_a_restore_from_an_older_copy_a_service_hears_its_own_two_topics(world: World) -> None:
    places = [(stream, version) for version in range(1, 6) for stream in ("hearer/thing/1", "hearer/settings/a")]
    records = [stored(stream, version, n) for n, (stream, version) in enumerate(places, 1)]
    await world.publish("hearer", *records)
    await world.log.hear([stored.record for stored in records[:5]])
    bus, hearing = world.bus(), world.hearing()
    await asyncio.wait_for(bus.restore((), hearing.lacks, hearing.receive), 30)
    await bus.close()
    expected = {"hearer/thing/1": [1, 2, 3, 4, 5], "hearer/settings/a": [1, 2, 3, 4, 5]}
    assert of_streams([stored.record async for stored in walk(world.log)]) == expected


async def test_after_a_restore_from_an_older_copy_a_service_hears_again_what_its_group_had_received(
    world: World,
) -> None:
    await world.publish("samples", *records_of("samples", 3, 3))
    async with world.listening():
        await world.received()
    (world.folder / "copy").mkdir()
    copy = World(world.brokers, world.prefix, world.folder / "copy")
    await copy.log.hear([heard("samples/thing/9", 1)])
    bus, hearing = copy.bus(), copy.hearing()
    await asyncio.wait_for(bus.restore(OWNERS, hearing.lacks, hearing.receive), 30)
    await bus.close()
    assert of_streams([row.record async for row in walk(copy.log)]) == all_of("samples", 3, 3) | {
        "samples/thing/9": [1]
    }
    await copy.close()


async def test_a_group_whose_coordinator_is_still_loading_is_not_taken_for_one_that_never_heard_anything(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a restored log would not be completed, and what was heard since the copy would be missing for good."""
    await world.publish("samples", *records_of("samples", 3, 3))
    async with world.listening():
        await world.received()
    send = AIOKafkaAdminClient._send_request

    async def loading(self: Any, request: Any, node: Any = None) -> Any:
        if isinstance(request, OffsetFetchRequest):
            return OffsetFetchResponse_v3(0, [], GroupLoadInProgressError.errno)
        return await send(self, request, node)

    (world.folder / "copy").mkdir()
    copy = World(world.brokers, world.prefix, world.folder / "copy")
    bus, hearing = copy.bus(), copy.hearing()
    monkeypatch.setattr(AIOKafkaAdminClient, "_send_request", loading)
    with pytest.raises(Unavailable):
        await asyncio.wait_for(bus.restore(OWNERS, hearing.lacks, hearing.receive), 30)
    monkeypatch.undo()
    await asyncio.wait_for(bus.restore(OWNERS, hearing.lacks, hearing.receive), 30)
    await bus.close()
    assert of_streams([row.record async for row in walk(copy.log)]) == all_of("samples", 3, 3)
    await copy.close()


async def test_what_was_published_again_does_not_hide_what_the_log_lacks(world: World, tmp_path: Path) -> None:
    records = [stored("hearer/thing/1", version, version) for version in range(1, 6)]
    await world.publish("hearer", *records)
    await world.log.hear([stored.record for stored in records[:3]])
    async with log_of(tmp_path / "older" / "log.db", records[:3]) as older:
        await world.republish("hearer", older)
    bus, hearing = world.bus(), world.hearing()
    await asyncio.wait_for(bus.restore((), hearing.lacks, hearing.receive), 30)
    await bus.close()
    assert of_streams([stored.record async for stored in walk(world.log)]) == {"hearer/thing/1": [1, 2, 3, 4, 5]}


async def test_a_service_whose_log_lacks_nothing_starts_without_reading_its_topics_again(world: World) -> None:
    own = [stored("hearer/thing/1", version, version) for version in range(1, 301)]
    await world.publish("hearer", *own)
    await world.log.hear([row.record for row in own])
    await world.publish("samples", *records_of("samples", 3, 3))
    async with world.listening():
        await world.received()
    await world.publish("samples", stored("samples/thing/0", 4, 10))  # not received yet, so it does not lack

    async def never(_: Sequence[Delivery]) -> None:
        raise AssertionError("there was nothing to deliver")

    bus = world.bus()
    await asyncio.wait_for(bus.restore(OWNERS, world.hearing().lacks, never), 30)
    await bus.close()


async def test_a_private_record_reaches_nobody_but_its_owner(world: World) -> None:
    await world.publish("samples", stored("samples/settings/1", 1, 1), stored("samples/thing/1", 1, 2))
    async with world.listening():
        assert of_streams(await world.received()) == {"samples/thing/1": [1]}
    delivery = Delivery("samples", heard("samples/settings/1", 1), "by hand")
    await world.hearing().receive([delivery])
    assert len(await world.work.aside(HANDLER)) == 1


async def test_a_record_of_the_largest_size_passes(world: World) -> None:
    record = heard("samples/thing/1", 1, actor="x" * (RECORD_BYTES_MAX - 1000))
    await world.publish("samples", Stored(1, "samples/thing/1", 1, record))
    async with world.listening():
        assert await world.received() == [record]


async def test_topics_keep_everything_and_are_made_once(world: World) -> None:
    topics = own_topics(world.prefix, "new")
    assert await make_topics(world.brokers, topics) == sorted(topics)
    assert await make_topics(world.brokers, topics) == []
    async with administering(world.brokers) as admin:
        (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topics[1])])
        settings = {entry[0]: entry[1] for entry in answer.resources[0][4]}
        (described,) = await admin.describe_topics([topics[1]])
    assert (settings["retention.ms"], settings["retention.bytes"]) == ("-1", "-1")
    assert settings["cleanup.policy"] == "delete"
    assert len(described["partitions"]) == PARTITIONS


@pytest.mark.parametrize(
    ("partitions", "settings", "said"),
    [
        (1, {"retention.ms": "-1"}, "partitions is 1 and not 12"),
        (12, {}, "retention.ms is 604800000 and not -1"),
        (12, {"retention.ms": "-1", "cleanup.policy": "compact"}, "cleanup.policy is compact and not delete"),
    ],
)
async def test_a_service_does_not_start_on_a_topic_that_somebody_else_made_in_another_way(
    world: World, partitions: int, settings: dict[str, str], said: str
) -> None:
    async with administering(world.brokers) as admin:
        await admin.create_topics([NewTopic(f"{world.prefix}hearer", partitions, 1, topic_configs=settings)])
    bus, hearing = world.bus(), world.hearing()
    with pytest.raises(Halt, match=said):
        await asyncio.wait_for(bus.restore((), hearing.lacks, hearing.receive), 30)
    await bus.close()


async def test_a_large_backlog_is_published_also_where_each_request_takes_its_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A partition has one request under way: small requests would take longer than the time that there is."""
    send = AIOKafkaClient.send

    async def slowly(self: Any, node: Any, request: Any, **named: Any) -> Any:
        if isinstance(request, ProduceRequest):
            await asyncio.sleep(0.05)
        return await send(self, node, request, **named)

    monkeypatch.setattr(AIOKafkaClient, "send", slowly)
    monkeypatch.setattr(kafka_producer, "SEND_SECONDS", 2.0)
    records = [heard("samples/thing/1", version, actor="x" * 10_000) for version in range(1, 501)]
    await world.publish("samples", *[Stored(n, "samples/thing/1", n, record) for n, record in enumerate(records, 1)])
    async with world.listening():
        assert await world.received() == records


async def test_without_a_broker_nothing_is_available() -> None:
    bus = KafkaBus(Brokers("127.0.0.1:1"), "samples", "any.")
    with pytest.raises(Unavailable):
        await asyncio.wait_for(bus.publish([stored("samples/thing/1", 1, 1)]), 30)
    with pytest.raises(Unavailable):
        await asyncio.wait_for(caught_up(bus, OWNERS), 30)
    await bus.close()


async def test_a_restored_service_does_no_command_again_and_hears_before_it_acts(
    kafka: Brokers, prefix: str, tmp_path: Path
) -> None:
    folder, copy = tmp_path / "service", tmp_path / "copy"
    samples = KafkaBus(kafka, "samples", prefix)
    records = [
        Stored(n, parse(r).meta.stream, parse(r).meta.version, r) for n, (_, r) in enumerate(told(3, facts=0), 1)
    ]
    await samples.publish(records[:3])
    await make_topics(kafka, own_topics(prefix, toy.SERVICE))
    folder.mkdir()
    async with running_toy(kafka, prefix, folder) as service:
        await until(service.settled, 30)
    shutil.copytree(folder, copy)
    await samples.publish(records[3:])
    async with running_toy(kafka, prefix, folder) as service:
        await until(lambda: published_all(service), 30)
        before = await ids_of(service)
    async with running_toy(kafka, prefix, copy) as service:
        assert (await ids_of(service)).items() >= {s: i for s, i in before.items() if s.startswith("toy/")}.items()
        await until(lambda: published_all(service), 30)
        assert await ids_of(service) == before
    await samples.close()


@asynccontextmanager
async def running_toy(kafka: Brokers, prefix: str, folder: Path) -> AsyncIterator[Service]:
    async with AsyncExitStack() as stack:
        ports = await stack.enter_async_context(
            toy.toy_ports(folder, lambda work: KafkaBus(kafka, toy.SERVICE, prefix))
        )
        yield await asyncio.wait_for(stack.enter_async_context(toy.toy(ports)), 30)


async def published_all(service: Service) -> bool:
    """Whether it has done all that follows, and all of it is on the bus."""
    head = await service.ports.log.head()
    return await service.settled() and (await service.ports.work.cursor("publisher") or 0) >= head


async def ids_of(service: Service) -> dict[str, list[str]]:
    """The events of each stream."""
    found: dict[str, list[str]] = {}
    async for row in walk(service.ports.log):
        found.setdefault(row.stream, []).append(parse(row.record).meta.id)
    return found
