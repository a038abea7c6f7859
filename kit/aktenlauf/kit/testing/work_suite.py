"""What every adapter of `Work` promises. Inherit, and give a fixture `open_work`."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from aktenlauf.kit.testing.samples import NOON
from aktenlauf.kit.work import Aside, Standing, Work

OpenWork = Callable[[], Awaitable[Work]]


def aside(position: int, group: str = "case-1", handler: str = "reactions") -> Aside:
    """A parked record."""
    return Aside(handler, group, position, b"record %d" % position, Standing.PARKED, "ValueError at x", NOON)


class WorkSuite:
    """One test per promise of the port."""

    @pytest.fixture
    def open_work(self) -> OpenWork:
        raise NotImplementedError("give an async function that opens the same work again and again")

    @pytest.fixture
    async def work(self, open_work: OpenWork) -> AsyncIterator[Work]:
        work = await open_work()
        yield work
        await work.close()

    async def test_a_handler_that_never_ran_has_no_cursor(self, work: Work) -> None:
        assert await work.cursor("reactions") is None

    async def test_a_cursor_is_each_handlers_own_and_never_goes_back(self, work: Work) -> None:
        await work.advance("reactions", 0)
        assert await work.cursor("reactions") == 0
        await work.advance("reactions", 7)
        await work.advance("reactions", 3)
        assert (await work.cursor("reactions"), await work.cursor("publisher")) == (7, None)

    async def test_a_handler_begins_once(self, work: Work) -> None:
        await asyncio.gather(*(work.begin("reactions", position) for position in (5, 5)))
        await work.begin("reactions", 9)
        assert await work.cursor("reactions") == 5
        await work.advance("reactions", 7)
        await work.begin("reactions", 3)
        assert await work.cursor("reactions") == 7

    async def test_what_is_put_aside_comes_back_whole_in_order_of_position(self, work: Work) -> None:
        rows = [aside(9), aside(4), aside(6, "case-2"), aside(5, handler="deliveries")]
        await work.advance("reactions", 9, rows)
        assert list(await work.aside()) == [aside(4), aside(5, handler="deliveries"), aside(6, "case-2"), aside(9)]
        assert list(await work.aside("reactions", "case-1")) == [aside(4), aside(9)]
        assert list(await work.aside("deliveries")) == [aside(5, handler="deliveries")]
        assert dict(await work.how_many_aside()) == {"reactions": 3, "deliveries": 1}

    async def test_putting_aside_again_keeps_the_first(self, work: Work) -> None:
        await work.advance("reactions", 1, [aside(1)])
        await work.mark("reactions", "case-1", 1, Standing.REPLAY)
        await work.advance("reactions", 1, [aside(1)])
        assert [a.standing for a in await work.aside()] == [Standing.REPLAY]

    async def test_marking_changes_one_record_and_keeps_the_error_unless_there_is_a_new_one(self, work: Work) -> None:
        await work.advance("reactions", 2, [aside(1), aside(2)])
        await work.mark("reactions", "case-1", 1, Standing.REPLAY)
        await work.mark("reactions", "case-1", 2, Standing.PARKED, "KeyError at y")
        found = [(a.position, a.standing, a.error) for a in await work.aside()]
        assert found == [(1, Standing.REPLAY, "ValueError at x"), (2, Standing.PARKED, "KeyError at y")]

    async def test_done_forgets_one_record(self, work: Work) -> None:
        await work.advance("reactions", 2, [aside(1), aside(2)])
        await work.done("reactions", 1)
        await work.done("reactions", 1)
        assert [a.position for a in await work.aside()] == [2]

    async def test_gaps_are_kept_with_the_last_version_heard_beyond_them(self, work: Work) -> None:
        for version in (3, 4, 3):
            await work.gap("intake/application/1", version, NOON)
        assert [tuple(gap) for gap in await work.gaps()] == [("intake/application/1", 4)]

    async def test_a_gap_is_forgotten_once_all_up_to_its_end_was_heard(self, work: Work) -> None:
        await work.gap("intake/application/1", 4, NOON)
        await work.gap("intake/application/2", 4, NOON)
        await work.filled("intake/application/1", 3)
        assert len(await work.gaps()) == 2
        await work.filled("intake/application/1", 5)
        await work.filled("intake/application/3", 5)
        assert [tuple(gap) for gap in await work.gaps()] == [("intake/application/2", 4)]

    async def test_a_lease_has_one_holder_who_renews_it_and_gives_it_back(self, work: Work) -> None:
        taken = await asyncio.gather(*(work.take_lease("tail", holder, 60) for holder in ("a", "b", "c")))
        assert sorted(taken) == [False, False, True]
        holder = "abc"[taken.index(True)]
        others = "abc".replace(holder, "")
        assert await work.take_lease("tail", holder, 60)
        await work.give_lease("tail", others[0])
        assert not await work.take_lease("tail", others[0], 60)
        await work.give_lease("tail", holder)
        assert await work.take_lease("tail", others[0], 60)
        assert await work.take_lease("another", holder, 60)

    async def test_a_lease_that_ran_out_is_anybodys(self, work: Work) -> None:
        assert await work.take_lease("tail", "a", -1)
        assert await work.take_lease("tail", "b", 60)
        assert not await work.take_lease("tail", "a", 60)

    async def test_everything_survives_a_restart(self, open_work: OpenWork) -> None:
        first = await open_work()
        await first.advance("reactions", 5, [aside(5)])
        await first.gap("intake/application/1", 3, NOON)
        await first.close()
        again = await open_work()
        assert (await again.cursor("reactions"), list(await again.aside())) == (5, [aside(5)])
        assert len(await again.gaps()) == 1
        await again.close()
