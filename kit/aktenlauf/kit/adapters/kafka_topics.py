"""The topics of a service on Kafka: what they are called, how they are made, and how Kafka's errors become ours.

A public one for the others, `<prefix><service>`, and a private one, `<prefix><service>.private`, that only the owner
reads. Both keep everything for ever: a service that is added later hears history from the start.
"""

import asyncio
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code
from aiokafka.protocol.commit import OffsetFetchRequest

from aktenlauf.kit.adapters.kafka_brokers import Brokers
from aktenlauf.kit.adapters.kafka_connection import mend
from aktenlauf.kit.bus import Delivery
from aktenlauf.kit.errors import Halt, Unavailable
from aktenlauf.kit.logs import logger
from aktenlauf.kit.telemetry import BUS_ERRORS

mend()
PARTITIONS = 12
"""For good: another number would send a case's next event to another partition, and so out of order."""
REPLICAS = 3
REQUEST_MS = 10_000
"""How long a request to a broker may take before the broker counts as away."""
STOP_SECONDS = 12.0
"""How long a consumer may take to leave: one request to a broker that is silent."""
LOOK_SECONDS = 0.05
"""Between two looks whether a new topic is there."""
PRIVATE = ".private"
_KEPT = {"retention.ms": "-1", "retention.bytes": "-1", "cleanup.policy": "delete"}
"""Without which history is lost. A broker's own defaults may say otherwise."""
_SAFE = {
    "compression.type": "producer",  # as it was sent: not every codec can be read here
    "max.message.bytes": "1048588",
    "unclean.leader.election.enable": "false",
}
_log = logger(__name__)


def public_topic(prefix: str, service: str) -> str:
    """Of what other services hear."""
    return f"{prefix}{service}"


def private_topic(prefix: str, service: str) -> str:
    """Of what only `service` itself may read."""
    return f"{prefix}{service}{PRIVATE}"


def own_topics(prefix: str, service: str) -> tuple[str, str]:
    """Both topics of a service."""
    return public_topic(prefix, service), private_topic(prefix, service)


async def make_topics(brokers: Brokers, topics: Iterable[str]) -> list[str]:
    """Make those that lack, and return their names. Raises Unavailable."""
    with unavailable():
        admin = AIOKafkaAdminClient(**brokers.client(), request_timeout_ms=REQUEST_MS)
        try:
            await admin.start()
            lacking = sorted(set(topics) - set(await admin.list_topics()))
            made = await _create(admin, lacking) if lacking else []
        finally:
            await admin.close()
    return made


async def _create(admin: AIOKafkaAdminClient, topics: Collection[str]) -> list[str]:
    """Those that nobody else made meanwhile, once they are there to be used."""
    brokers = len((await admin.describe_cluster())["brokers"])
    replicas = min(REPLICAS, brokers)
    answer = await admin.create_topics(
        [NewTopic(topic, PARTITIONS, replicas, topic_configs=_settings(replicas)) for topic in topics]
    )
    made: list[str] = []
    for outcome in answer.to_object()["topic_errors"]:
        kind = for_code(outcome["error_code"])
        if not outcome["error_code"]:
            made.append(outcome["topic"])
        elif kind is not TopicAlreadyExistsError:
            _log.error("a topic cannot be made", topic=outcome["topic"], why=outcome.get("error_message"))
            raise kind(outcome["topic"])
    async with asyncio.timeout(REQUEST_MS / 1000):
        while not set(topics) <= set(await admin.list_topics()):  # noqa: ASYNC110 - no event of ours tells
            await asyncio.sleep(LOOK_SECONDS)
    return made


def _settings(replicas: int) -> Mapping[str, str]:
    """A record is acknowledged once two brokers have it, wherever there are enough for one of them to be away."""
    return {**_KEPT, **_SAFE, "min.insync.replicas": "2" if replicas == REPLICAS else "1"}


