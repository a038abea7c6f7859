"""Sending to Kafka: acknowledged by all replicas in sync, without doubles, in the order given for each key."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError

from aktenlauf.kit.adapters.kafka_brokers import Brokers
from aktenlauf.kit.adapters.kafka_topics import REQUEST_MS, make_topics, unavailable
from aktenlauf.kit.logs import logger

SEND_SECONDS = 15.0
"""How long a piece may take. The client itself would try for ever, as an idempotent one never gives up."""
PIECE_MAX = 250
"""Messages that are under way at once."""
REQUEST_BYTES = 512 * 1024
"""Of one partition in one request: half of what a broker takes by default. A partition has one under way at a time."""
DROP_SECONDS = 2.0
"""How long a producer that is given up may take to end."""
CONTENT_TYPE = "application/cloudevents+json; charset=UTF-8"
"""source: CloudEvents Kafka protocol binding 1.0.2 section 3.3.1 (structured mode)."""
AGAIN = "again"
"""Header of what was published again: its place in the topic says nothing about the order of first publishing."""

_log = logger(__name__)
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
                for start in range(0, len(messages), PIECE_MAX):
                    with unavailable():
                        async with asyncio.timeout(SEND_SECONDS):
                            piece = messages[start : start + PIECE_MAX]
                            await self._send(piece, _ONCE_MORE if again else _FIRST_TIME)
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
        sent: list[asyncio.Future[Any]] = []
        try:
            for topic, key, value in messages:
                sent.append(await producer.send(topic, value, key, headers=headers))
            await asyncio.gather(*sent)
        finally:
            for one in sent:  # nobody asks any more for those that are not done
                one.cancel()

    async def _connect(self) -> Any:
        if made := await make_topics(self._brokers, self._topics):
            _log.warning("topics were made; if they were lost, `aktenlauf bus republish` fills them again", topics=made)
        self._producer = AIOKafkaProducer(
            **self._brokers.client(),
            enable_idempotence=True,  # and with it acks=all
            request_timeout_ms=REQUEST_MS,
            max_batch_size=REQUEST_BYTES,
        )
        await self._producer.start()
        return self._producer

    async def _drop(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            try:
                # Before stop(), which would wait until all is delivered: with the broker away for ever.
                with suppress(KafkaError, TimeoutError):
                    async with asyncio.timeout(DROP_SECONDS):
                        await producer._sender.close()
            finally:
                producer._message_accumulator.fail_all(KafkaConnectionError("given up"))
                await producer.stop()
