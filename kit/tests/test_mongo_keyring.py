"""A MongoDB database keeps the promises of the keyring; its key-encryption key can be rotated."""

import asyncio
import os
from collections.abc import Iterator

import pytest
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient

from aktenlauf.kit.adapters.mongo import Database
from aktenlauf.kit.adapters.mongo_keyring import MongoKeyring
from aktenlauf.kit.errors import Halt
from aktenlauf.kit.keyring import is_erased
from aktenlauf.kit.testing.keyring_suite import KeyringSuite, OpenKeyring, RawBytes
from aktenlauf.kit.testing.on_mongo import OnMongo

pytestmark = pytest.mark.servers
KEK = bytes(range(32))
NEW_KEK = bytes(range(32, 64))


class TestMongoKeyring(OnMongo, KeyringSuite):
    @pytest.fixture
    def open_keyring(self, database: Database) -> OpenKeyring:
        async def open_() -> MongoKeyring:
            return await MongoKeyring.open(database, KEK)

        return open_

    @pytest.fixture
    def raw_bytes(self, database: Database, mongo: str) -> Iterator[RawBytes]:
        with MongoClient[RawBSONDocument](mongo, document_class=RawBSONDocument) as client:
            yield lambda: b"".join(document.raw for document in client[database.name]["keys"].find())

    async def test_a_destroyed_key_is_in_no_document(self, keyring: MongoKeyring, database: Database) -> None:
        await keyring.create("case/1")
        assert await database["keys"].count_documents({"_id": "case/1"}) == 1
        await keyring.destroy("case/1")
        assert await database["keys"].count_documents({}) == 0

    async def test_a_new_kek_reads_on_and_wraps_all_keys_anew(self, keyring: MongoKeyring, database: Database) -> None:
        keys = {name: await keyring.create(name) for name in ("case/1", "case/2", "person/1")}
        await keyring.destroy("case/2")
        rotating = await MongoKeyring.open(database, NEW_KEK, KEK)
        assert await rotating.get("case/1") == keys["case/1"]
        keys["case/3"] = await rotating.create("case/3")
        assert await rotating.rewrap() == 2
        assert await rotating.rewrap() == 0
        rotated = await MongoKeyring.open(database, NEW_KEK)
        for name in ("case/1", "case/3", "person/1"):
            assert await rotated.get(name) == keys[name]
        assert await is_erased(rotated, "case/2")

    async def test_a_key_destroyed_while_keys_are_wrapped_anew_stays_destroyed(
        self, keyring: MongoKeyring, database: Database
    ) -> None:
        names = [f"case/{number}" for number in range(150)]  # more than one batch of the cursor
        for name in names:
            await keyring.create(name)
        rotating = await MongoKeyring.open(database, NEW_KEK, KEK)
        await asyncio.gather(rotating.rewrap(), *(keyring.destroy(name) for name in names))
        assert all([await is_erased(rotating, name) for name in names])

    async def test_another_kek_is_refused_with_a_sentence(self, keyring: MongoKeyring, database: Database) -> None:
        await keyring.create("case/1")
        other = await MongoKeyring.open(database, os.urandom(32))
        with pytest.raises(Halt, match="key-encryption key"):
            await other.get("case/1")
        with pytest.raises(Halt, match="key-encryption key"):
            await other.rewrap()
