"""MongoDB keeps the promises of the port `Views`."""

from collections.abc import Sequence

import pytest

from aktenlauf.kit.adapters.mongo import Database
from aktenlauf.kit.adapters.mongo_views import MongoViews
from aktenlauf.kit.errors import Halt
from aktenlauf.kit.testing.on_mongo import OnMongo
from aktenlauf.kit.testing.views_suite import THINGS, THINGS_2, OpenViews, ViewsSuite, document, new, put
from aktenlauf.kit.views import Change, View

pytestmark = pytest.mark.servers


class TestMongoViews(OnMongo, ViewsSuite):
    @pytest.fixture
    def open_views(self, database: Database) -> OpenViews:
        async def open_() -> MongoViews:
            return await MongoViews.open(database)

        return open_

    async def test_a_batch_overtaken_in_between_is_ahead_of_the_cursor_and_completed_by_doing_it_again(
        self, views: MongoViews, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await put(views, new("one"), new("two"))
        checked = views._as_expected

        async def overtaken(view: View, changes: Sequence[Change]) -> bool:
            monkeypatch.undo()
            found = await checked(view, changes)
            assert await views.write(THINGS, [Change("two", 1, 2, document(state="theirs"))], 2)
            return found

        monkeypatch.setattr(views, "_as_expected", overtaken)
        batch = [Change("one", 1, 3, document(state="ours")), Change("two", 1, 3, document(state="ours"))]
        assert await views.write(THINGS, batch, 3) is False
        held = await views.load(THINGS, ["one", "two"])
        assert ({key: one.position for key, one in held.items()}, await views.cursor(THINGS)) == (
            {"one": 3, "two": 2},
            2,
        )
        assert await views.write(THINGS, [Change("two", 2, 3, document(state="ours"))], 3)
        assert await views.cursor(THINGS) == 3

    async def test_what_a_newer_program_made_is_not_older_whenever_somebody_looks(self, views: MongoViews) -> None:
        """Of two replicas of the older one, the second may get the lease when the newer views are there already."""
        await views.prepare([THINGS_2])
        assert await views.older([THINGS]) == []
        assert await views.older([THINGS_2]) == [THINGS.collection]

    async def test_a_newer_data_format_is_refused_with_a_sentence(
        self, open_views: OpenViews, database: Database
    ) -> None:
        await open_views()
        await database["formats"].update_one({"_id": "views"}, {"$set": {"format": 99}})
        with pytest.raises(Halt, match=r"views in the database .* newer version"):
            await open_views()
