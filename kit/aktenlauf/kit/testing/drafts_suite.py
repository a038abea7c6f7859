"""What every adapter of `Drafts` promises. Inherit, and give a fixture `open_drafts`."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from aktenlauf.kit.drafts import Draft, Drafts
from aktenlauf.kit.errors import Conflict
from aktenlauf.kit.testing.samples import NOON

OpenDrafts = Callable[[], Awaitable[Drafts]]
DAY = timedelta(days=1)
DRAFT = Draft("case-1", "party-1", 1, "token one", NOON, NOON + 30 * DAY)


class DraftsSuite:
    """One test per promise of the port."""

    @pytest.fixture
    def open_drafts(self) -> OpenDrafts:
        raise NotImplementedError("give an async function that opens the same drafts again and again")

    @pytest.fixture
    async def drafts(self, open_drafts: OpenDrafts) -> AsyncIterator[Drafts]:
        drafts = await open_drafts()
        yield drafts
        await drafts.close()

    async def test_a_draft_comes_back_as_it_was_saved(self, drafts: Drafts) -> None:
        assert await drafts.load("case-1") is None
        await drafts.save(DRAFT)
        assert await drafts.load("case-1") == DRAFT

    async def test_the_next_version_replaces_the_one_before(self, drafts: Drafts) -> None:
        await drafts.save(DRAFT)
        second = replace(DRAFT, version=2, sealed="token two", saved_at=NOON + DAY)
        await drafts.save(second)
        assert await drafts.load("case-1") == second

    @pytest.mark.parametrize("version", [1, 3])
    async def test_saving_from_another_version_is_a_conflict_and_changes_nothing(
        self, drafts: Drafts, version: int
    ) -> None:
        await drafts.save(DRAFT)
        with pytest.raises(Conflict):
            await drafts.save(replace(DRAFT, version=version, sealed="lost"))
        assert await drafts.load("case-1") == DRAFT

    async def test_a_first_save_must_be_version_one(self, drafts: Drafts) -> None:
        with pytest.raises(Conflict):
            await drafts.save(replace(DRAFT, version=2))

    async def test_of_two_tabs_that_save_from_the_same_version_one_loses(
        self, drafts: Drafts, open_drafts: OpenDrafts
    ) -> None:
        other = await open_drafts()
        await drafts.save(DRAFT)
        tabs = [replace(DRAFT, version=2, sealed=name) for name in ("left", "right")]
        saved = await asyncio.gather(drafts.save(tabs[0]), other.save(tabs[1]), return_exceptions=True)
        await other.close()
        assert [type(s) for s in saved].count(Conflict) == 1
        assert await drafts.load("case-1") == tabs[saved.index(None)]

    async def test_a_person_finds_their_own_drafts_the_last_saved_first(self, drafts: Drafts) -> None:
        later = replace(DRAFT, case="case-2", saved_at=NOON + DAY)
        await drafts.save(DRAFT)
        await drafts.save(later)
        await drafts.save(replace(DRAFT, case="case-3", party="party-2"))
        assert list(await drafts.of_party("party-1")) == [later, DRAFT]
        assert list(await drafts.of_party("party-9")) == []

    @pytest.mark.parametrize("days,expired", [(29, False), (30, True), (31, True)])
    async def test_a_draft_expires_at_its_moment(self, drafts: Drafts, days: int, expired: bool) -> None:
        await drafts.save(DRAFT)
        assert (list(await drafts.expired(NOON + days * DAY)) == [DRAFT]) is expired

    async def test_no_more_expired_drafts_than_asked_for(self, drafts: Drafts) -> None:
        for number in range(3):
            await drafts.save(replace(DRAFT, case=f"case-{number}"))
        assert len(await drafts.expired(NOON + 99 * DAY, limit=2)) == 2

    async def test_a_deleted_draft_is_gone_for_good(self, drafts: Drafts) -> None:
        await drafts.save(DRAFT)
        await drafts.delete("case-1")
        await drafts.delete("case-1")
        assert await drafts.load("case-1") is None
        assert list(await drafts.of_party("party-1")) == []

    async def test_drafts_survive_a_restart(self, open_drafts: OpenDrafts) -> None:
        first = await open_drafts()
        await first.save(DRAFT)
        await first.close()
        again = await open_drafts()
        assert await again.load("case-1") == DRAFT
        await again.close()
