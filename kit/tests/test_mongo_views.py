"""MongoDB keeps the promises of the port `Views`."""

import pytest

from aktenlauf.kit.adapters.mongo import Database
from aktenlauf.kit.adapters.mongo_views import MongoViews
from aktenlauf.kit.errors import Halt
from aktenlauf.kit.testing.on_mongo import OnMongo
from aktenlauf.kit.testing.views_suite import OpenViews, ViewsSuite

pytestmark = pytest.mark.servers


class TestMongoViews(OnMongo, ViewsSuite):
    @pytest.fixture
    def open_views(self, database: Database) -> OpenViews:
        async def open_() -> MongoViews:
            return await MongoViews.open(database)

        return open_

    async def test_a_newer_data_format_is_refused_with_a_sentence(
        self, open_views: OpenViews, database: Database
    ) -> None:
        await open_views()
        await database["formats"].update_one({"_id": "views"}, {"$set": {"format": 99}})
        with pytest.raises(Halt, match=r"views in the database .* newer version"):
            await open_views()
