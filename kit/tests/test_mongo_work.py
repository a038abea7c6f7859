"""MongoDB keeps the promises of the port `Work`."""

import pytest

from aktenlauf.kit.adapters.mongo import Database
from aktenlauf.kit.adapters.mongo_work import MongoWork
from aktenlauf.kit.errors import Halt
from aktenlauf.kit.testing.on_mongo import OnMongo
from aktenlauf.kit.testing.work_suite import OpenWork, WorkSuite

pytestmark = pytest.mark.servers


class TestMongoWork(OnMongo, WorkSuite):
    @pytest.fixture
    def open_work(self, database: Database) -> OpenWork:
        async def open_() -> MongoWork:
            return await MongoWork.open(database)

        return open_

    async def test_a_newer_data_format_is_refused_with_a_sentence(
        self, open_work: OpenWork, database: Database
    ) -> None:
        await open_work()
        await database["formats"].update_one({"_id": "work"}, {"$set": {"format": 99}})
        with pytest.raises(Halt, match=r"work in the database .* newer version"):
            await open_work()
