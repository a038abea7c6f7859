"""Sending to Kafka: acknowledged by all replicas in sync, without doubles, in the order given for each key."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from aktenlauf.kit.adapters.kafka_brokers import Brokers
from aktenlauf.kit.adapters.kafka_topics import REQUEST_MS, make_topics, unavailable

SEND_SECONDS = 15.0
"""How long a batch may take. The client itself would try for ever, as an idempotent one never gives up."""
CONTENT_TYPE = "application/cloudevents+json; charset=UTF-8"
"""source: CloudEvents Kafka protocol binding 1.0.2 section 3.3.1 (structured mode)."""
AGAIN = "again"
"""Header of what was published again: its place in the topic says nothing about the order of first publishing."""

_FIRST_TIME = [("content-type", CONTENT_TYPE.encode())]
_ONCE_MORE = [*_FIRST_TIME, (AGAIN, b"1")]


class Message(NamedTuple):
    """One record and where it goes. Messages of one key and topic stay in order."""

    topic: str
    key: bytes
    value: bytes


class KafkaProducer:
    """Connects when first needed, and makes `topics` where they lack."""

    def __init__(self, brokers: Brokers, topics: Sequence[str]) -> None:
        self._brokers, self._topics = brokers, topics
        self._producer: Any = None
        self._sending = asyncio.Lock()

    async def send(self, messages: Sequence[Message], *, again: bool = False) -> None:
        """Return once all are durable. Raises Unavailable; then none, some or all are, and all are to be sent again."""
        async with self._sending:
            try:
                with unavailable():
                    async with asyncio.timeout(SEND_SECONDS):
                        await self._send(messages, _ONCE_MORE if again else _FIRST_TIME)
            except BaseException:
                # Its sequence numbers may be beyond what the broker has: only a new producer is sure to be heard.
                await self._drop()
                raise

    async def close(self) -> None:
        """Let go of the connections."""
        async with self._sending:
            await self._drop()

    async def _send(self, messages: Sequence[Message], headers: list[tuple[str, bytes]]) -> None:
        producer = self._producer or await self._connect()
        sent = [await producer.send(topic, value, key, headers=headers) for topic, key, value in messages]
        await asyncio.gather(*sent)

    async def _connect(self) -> Any:
        await make_topics(self._brokers, self._topics)
        self._producer = AIOKafkaProducer(
            **self._brokers.client(),
            enable_idempotence=True,  # and with it acks=all
            request_timeout_ms=REQUEST_MS,
        )
        await self._producer.start()
        return self._producer

    async def _drop(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            with suppress(KafkaError):
                # Before stop(), which would wait until all is delivered: with the broker away for ever.
                await producer._sender.close()
            await producer.stop()
