"""A connection to a broker that is lost while something is written to it is an error that aiokafka knows."""

import asyncio

import pytest
import uvloop
from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import IncompatibleBrokerVersion, KafkaConnectionError
from aiokafka.protocol.admin import ApiVersionRequest

from aktenlauf.kit.adapters import kafka_topics


def test_an_error_of_the_client_itself_keeps_its_kind_and_closes_nothing() -> None:
    class Impossible:
        def prepare(self, _: object) -> None:
            raise IncompatibleBrokerVersion("no")

    async def send() -> bool:
        server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()
        connection = AIOKafkaConnection(host, port)
        connection._reader, connection._writer = await asyncio.open_connection(host, port)
        with pytest.raises(IncompatibleBrokerVersion):
            connection.send(Impossible())
        connected = bool(connection.connected())
        connection._read_task = asyncio.create_task(asyncio.sleep(0))
        connection.close()
        server.close()
        return connected

    assert kafka_topics.PARTITIONS
    assert asyncio.run(send())


def test_writing_to_a_lost_connection_is_a_kafka_error_on_uvloop_too() -> None:
    assert kafka_topics.PARTITIONS  # whoever talks to Kafka has imported this

    async def write_after_loss() -> None:
        server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()
        connection = AIOKafkaConnection(host, port)
        connection._reader, connection._writer = await asyncio.open_connection(host, port)
        connection._read_task = asyncio.create_task(asyncio.sleep(0))
        connection._writer.transport.abort()
        await asyncio.sleep(0)
        try:
            with pytest.raises(KafkaConnectionError):
                connection.send(ApiVersionRequest())
        finally:
            server.close()

    uvloop.run(write_after_loss())
