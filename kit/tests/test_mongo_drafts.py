"""A MongoDB database keeps the promises of drafts."""

import asyncio
from dataclasses import replace

import pytest

from aktenlauf.kit.adapters.mongo import Database
from aktenlauf.kit.adapters.mongo_drafts import MongoDrafts
from aktenlauf.kit.errors import Conflict, Halt
from aktenlauf.kit.testing.drafts_suite import DAY, DRAFT, DraftsSuite, OpenDrafts
from aktenlauf.kit.testing.on_mongo import OnMongo
from aktenlauf.kit.testing.samples import NOON

pytestmark = pytest.mark.servers


class TestMongoDrafts(OnMongo, DraftsSuite):
    @pytest.fixture
    def open_drafts(self, database: Database) -> OpenDrafts:
        async def open_() -> MongoDrafts:
            return await MongoDrafts.open(database)

        return open_

    async def test_a_save_whose_answer_was_lost_is_repeated_without_conflict(self, drafts: MongoDrafts) -> None:
        second = replace(DRAFT, version=2, sealed="token two")
        for draft in (DRAFT, DRAFT, second, second):
            await drafts.save(draft)
        assert await drafts.load(DRAFT.case) == second
        with pytest.raises(Conflict):
            await drafts.save(DRAFT)

    async def test_what_a_crash_left_beside_a_newer_version_neither_counts_nor_expires(
        self, drafts: MongoDrafts, database: Database
    ) -> None:
        await drafts.save(DRAFT)
        left = await database["drafts"].find_one({"case": DRAFT.case})
        second = replace(DRAFT, version=2, saved_at=NOON + DAY, expires_at=NOON + 60 * DAY)
        await drafts.save(second)
        await database["drafts"].insert_one(left)
        assert await drafts.load(DRAFT.case) == second
        assert list(await drafts.of_party(DRAFT.party)) == [second]
        assert list(await drafts.expired(NOON + 31 * DAY)) == []
        assert await database["drafts"].count_documents({}) == 1

    async def test_a_draft_deleted_while_it_is_saved_stays_deleted_or_was_saved_before(
        self, drafts: MongoDrafts
    ) -> None:
        await drafts.save(DRAFT)
        second = replace(DRAFT, version=2)
        saved, _ = await asyncio.gather(drafts.save(second), drafts.delete(DRAFT.case), return_exceptions=True)
        if saved is None:
            await drafts.delete(DRAFT.case)
        assert await drafts.load(DRAFT.case) is None

    async def test_a_newer_data_format_is_refused_with_a_sentence(
        self, open_drafts: OpenDrafts, database: Database
    ) -> None:
        await open_drafts()
        await database["formats"].update_one({"_id": "drafts"}, {"$set": {"format": 99}})
        with pytest.raises(Halt, match=r"drafts in the database .* newer version"):
            await open_drafts()
