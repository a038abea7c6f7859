"""A database of its own for each test, over motor and over pymongo's own client. Inherit beside a suite."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import AsyncMongoClient

from aktenlauf.kit.adapters.mongo import Client, Database, close_client, database_of, open_client
from aktenlauf.kit.ids import new_id


class OnMongo:
    """Fixtures for one part. The fixture `servers`, which says where the server is (`.mongo`), is the caller's."""

    @pytest.fixture
    def mongo(self, servers: Any) -> str:
        return str(servers.mongo)

    @pytest.fixture(params=[AsyncIOMotorClient, AsyncMongoClient], ids=["motor", "pymongo"])
    async def client(self, mongo: str, request: pytest.FixtureRequest) -> AsyncIterator[Client]:
        driver: Callable[..., Any] = request.param
        client = open_client(mongo, driver)
        yield client
        await close_client(client)

    @pytest.fixture
    async def database(self, client: Client) -> AsyncIterator[Database]:
        name = f"test-{new_id()}"
        yield database_of(client, name)
        await client.drop_database(name)