async def check_topics(brokers: Brokers, topics: Collection[str]) -> None:
    """Whether topics that are there are as we make them. Raises Halt, which names topic and setting, and Unavailable.

    Somebody else may have made them: a broker with `auto.create.topics.enable`, or its operator.
    """
    with unavailable():
        admin = AIOKafkaAdminClient(**brokers.client(), request_timeout_ms=REQUEST_MS)
        try:
            await admin.start()
            described = await admin.describe_topics(list(topics))
            for topic in described:
                if topic["error_code"]:  # a broker that does not know of a new one yet
                    raise for_code(topic["error_code"])(topic["topic"])
            settings = await _settings_of(admin, topics)
            stored_at = min(REPLICAS, len((await admin.describe_cluster())["brokers"]))
        finally:
            await admin.close()
    for topic in described:
        name, partitions = topic["topic"], topic["partitions"]
        found = {**settings[name], "partitions": str(len(partitions))}
        expected = {**_KEPT, "partitions": str(PARTITIONS)}
        wrong = [
            f"{key} is {found.get(key)} and not {value}" for key, value in expected.items() if found.get(key) != value
        ]
        if wrong:
            raise Halt(f"topic {name}: {', '.join(wrong)}. Set it right, or delete it and publish again from the log.")
        if min(len(partition["replicas"]) for partition in partitions) < stored_at:
            _log.error("a topic is stored on fewer brokers than there are", topic=name, wanted=stored_at)


async def _settings_of(admin: AIOKafkaAdminClient, topics: Iterable[str]) -> Mapping[str, Mapping[str, str]]:
    asked = [ConfigResource(ConfigResourceType.TOPIC, topic) for topic in topics]
    found: dict[str, Mapping[str, str]] = {}
    for answer in await admin.describe_configs(asked):
        for code, message, _, topic, entries in answer.resources:
            if code:
                raise for_code(code)(f"{topic}: {message}")
            found[topic] = {entry[0]: entry[1] for entry in entries}
    return found


async def committed_of(admin: AIOKafkaAdminClient, group: str) -> Mapping[TopicPartition, int]:
    """How far the group has come, in the partitions of which it ever committed something. Raises KafkaError.

    The client's own call passes over an error of the whole answer: a coordinator that is still loading would look like
    a group that never heard anything.
    """
    answer = await admin._send_request(OffsetFetchRequest(group, None), await admin.find_coordinator(group))
    if answer.error_code:
        raise for_code(answer.error_code)(group)
    return {
        TopicPartition(topic, partition): offset
        for topic, partitions in answer.topics
        for partition, offset, *_ in partitions
    }


async def partitions_of(admin: AIOKafkaAdminClient, topics: Iterable[str]) -> list[TopicPartition]:
    """All partitions of these topics. Raises KafkaError where one lacks."""
    found: list[TopicPartition] = []
    for topic in await admin.describe_topics(list(topics)):
        if topic["error_code"]:
            raise for_code(topic["error_code"])(topic["topic"])
        found += [TopicPartition(topic["topic"], partition["partition"]) for partition in topic["partitions"]]
    return found


def delivery_of(owner: str, record: Any) -> Delivery:
    """A Kafka record as the receiver takes it. Key and headers are for Kafka's own use and say nothing."""
    place = f"{record.topic}, partition {record.partition}, offset {record.offset}"
    return Delivery(owner, record.value or b"", place)


async def stop(consumer: Any) -> None:
    """Let go of a consumer, whatever state it is in.

    In a task of its own: what the client cancels in itself would else be taken for our own cancellation.
    """
    stopping = asyncio.create_task(consumer.stop())
    await asyncio.wait([stopping], timeout=STOP_SECONDS)
    if not stopping.done() or stopping.cancelled() or stopping.exception():
        stopping.cancel()
        _log.info("a consumer was not stopped in order")
        with suppress(Exception):
            await consumer._client.close()


@contextmanager
def unavailable() -> Iterator[None]:
    """What goes wrong between us and the brokers may go right in a moment: all of it becomes Unavailable."""
    try:
        yield
    except (KafkaError, OSError, TimeoutError) as error:
        BUS_ERRORS.add(1, {"what": type(error).__name__})
        raise Unavailable(f"bus: {type(error).__name__}") from error
